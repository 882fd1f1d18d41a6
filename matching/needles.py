"""A term made ready for search: the literal by which its occurrences are found, and the check of each place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.sentences import line_breaks
from core.text import is_cjk, patterns
from matching.ast import Term
from matching.prepared import Extent, PreparedText
from matching.terms import fits, hard, is_wild, stem

_SOFT = "'-·_"


@dataclass(frozen=True, slots=True)
class Segment:
    """A word, a number, or a run of CJK characters that a text may not part. ``first`` is its first token's number."""

    token: str
    literal: str
    """What must stand in the closed text: the token, or what is before its first wildcard."""
    first: int

    def end(self, closed: str, at: int) -> int | None:
        """Where it ends, if whole tokens stand at this place of the closed text; its literal does."""
        after = at + len(self.literal)
        if is_cjk(self.literal):
            return None if patterns().mark.match(closed, after) else after
        digit = self.literal[0].isdecimal()
        match = (patterns().number if digit else patterns().word).match(closed, at)
        if match is None or not self._is(match[0]) or not _begins_token(closed, at, digit=digit):
            return None
        return match.end()

    def _is(self, form: str) -> bool:
        return form == self.token or (is_wild(self.token) and fits(self.token, form))


@dataclass(frozen=True, slots=True)
class Needle:
    """``anchor`` is the number of the segment that is looked for."""

    term: Term
    segments: tuple[Segment, ...]
    anchor: int

    @property
    def literal(self) -> str:
        return self.segments[self.anchor].literal

    def occurrences(self, text: PreparedText, places: Sequence[int]) -> list[Extent]:
        """``places``: where the literal begins in the closed text."""
        if self.term.exact is not None or (len(self.segments) > 1 and any(map(is_wild, self.term.tokens))):
            return self._by_tokens(text, places)
        return [extent for at in places if (extent := self._around(text, at))]

    def _around(self, text: PreparedText, at: int) -> Extent | None:
        """Goes on from the anchor to both sides, as long as the segments stand where they must."""
        closed = text.closed.text
        end = self.segments[self.anchor].end(closed, at)
        if end is None:
            return None
        start = at
        for number in range(self.anchor + 1, len(self.segments)):
            if (found := self._following(text, end, number)) is None:
                return None
            end = found
        for number in range(self.anchor - 1, -1, -1):
            if (found := self._preceding(text, start, number)) is None:
                return None
            start = found
        return text.extent(start, end)

    def _following(self, text: PreparedText, end: int, number: int) -> int | None:
        """The end of a segment behind a place where the one before it ends."""
        closed, segment = text.closed.text, self.segments[number]
        at = end
        while at < len(closed) and self._may_be_gap(closed[at], number):
            at += 1
        if not closed.startswith(segment.literal, at) or not self._closes(text, end, at, number):
            return None
        return segment.end(closed, at)

    def _preceding(self, text: PreparedText, start: int, number: int) -> int | None:
        closed, segment = text.closed.text, self.segments[number]
        end = start
        while end > 0 and self._may_be_gap(closed[end - 1], number + 1):
            end -= 1
        at = end - len(segment.literal)
        if not closed.endswith(segment.literal, 0, end) or not self._closes(text, end, start, number + 1):
            return None
        return at if segment.end(closed, at) == end else None

    def _may_be_gap(self, char: str, number: int) -> bool:
        return char.isspace() or char in _SOFT or char in self.term.gaps[self.segments[number].first - 1]

    def _closes(self, text: PreparedText, end: int, start: int, number: int) -> bool:
        """Whether what stands between two places of the closed text may stand before the segment."""
        gap = text.folded.text[text.extent(end - 1, end)[1] : text.extent(start, start + 1)[0]]
        return self._gap_closes(gap, self.segments[number].first - 1)

    def _gap_closes(self, gap: str, index: int) -> bool:
        if line_breaks(gap) > 1:
            return False
        if self.term.exact is not None:
            return "".join(gap.split()) == self.term.gaps[index]
        return hard(gap) in ("", self.term.gaps[index])

    def _by_tokens(self, text: PreparedText, places: Sequence[int]) -> list[Extent]:
        """For terms whose case and script count, or of which not every letter is known."""
        return [
            (text.tokens.starts[first], text.tokens.ends[first + len(self.term.tokens) - 1])
            for first in self._beginnings(text, places)
            if self._matches(text, first)
        ]

    def _beginnings(self, text: PreparedText, places: Sequence[int]) -> Iterator[int]:
        """Tokens with which the term may begin."""
        offset = self.segments[self.anchor].first
        for at in places:
            start, _ = text.extent(at, at + 1)
            number = text.token_at(start)
            if number >= offset and text.tokens.starts[number : number + 1] == [start]:
                yield number - offset

    def _matches(self, text: PreparedText, first: int) -> bool:
        tokens, term = text.tokens, self.term
        forms = tokens.forms[first : first + len(term.tokens)]
        if len(forms) < len(term.tokens) or not all(map(_same, term.tokens, forms)):
            return False
        if not all(self._gap_closes(tokens.gap(first + index), index) for index in range(len(term.gaps))):
            return False
        return term.exact is None or all(
            tokens.exact(first + index) == form for index, form in enumerate(term.exact)
        )


def needle(term: Term) -> Needle:
    """The rarest segment is looked for: the longest in bytes, so Han characters count more than letters."""
    segments = tuple(_segments(term))
    anchor = max(range(len(segments)), key=lambda at: len(segments[at].literal.encode("utf-8", "replace")))
    return Needle(term, segments, anchor)


def _segments(term: Term) -> Iterator[Segment]:
    run, first = term.tokens[0], 0
    for index, (before, token) in enumerate(pairwise(term.tokens)):
        if is_cjk(before) and is_cjk(token) and not hard(term.gaps[index]):
            run += token
        else:
            yield Segment(run, stem(run), first)
            run, first = token, index + 1
    yield Segment(run, stem(run), first)


def _same(wanted: str, form: str) -> bool:
    return wanted == form or (is_wild(wanted) and fits(wanted, form))


def _begins_token(closed: str, at: int, *, digit: bool) -> bool:
    """A mark directly before belongs to a letter or digit further back, if there is one."""
    before = at - 1
    while before >= 0 and patterns().mark.match(closed, before):
        before -= 1
    if before < 0 or before == at - 1:
        return True
    return not (closed[before].isdecimal() if digit else patterns().letter.match(closed, before))
