"""The sentence of an article that shows why it was found, with its hits marked.

It is cut at borders between tokens and never inside a hit, and reads as one line.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.columns import as_line, reach, units
from core.sentences import sentence_extents
from core.text import MATCHED_CHARACTERS, Tokens, fold, tokenise
from core.types import Document, Field, Span

Extent = tuple[int, int]

HAN_UNITS, LATIN_UNITS = 180, 240
"""Half-width units, a Han character has two: both fill about two and a half lines of a digest."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """``marks`` are half-open places in ``text``; ``cut_left`` and ``cut_right``: the sentence goes on there."""

    field: Field
    text: str
    marks: tuple[Extent, ...]
    cut_left: bool
    cut_right: bool


def excerpt(document: Document, spans: Sequence[Span], *, limit_units: int | None = None) -> Excerpt | None:
    """From summary or body; None when neither holds a hit. No limit given: what suits the script of the sentence.

    Of a hit that is longer than the limit only the beginning is shown.
    """
    found = [best for field in ("summary", "body") if (best := _best(document, field, spans))]
    if not found:
        return None
    chosen = max(found, key=lambda sentence: sentence.distinct)
    return chosen.shown(limit_units or chosen.usual_limit())


def mark_title(spans: Iterable[Span]) -> tuple[Extent, ...]:
    return tuple(_merged((span.start, span.end) for span in spans if span.field == "title"))


def _best(document: Document, field: Field, spans: Sequence[Span]) -> _Sentence | None:
    """Of one field the sentence with the most different hits, the earliest of those."""
    text = getattr(document, field)[:MATCHED_CHARACTERS]
    marks = _merged((span.start, span.end) for span in spans if span.field == field and span.end <= len(text))
    tokens = tokenise(text)
    sentences = list(sentence_extents(tokens)) if marks else []
    if not sentences:
        return None
    hits: dict[int, set[str]] = {}
    last: dict[int, int] = {}
    for start, end in marks:
        at = _holding(sentences, start)
        hits.setdefault(at, set()).add(fold(text[start:end]))
        last[at] = max(last.get(at, at), _holding(sentences, end - 1))
    first = max(hits, key=lambda at: (len(hits[at]), -at))
    return _Sentence(field, tokens, sentences, marks, first, last[first], len(hits[first]))


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence (several, if a hit goes across), with all of its field around."""

    field: Field
    tokens: Tokens
    sentences: Sequence[Extent]
    marks: Sequence[Extent]
    first: int
    last: int
    distinct: int

    @property
    def text(self) -> str:
        return self.tokens.folded.original

    def usual_limit(self) -> int:
        shown = self.text[self.sentences[self.first][0] : self.sentences[self.last][1]][:LATIN_UNITS]
        return HAN_UNITS if units(shown) * 2 > len(shown) * 3 else LATIN_UNITS

    def shown(self, limit: int) -> Excerpt:
        whole = self._extended(limit)
        start, end = self._cut(whole, limit)
        marks = self.marks[
            bisect_left(self.marks, start, key=_end) : bisect_left(self.marks, end, key=_start)
        ]
        inside = [(max(a, start), min(b, end)) for a, b in marks if a < end and b > start]
        text, places = as_line(self.text, (start, end), inside)
        return Excerpt(self.field, text, places, start > whole[0], end < whole[1])

    def _extended(self, limit: int) -> Extent:
        """A short sentence takes its neighbours along, the following ones first, as long as they fit."""
        chosen = self._undivided(self.first, self.last)
        while self._fits(chosen, limit // 2):
            wider = [self._undivided(chosen[0], chosen[1] + 1), self._undivided(chosen[0] - 1, chosen[1])]
            fitting = [both for both in wider if both != chosen and self._fits(both, limit)]
            if not fitting:
                break
            chosen = fitting[0]
        return self.sentences[chosen[0]][0], self.sentences[chosen[1]][1]

    def _undivided(self, first: int, last: int) -> Extent:
        """The sentences, with those into which a hit at their ends reaches."""
        first, last = max(first, 0), min(last, len(self.sentences) - 1)
        while first > 0 and self._in_mark(self.sentences[first][0]):
            first -= 1
        while last + 1 < len(self.sentences) and self._in_mark(self.sentences[last][1]):
            last += 1
        return first, last

    def _fits(self, sentences: Extent, limit: int) -> bool:
        start, end = self.sentences[sentences[0]][0], self.sentences[sentences[1]][1]
        return reach(self.text, start, end, limit) == end

    def _cut(self, whole: Extent, limit: int) -> Extent:
        start, end = whole
        stop = reach(self.text, start, end, limit)
        if stop == end:
            return whole
        mark = self.marks[bisect_right(self.marks, self.sentences[self.first][0], key=_end)]
        if mark[1] > stop:
            start = self._left_of(mark[0], start, limit // 4)
            stop = reach(self.text, start, end, limit)
        return start, end if stop == end else self._border_before(stop, start)

    def _left_of(self, mark: int, start: int, room: int) -> int:
        """The beginning of the first token that leaves no more than ``room`` before the hit."""
        at = mark
        index = self._token_from(mark) - 1
        while (
            index >= 0
            and (begin := self.tokens.span(index, index)[0]) >= start
            and units(self.text[begin:mark]) <= room
        ):
            at = at if self._in_mark(begin) else begin
            index -= 1
        return at

    def _border_before(self, stop: int, start: int) -> int:
        """The last end of a token that is not inside of a hit; the place itself if there is none behind ``start``."""
        index = self._token_from(stop)
        while index >= 0:
            end = self.tokens.span(index, index)[1] if index < len(self.tokens.starts) else stop + 1
            if end <= start:
                break
            if end <= stop and not self._in_mark(end):
                return end
            index -= 1
        return stop

    def _token_from(self, place: int) -> int:
        """The first token that begins at a place of the original or behind it."""
        return bisect_left(
            range(len(self.tokens.starts)), place, key=lambda index: self.tokens.span(index, index)[0]
        )

    def _in_mark(self, at: int) -> bool:
        before = bisect_left(self.marks, at, key=_start) - 1
        return before >= 0 and self.marks[before][1] > at


def _holding(sentences: Sequence[Extent], place: int) -> int:
    """The sentence that holds a place; what stands between two belongs to the first."""
    return max(bisect_right(sentences, place, key=_start) - 1, 0)


def _start(extent: Extent) -> int:
    return extent[0]


def _end(extent: Extent) -> int:
    return extent[1]


def _merged(extents: Iterable[Extent]) -> list[Extent]:
    """In order, those that overlap as one."""
    merged: list[Extent] = []
    for start, end in sorted(extents):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
