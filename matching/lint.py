"""What is allowed and probably not meant (section 9 of the query language)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from core.text import is_cjk, tokenise
from matching.ast import Alias, Near, Node, Not, Term, Warning, parts_of
from matching.canonical import OPERATOR_LOOKALIKE
from matching.terms import is_wild, is_word

STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at by for from in is of on or not the to with de la le et 的 了 和 与 在 是 及 或",
    )
)
OPERATORS = frozenset(("AND", "OR", "NOT", "NEAR", "ONEAR", "ATLEAST"))
LIST_SIGNS = frozenset(",、;|")
SHORT_ACRONYM = 4


def lint(node: Node, mixed: Sequence[int]) -> tuple[Warning, ...]:
    """``mixed``: where an AND without brackets stands beside an OR. Bodies of aliases are not looked at."""
    found = [Warning("mixed_and_or", position) for position in mixed]
    for term in _written(node):
        found += [Warning(code, term.position) for code in _of_term(term)]
    for term in _beside_near(node):
        if any(map(is_wild, term.tokens)):
            found.append(Warning("wildcard_in_near", term.position))
    found += _of_acronym(list(_positive(node)))
    return tuple(sorted(set(found), key=lambda warning: (warning.position, warning.code)))


def _of_term(term: Term) -> Iterator[str]:
    single = len(term.tokens) == 1
    if single and is_cjk(term.tokens[0]):
        yield "single_cjk"
    if single and term.exact is None and term.tokens[0] in STOP_WORDS:
        yield "stop_word"
    if term.bare and _looks_like_operator(term.text):
        yield "operator_lookalike"
    if term.bare and _is_list(term):
        yield "list_punctuation"
    if not term.bare and not single and term.exact is None and term.tokens[-1].endswith("?"):
        yield "trailing_question"


def _looks_like_operator(text: str) -> bool:
    tokens = tokenise(text)
    return bool(OPERATOR_LOOKALIKE.fullmatch(text)) or any(
        tokens.exact(index) in OPERATORS for index in range(len(tokens.forms))
    )


def _is_list(term: Term) -> bool:
    return any(
        LIST_SIGNS.intersection(gap) and not (one[0].isdecimal() and two[0].isdecimal())
        for gap, (one, two) in zip(term.gaps, pairwise(term.tokens), strict=True)
    )


def _of_acronym(positive: Sequence[Term | Alias]) -> Iterator[Warning]:
    if len(positive) == 1 and isinstance(only := positive[0], Term) and len(only.tokens) == 1:
        word = only.tokens[0]
        if is_word(word) and len(word.replace("*", "").replace("?", "")) <= SHORT_ACRONYM:
            yield Warning("short_acronym", only.position)


def _written(node: Node) -> Iterator[Term]:
    """Terms that stand in the query itself."""
    if isinstance(node, Term):
        yield node
    elif not isinstance(node, Alias):
        for part in parts_of(node):
            yield from _written(part)


def _beside_near(node: Node) -> Iterator[Term]:
    if isinstance(node, Near):
        yield from _written(node)
    elif not isinstance(node, Alias):
        for part in parts_of(node):
            yield from _beside_near(part)


def _positive(node: Node) -> Iterator[Term | Alias]:
    if isinstance(node, (Term, Alias)):
        yield node
    elif not isinstance(node, Not):
        for part in parts_of(node):
            yield from _positive(part)
