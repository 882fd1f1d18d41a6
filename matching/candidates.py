"""What the full-text index is asked for a query: a superset of its matches, never fewer.

The index knows which tokens a text holds (``core.text.index_tokens``), not where; gaps, scopes, distances and filters
are left to the matcher.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.candidates import AllOf, AnyOf, Anything, Candidates, HasToken
from core.text import is_cjk
from matching.ast import Alias, And, AtLeast, Filter, Near, Node, Not, Or, Query, Scoped, Term
from matching.terms import is_wild, stem


def candidates(query: Query) -> Candidates:
    return _of_node(query.node)


def _of_node(node: Node) -> Candidates:
    match node:
        case Term():
            return all_of(_of_term(node))
        case Or(parts):
            return any_of(map(_of_node, parts))
        case And(parts) | Near(parts):
            return all_of(map(_of_node, parts))
        case Scoped(part=part) | Alias(part=part) | AtLeast(part=part):
            return _of_node(part)
        case Not() | Filter():
            return Anything()


def _of_term(term: Term) -> Iterator[Candidates]:
    """Each pair of neighbouring CJK characters; a character by itself only where it has no such neighbour."""
    tokens = ("", *term.tokens, "")
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if is_wild(token):
            yield HasToken(stem(token), prefix=True)
        elif not is_cjk(token):
            yield HasToken(token)
        elif is_cjk(after):
            yield HasToken(token + after)
        elif not is_cjk(before):
            yield HasToken(token)


def all_of(parts: Iterable[Candidates]) -> Candidates:
    """What may be anything narrows nothing."""
    flat: dict[Candidates, None] = {}
    for part in parts:
        if not isinstance(part, Anything):
            flat.update(dict.fromkeys(part.parts if isinstance(part, AllOf) else (part,)))
    return _one_or(AllOf, tuple(flat)) if flat else Anything()


def any_of(parts: Iterable[Candidates]) -> Candidates:
    flat: dict[Candidates, None] = {}
    for part in parts:
        if isinstance(part, Anything):
            return part
        flat.update(dict.fromkeys(part.parts if isinstance(part, AnyOf) else (part,)))
    return _one_or(AnyOf, tuple(flat))


def _one_or(kind: type[AllOf] | type[AnyOf], parts: tuple[Candidates, ...]) -> Candidates:
    return parts[0] if len(parts) == 1 else kind(parts)
