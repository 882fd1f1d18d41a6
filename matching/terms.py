"""From the text of a term to its tokens, gaps and wildcards (section 3 of the query language)."""

from __future__ import annotations

import re
from dataclasses import replace

from core.folding import folded
from core.text import Tokens, is_cjk, tokenise, tokens_of
from matching.ast import Term

WILDCARDS = "*?"
LETTERS_BEFORE_WILDCARD = 3
_SOFT = re.compile(r"[\s'\-·_]+")


class EmptyTerm(ValueError):
    """There is neither a letter nor a digit."""


class BadWildcard(ValueError):
    """``at`` is its place in the text."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def read_term(
    text: str, *, exact: bool = False, bare: bool = True, wildcards: bool = True, position: int = 0
) -> Term:
    """Raises ``EmptyTerm`` or ``BadWildcard``. Without ``wildcards``, and in exact terms, ``*`` and ``?`` are punctuation."""
    if wildcards and not exact and any(sign in text for sign in WILDCARDS):
        tokens = _with_wildcards(text)
    else:
        tokens = tokenise(text)
    if not tokens.forms:
        raise EmptyTerm
    count = len(tokens.forms)
    inner = [tokens.gap(index) for index in range(count - 1)]
    return Term(
        tokens=tuple(tokens.forms),
        gaps=tuple("".join(gap.split()) if exact else hard(gap) for gap in inner),
        exact=tuple(tokens.exact(index) for index in range(count)) if exact else None,
        text=" ".join(text.split()),
        bare=bare,
        position=position,
    )


def hard(gap: str) -> str:
    return _SOFT.sub("", gap)


def stem(token: str) -> str:
    """What stands before the first wildcard."""
    return re.split(r"[*?]", token, maxsplit=1)[0]


def is_wild(token: str) -> bool:
    return "*" in token or "?" in token


def fits(pattern: str, form: str) -> bool:
    """Whether a word has the form that a token with wildcards asks for."""
    letters = pattern.removesuffix("*")
    long_enough = len(form) >= len(letters) if pattern.endswith("*") else len(form) == len(letters)
    return long_enough and all(want in ("?", got) for want, got in zip(letters, form, strict=False))


def is_word(token: str) -> bool:
    return not is_cjk(token) and not token[0].isdecimal()


def _with_wildcards(text: str) -> Tokens:
    """Wildcards stand for letters while tokens are found, so each is inside of one; then each token is checked."""
    form = folded(text)
    signs = {
        at
        for at, char in enumerate(form.text)
        if char in WILDCARDS and text[form.span(at, at + 1)[0]] == char
    }
    signs = {at for at in signs if _stands_alone(form.span(at, at + 1))}
    masked = "".join("a" if at in signs else char for at, char in enumerate(form.text))
    tokens = tokens_of(replace(form, text=masked))
    for index, (start, end) in enumerate(zip(tokens.starts, tokens.ends, strict=True)):
        inside = [at for at in range(start, end) if at in signs]
        if inside:
            if (bad := _misplaced(form.text, start, end, inside)) is not None:
                raise BadWildcard(form.span(bad, bad + 1)[0])
            tokens.forms[index] = form.text[start:end]
    return replace(tokens, folded=form)


def _stands_alone(span: tuple[int, int]) -> bool:
    return span[1] - span[0] == 1


def _misplaced(text: str, start: int, end: int, signs: list[int]) -> int | None:
    """The first wildcard of a token that may not stand there."""
    before = text[start : signs[0]]
    if "." in before or sum(char.isalpha() for char in before) < LETTERS_BEFORE_WILDCARD:
        return signs[0]
    for at in signs:
        followed = at + 1 < end or (at + 1 < len(text) and text[at + 1].isdecimal())
        if text[at] == "*" and followed:
            return at
    return None
