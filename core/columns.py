"""Text as one line, and how wide it is: in half-width units, the columns of a fixed-width font."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import category, east_asian_width

_DIRECTION_SIGNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def columns(char: str) -> int:
    """Two for Han characters and full-width signs, none for what is set over or under another."""
    if char < "\u0300":
        return 1
    if category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def units(text: str) -> int:
    return sum(_widths(text, 0, len(text)))


def reach(text: str, start: int, end: int, limit: int) -> int:
    """How far one gets from ``start`` with so many units."""
    for at, width in enumerate(_widths(text, start, end), start):
        limit -= width
        if limit < 0:
            return at
    return end


def as_line(
    text: str, extent: tuple[int, int], marks: Sequence[tuple[int, int]]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A stretch of a text and the marks in it. White space and control characters become one space.

    Signs of direction are left out: one of a pair alone would turn all that follows.
    """
    line: list[str] = []
    places: dict[int, int] = {}
    for at in range(*extent):
        places[at] = len(line)
        char = text[at]
        if _is_blank(char):
            if line and line[-1] != " ":
                line.append(" ")
        elif char not in _DIRECTION_SIGNS:
            line.append(char)
    if line and line[-1] == " ":
        line.pop()
    places[extent[1]] = len(line)
    return "".join(line), tuple(
        (min(places[start], len(line)), min(places[end], len(line))) for start, end in marks
    )


def _widths(text: str, start: int, end: int) -> Iterator[int]:
    """White space counts as the one space that it becomes."""
    after_space = False
    for at in range(start, end):
        space = _is_blank(text[at])
        yield int(not after_space) if space else columns(text[at])
        after_space = space


def _is_blank(char: str) -> bool:
    return char.isspace() or category(char) == "Cc"
