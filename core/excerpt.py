"""The sentence of an article that shows why it was found, with its hits marked.

It is cut at borders between tokens and never inside a hit, and reads as one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from unicodedata import category, east_asian_width

from core.sentences import sentence_extents
from core.text import MATCHED_CHARACTERS, Tokens, fold, tokenise
from core.types import Document, Field, Span

Extent = tuple[int, int]

HAN_UNITS, LATIN_UNITS = 180, 240
"""Half-width units, a Han character has two: both fill about two and a half lines of a digest."""
_BIDI_CONTROLS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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
    if not marks:
        return None
    tokens = tokenise(text)
    sentences = list(sentence_extents(tokens))
    starting: dict[int, list[Extent]] = {}
    for mark in marks:
        starting.setdefault(_holding(sentences, mark[0]), []).append(mark)
    first = max(starting, key=lambda at: (len({fold(text[start:end]) for start, end in starting[at]}), -at))
    last = max(_holding(sentences, end - 1) for _, end in starting[first])
    distinct = len({fold(text[start:end]) for start, end in starting[first]})
    return _Sentence(field, tokens, sentences, marks, first, last, distinct)


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
        shown = self.text[self.sentences[self.first][0] : self.sentences[self.last][1]]
        return HAN_UNITS if units(shown) * 2 > len(shown) * 3 else LATIN_UNITS

    def shown(self, limit: int) -> Excerpt:
        whole = self._extended(limit)
        start, end = self._cut(whole, limit)
        inside = [(max(a, start), min(b, end)) for a, b in self.marks if a < end and b > start]
        text, marks = _as_line(self.text, (start, end), inside)
        return Excerpt(self.field, text, marks, start > whole[0], end < whole[1])

    def _extended(self, limit: int) -> Extent:
        """A short sentence takes its neighbours along, the following ones first, as long as they fit."""
        first, last = self.first, self.last
        while self._units(first, last) * 2 < limit:
            if last + 1 < len(self.sentences) and self._units(first, last + 1) <= limit:
                last += 1
            elif first > 0 and self._units(first - 1, last) <= limit:
                first -= 1
            else:
                break
        return self.sentences[first][0], self.sentences[last][1]

    def _units(self, first: int, last: int) -> int:
        return units(self.text[self.sentences[first][0] : self.sentences[last][1]])

    def _cut(self, whole: Extent, limit: int) -> Extent:
        start, end = whole
        if units(self.text[start:end]) <= limit:
            return whole
        first = next(mark for mark in self.marks if mark[1] > self.sentences[self.first][0])
        if units(self.text[start : first[1]]) > limit:
            start = self._left(first[0], start, limit // 4)
        return start, self._right(start, end, limit)

    def _left(self, mark: int, start: int, room: int) -> int:
        """The earliest border of a token before the first hit that leaves no more than ``room`` before it."""
        borders = [at for at in self._borders(start, mark) if units(self.text[at:mark]) <= room]
        return min((at for at in borders if not self._in_mark(at)), default=mark)

    def _right(self, start: int, end: int, limit: int) -> int:
        fitting = [
            at
            for at in self._ends(start, end)
            if units(self.text[start:at]) <= limit and not self._in_mark(at)
        ]
        return max(fitting, default=_fitting(self.text, start, end, limit))

    def _borders(self, start: int, end: int) -> Iterator[int]:
        return (at for at, _ in self._token_extents() if start <= at <= end)

    def _ends(self, start: int, end: int) -> Iterator[int]:
        return (at for _, at in self._token_extents() if start < at <= end)

    def _token_extents(self) -> Iterator[Extent]:
        return (self.tokens.span(index, index) for index in range(len(self.tokens.starts)))

    def _in_mark(self, at: int) -> bool:
        return any(start < at < end for start, end in self.marks)


def units(text: str) -> int:
    """Half-width units: columns of a fixed-width font."""
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if char < "\u0300":
        return 1
    return 0 if category(char) in ("Mn", "Me", "Cf") else 2 if east_asian_width(char) in "WF" else 1


def _fitting(text: str, start: int, end: int, limit: int) -> int:
    """Not even one token fits."""
    while start < end and (limit := limit - _columns(text[start])) >= 0:
        start += 1
    return start


def _holding(sentences: Sequence[Extent], place: int) -> int:
    """The sentence that holds a place; what stands between two belongs to the first."""
    return max(sum(start <= place for start, _ in sentences) - 1, 0)


def _merged(extents: Iterable[Extent]) -> list[Extent]:
    """In order, those that overlap as one."""
    merged: list[Extent] = []
    for start, end in sorted(extents):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _as_line(text: str, extent: Extent, marks: Sequence[Extent]) -> tuple[str, tuple[Extent, ...]]:
    """White space and control characters become one space; a half pair of direction signs would turn what follows."""
    line: list[str] = []
    places = {}
    for at in range(*extent):
        places[at] = len(line)
        char = text[at]
        if char.isspace() or category(char) == "Cc":
            if line and line[-1] != " ":
                line.append(" ")
        elif char not in _BIDI_CONTROLS:
            line.append(char)
    places[extent[1]] = len(line)
    return "".join(line), tuple((places[start], places[end]) for start, end in marks)
