"""Where sentences and paragraphs end, and how far tokens are apart (rules S4 and S5 of the query language)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.text import Tokens, is_cjk

LINE_BREAK = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_STOP = re.compile("[。!?;\n\r\v\f\x85\u2028\u2029]")
_AFTER_DOT = re.compile(r"[')\]}】〕]*")
_STOP_AND_CLOSE = re.compile("[。｡.．!！?？;；…]+[’”」』》〉）)】\\]'\"]*")
# A dot directly behind one of these, or behind a single letter, abbreviates.
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\w+",
        "mr mrs ms dr prof st no vs inc ltd co corp dept fig vol art sec "
        "jan feb mar apr jun jul aug sep sept oct nov dec",
    )
)


@dataclass(frozen=True, slots=True)
class Layout:
    """By token. ``halves`` has one place more: the half units before each token, a CJK character one, a word two."""

    halves: list[int]
    sentences: list[int]
    paragraphs: list[int]


def layout(tokens: Tokens) -> Layout:
    cjk = {form for form in set(tokens.forms) if is_cjk(form)}
    halves, sentences, paragraphs = [0], [0] if tokens.forms else [], [0] if tokens.forms else []
    for index, form in enumerate(tokens.forms):
        halves.append(halves[-1] + (1 if form in cjk else 2))
        if index:
            gap = tokens.gap(index - 1)
            ends = ends_sentence(tokens.forms[index - 1], gap, before_cjk=form in cjk)
            sentences.append(sentences[-1] + ends)
            paragraphs.append(paragraphs[-1] + (ends and line_breaks(gap) > 1))
    return Layout(halves, sentences, paragraphs)


def ends_sentence(before: str, gap: str, *, before_cjk: bool) -> bool:
    """``before`` is the token before the gap, ``before_cjk`` whether a CJK character follows it."""
    if gap in ("", " "):
        return False
    if _STOP.search(gap):
        return True
    at = gap.find(".", 1 if _abbreviates(before) else 0)
    while at >= 0:
        after = _end_of_quotes(gap, at + 1)
        if gap[after : after + 1].isspace() or (after == len(gap) and before_cjk):
            return True
        at = gap.find(".", at + 1)
    return False


def line_breaks(gap: str) -> int:
    return len(LINE_BREAK.findall(gap))


def _abbreviates(form: str) -> bool:
    return form in _ABBREVIATIONS or (len(form) == 1 and not form.isdecimal() and not is_cjk(form))


def _end_of_quotes(gap: str, at: int) -> int:
    match = _AFTER_DOT.match(gap, at)
    return match.end() if match else at


def sentence_extents(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """In the original text, without the white space between them; quotation marks stay with their sentence."""
    original, numbers = tokens.folded.original, layout(tokens).sentences
    start = _skip_space(original, 0)
    for index in range(1, len(numbers)):
        if numbers[index] != numbers[index - 1]:
            gap_start, gap_end = tokens.span(index - 1, index - 1)[1], tokens.span(index, index)[0]
            end = gap_start + _end_in_gap(original[gap_start:gap_end])
            yield start, end
            start = _skip_space(original, end)
    if tokens.forms:
        yield start, len(original.rstrip())


def _end_in_gap(gap: str) -> int:
    """Behind the last sign that ends a sentence and what closes with it; else before the first white space."""
    ends = [match.end() for match in _STOP_AND_CLOSE.finditer(gap)]
    return ends[-1] if ends else next((at for at, char in enumerate(gap) if char.isspace()), len(gap))


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
