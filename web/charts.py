"""Small charts as numbers for SVG attributes: x and width in per cent, y and height in pixels, so nothing needs a style."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

GAP = 0.15
"""Of the place of one bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: float
    width: str
    height: float
    last: bool


def bars(counts: Sequence[int], height: int) -> list[Bar]:
    """One bar a day; a day without anything keeps a line of one pixel, so that the axis can be seen."""
    highest, place = max(counts, default=0) or 1, 100 / max(len(counts), 1)
    made = []
    for number, count in enumerate(counts):
        tall = max(1.0, round(count / highest * (height - 1), 1))
        made.append(
            Bar(
                percent(number * place),
                round(height - tall, 1),
                percent(place * (1 - GAP)),
                tall,
                number == len(counts) - 1,
            )
        )
    return made


@dataclass(frozen=True, slots=True)
class Segment:
    x: str
    width: str


def segments(parts: Sequence[int]) -> list[Segment]:
    """Parts of a whole, side by side; one that is not nothing can always be seen."""
    total = sum(parts) or 1
    made, start = [], 0.0
    for part in parts:
        wide = max(part / total * 100, 1.5) if part else 0.0
        made.append(Segment(percent(min(start, 100 - wide)), percent(wide)))
        start += wide
    return made


LAG_TICKS = (
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
)


def lag_position(lag: timedelta, longest: timedelta) -> str:
    """On a logarithmic axis from 2 to 97 %, which begins at the first publisher."""
    minutes, end = max(lag / timedelta(minutes=1), 0), max(longest / timedelta(minutes=1), 1)
    return percent(2 + 95 * math.log1p(minutes) / math.log1p(end))


def percent(value: float) -> str:
    return f"{value:.2f}%"
