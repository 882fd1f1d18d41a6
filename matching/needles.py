"""A term made ready for search: the literal by which its occurrences are found, and the check of each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.sentences import line_breaks
from core.text import is_cjk, patterns
from matching.ast import Term
from matching.prepared import Extent, PreparedText
from matching.terms import fits, hard, is_wild, stem


@dataclass(frozen=True, slots=True)
class Needle:
    """``literal`` is what must stand in the closed text, ``offset`` the number of tokens of the term before it.

    ``others`` must stand there, too: without them the place needs no look.
    """

    term: Term
    literal: str
    offset: int
    others: tuple[str, ...]
    single: bool
    """The literal is the whole term, but for wildcards."""

    def occurrences(self, text: PreparedText, places: Sequence[int]) -> list[Extent]:
        """``places``: where the literal begins in the closed text."""
        if self.single:
            return self._single(text, places)
        if not all(other in text.closed.text for other in self.others):
            return []
        return self._runs(text, places)

    def _single(self, text: PreparedText, places: Sequence[int]) -> list[Extent]:
        closed, length = text.closed.text, len(self.literal)
        if is_cjk(self.literal):
            mark = patterns().mark
            return [text.extent(at, at + length) for at in places if not mark.match(closed, at + length)]
        pattern = patterns().number if self.literal[0].isdecimal() else patterns().word
        found = []
        for at in places:
            match = pattern.match(closed, at)
            if match and self._fits(match[0]) and _begins_token(closed, at, digit=closed[at].isdecimal()):
                found.append(text.extent(at, match.end()))
        return found

    def _fits(self, form: str) -> bool:
        token = self.term.tokens[0]
        return fits(token, form) if is_wild(token) else form == token

    def _runs(self, text: PreparedText, places: Sequence[int]) -> list[Extent]:
        """By whole tokens: for terms with gaps, or whose case and script count."""
        tokens, count = text.tokens, len(self.term.tokens)
        found = []
        for at in places:
            start, _ = text.extent(at, at + 1)
            anchor = text.token_at(start)
            first = anchor - self.offset
            if first >= 0 and tokens.starts[anchor : anchor + 1] == [start] and self._matches(text, first):
                found.append((tokens.starts[first], tokens.ends[first + count - 1]))
        return found

    def _matches(self, text: PreparedText, first: int) -> bool:
        tokens, term = text.tokens, self.term
        forms = tokens.forms[first : first + len(term.tokens)]
        if len(forms) < len(term.tokens) or not all(map(_same, term.tokens, forms)):
            return False
        if not all(self._closes(tokens.gap(first + index), gap) for index, gap in enumerate(term.gaps)):
            return False
        return term.exact is None or all(
            tokens.exact(first + index) == form for index, form in enumerate(term.exact)
        )

    def _closes(self, found: str, wanted: str) -> bool:
        if line_breaks(found) > 1:
            return False
        if self.term.exact is not None:
            return "".join(found.split()) == wanted
        return hard(found) in ("", wanted)


def needle(term: Term) -> Needle:
    """The rarest part is looked for: the longest in bytes, so Han characters count more than letters."""
    segments = _segments(term)
    literal, offset = max(segments, key=lambda segment: len(segment[0].encode("utf-8", "replace")))
    others = tuple(text for text, _ in segments if text != literal)
    return Needle(term, literal, offset, others, single=len(segments) == 1 and term.exact is None)


def _segments(term: Term) -> list[tuple[str, int]]:
    """(literal, number of tokens before it): words, numbers, and runs of CJK characters that a text may not part."""
    segments = [(stem(term.tokens[0]), 0)]
    for index, (before, token) in enumerate(pairwise(term.tokens)):
        if is_cjk(before) and is_cjk(token) and not hard(term.gaps[index]):
            segments[-1] = (segments[-1][0] + token, segments[-1][1])
        else:
            segments.append((stem(token), index + 1))
    return segments


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
