"""The folded form of a text, and the way from any place in it back to the original (rules N1 to N6)."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from core.characters import clusters, exact_cluster, fold_table, folded_cluster


@cache
def _tools() -> tuple[list[int], re.Pattern[str]]:
    """The table for even text, and what finds uneven places; made at the first need, it takes a tenth of a second."""
    table, special = fold_table()
    return table, re.compile(f"[{special}]+")


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` is the folded form of ``original``; all places in it are code points.

    The pieces are parallel: where each begins in ``text`` and in ``original``. ``fused`` is the end in ``original`` of
    a cluster that does not map one to one, else 0. No pieces: the two run side by side.
    """

    original: str
    text: str
    at: tuple[int, ...] = ()
    origin: tuple[int, ...] = ()
    fused: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The extent in ``original`` of ``text[start:end]``, which must not be empty: whole clusters."""
        if not self.at:
            return start, end
        first, last = bisect_right(self.at, start) - 1, bisect_right(self.at, end - 1) - 1
        begin = self.origin[first] + (0 if self.fused[first] else start - self.at[first])
        return begin, self.fused[last] or self.origin[last] + end - self.at[last]

    def exact(self, start: int, end: int) -> str:
        """The exact form of ``text[start:end]``: case, script and diacritics are kept."""
        begin, stop = self.span(start, end)
        return "".join(exact_cluster(kept) for _, _, kept in clusters(self.original[begin:stop]))


def folded(original: str) -> Folded:
    if original.isascii():
        return Folded(original, original.lower().replace('"', "'").replace("`", "'"))
    table, uneven = _tools()
    if uneven.search(original) is None:
        return Folded(original, original.translate(table))
    return _by_pieces(original)


def _by_pieces(original: str) -> Folded:
    table, uneven = _tools()
    texts: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    length = done = 0
    for match in uneven.finditer(original):
        # What clings needs its base, so the character before is taken along.
        first = max(done, match.start() - 1)
        if done < first:
            texts.append(original[done:first].translate(table))
            pieces.append((length, done, 0))
            length += len(texts[-1])
        done = match.end()
        for start, end, kept in clusters(original[first:done]):
            if form := folded_cluster(kept):
                texts.append(form)
                pieces.append((length, first + start, first + end))
                length += len(form)
    if done < len(original):
        texts.append(original[done:].translate(table))
        pieces.append((length, done, 0))
    at, origin, fused = zip(*pieces, strict=True) if pieces else ((0,), (0,), (1,))
    return Folded(original, "".join(texts), at, origin, fused)
