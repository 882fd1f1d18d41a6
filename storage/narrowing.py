"""What the index is asked, brought to a form that an engine takes: flat, without what says nothing, not too deep.

Every step may let more articles through, never fewer: whoever asks judges each of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.candidates import AllOf, AnyOf, Anything, Candidates, HasToken

NOTHING = AnyOf(())
DEEPEST = 10
"""FTS5's parser keeps three entries of its stack of 100 for each open bracket."""


def narrow(candidates: Candidates, depth: int = 0) -> Candidates:
    """``Anything``, ``NOTHING``, or a tree in which neither occurs."""
    if depth > DEEPEST:
        return _shallow(candidates)
    match candidates:
        case AllOf(parts):
            return _all_of(narrow(part, depth + 1) for part in parts)
        case AnyOf(parts):
            return _any_of(narrow(part, depth + 1) for part in parts)
        case _:
            return candidates


def _all_of(parts: Iterable[Candidates]) -> Candidates:
    needed: dict[Candidates, None] = {}
    for part in parts:
        if part == NOTHING:
            return NOTHING
        if not isinstance(part, Anything):
            needed.update(dict.fromkeys(part.parts if isinstance(part, AllOf) else (part,)))
    return _one_or(AllOf(tuple(needed)), needed) if needed else Anything()


def _any_of(parts: Iterable[Candidates]) -> Candidates:
    choices: dict[Candidates, None] = {}
    for part in parts:
        if isinstance(part, Anything):
            return part
        choices.update(dict.fromkeys(part.parts if isinstance(part, AnyOf) else (part,)))
    return _one_or(AnyOf(tuple(choices)), choices) if choices else NOTHING


def _one_or(group: Candidates, parts: dict[Candidates, None]) -> Candidates:
    return next(iter(parts)) if len(parts) == 1 else group


def _shallow(candidates: Candidates) -> Candidates:
    """An OR of single tokens; of what must occur together the longest token stands for all."""
    match candidates:
        case AllOf(parts):
            known = [flat for part in parts if not isinstance(flat := _shallow(part), Anything)]
            return max(known, key=_worth) if known else Anything()
        case AnyOf(parts):
            return _any_of(_shallow(part) for part in parts)
        case _:
            return candidates


def _worth(flat: Candidates) -> tuple[int, int]:
    """The fewer choices and the longer the shortest of them, the fewer articles."""
    tokens = flat.parts if isinstance(flat, AnyOf) else (flat,)
    return -len(tokens), min((len(token.token) for token in tokens if isinstance(token, HasToken)), default=0)
