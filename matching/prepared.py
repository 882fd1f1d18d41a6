"""One text made ready for search: folded, and closed up so that a run of CJK characters is one string.

Between CJK characters a gap of soft characters with at most one line break means nothing, so it is left out;
abbreviations stand without their dots. What is found in the closed text is told in places of the folded one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache, cached_property

from core.characters import classes
from core.folding import Folded, folded
from core.sentences import Layout, layout, line_breaks
from core.text import MATCHED_CHARACTERS, Tokens, patterns, tokens_of

Extent = tuple[int, int]
"""Half-open, in the folded text."""

_SEPARATOR = "\n"


@cache
def _soft_gap() -> re.Pattern[str]:
    """Between two CJK characters. Begins with the soft character, which is rarer than the one before it."""
    cjk, marks = ("".join(classes()[kind]) for kind in "KM")
    soft = r"[\s'\-·_]"
    return re.compile(f"{soft}(?<=[{cjk}{marks}].){soft}*+(?=[{cjk}])", re.DOTALL)


class PreparedText:
    """Not to be shared between threads while it is asked for the first time."""

    def __init__(self, text: str) -> None:
        self.folded = folded(text[:MATCHED_CHARACTERS])
        self.closed = closed(self.folded.text)

    def extent(self, start: int, end: int) -> Extent:
        """From places in the closed text to those in the folded one."""
        return self.closed.span(start, end)

    def original(self, extent: Extent) -> tuple[int, int]:
        return self.folded.span(*extent)

    @cached_property
    def tokens(self) -> Tokens:
        return tokens_of(self.folded)

    @cached_property
    def layout(self) -> Layout:
        return layout(self.tokens)

    def token_at(self, place: int) -> int:
        """The index of the first token that does not begin before a place in the folded text."""
        return bisect_left(self.tokens.starts, place)


def closed(text: str) -> Folded:
    """Of a folded text; ``span`` of the result leads back into it."""
    cuts: list[tuple[int, int, str]] = []
    if "." in text:
        for match in patterns().abbreviation.finditer(text):
            start, end = match.start() - 1, match.end()
            cuts.append((start, end, text[start:end].replace(".", "") + _SEPARATOR))
    if not text.isascii() and patterns().cjk.search(text):
        for match in _soft_gap().finditer(text):
            if line_breaks(match[0]) <= 1:
                cuts.append((match.start(), match.end(), ""))
    return _without(text, sorted(cuts)) if cuts else Folded(text, text)


def _without(text: str, cuts: list[tuple[int, int, str]]) -> Folded:
    texts: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    length = done = 0
    for start, end, instead in (*cuts, (len(text), len(text), "")):
        if done < start:
            pieces.append((length, done, 0))
            texts.append(text[done:start])
            length += start - done
        if instead:
            pieces.append((length, start, end))
            texts.append(instead)
            length += len(instead)
        done = end
    at, origin, fused = zip(*pieces, strict=True) if pieces else ((), (), ())
    return Folded(text, "".join(texts), at, origin, fused)
