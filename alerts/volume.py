"""New stories a day, as a sentence, as bars and as a table of weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from alerts.calendar import Calendar
from alerts.digest import DAYS_SHOWN
from alerts.lines import width
from alerts.prose import bare, keep, strong

_FEWEST_DAYS = 7
"""Fewer say nothing about what is usual."""
_HIGHEST = 44
_LOWEST = 3


@dataclass(frozen=True, slots=True)
class VolumeView:
    title: str
    note: str
    sentence: str
    bars: tuple[int, ...]
    """Heights in pixels, today last; 0 = that day was not counted."""
    first: str
    last: str
    weeks: tuple[str, ...]
    """Lines of the table."""


def volume_view(days: Sequence[tuple[date, int]], calendar: Calendar) -> VolumeView | None:
    if len(days) < _FEWEST_DAYS:
        return None
    say, total = calendar.say, sum(n for _, n in days)
    numbers = {"sum": say.figure(total), "mean": f"{total / len(days):.1f}"}
    uncounted = (0,) * (DAYS_SHOWN - len(days))
    return VolumeView(
        title=say("days", n=len(days)),
        note=say("days_plain", **numbers),
        sentence=_sentence(days, numbers, calendar),
        bars=uncounted + tuple(_height(n, max(n for _, n in days)) for _, n in days),
        first=keep(calendar.day(days[-1][0] - timedelta(days=DAYS_SHOWN - 1))),
        last=keep(calendar.day(days[-1][0])),
        weeks=tuple(_weeks(dict(days), calendar)),
    )


def _sentence(days: Sequence[tuple[date, int]], numbers: dict[str, str], calendar: Calendar) -> str:
    say, (today, latest) = calendar.say, days[-1]
    text = say("days_sum", sum=strong(numbers["sum"]), mean=numbers["mean"])
    busiest, most = max(days, key=lambda day: day[1])
    if latest and busiest != today:
        text += say("days_most", most=most, day=keep(say("days_most_day", day=calendar.day(busiest))))
    text += say("days_today", today=strong(latest))
    empty = [day for day, n in days[:-1] if n == 0]
    if latest == 0 and empty:
        text += say.gap + say(
            "last_zero", day=keep(calendar.day(empty[-1])) + say.gap + keep(_weekday(empty[-1], calendar))
        )
    return text


def _weekday(day: date, calendar: Calendar) -> str:
    return calendar.say("in_brackets", text=calendar.say("weekdays").split()[day.weekday()])


def _height(n: int, most: int) -> int:
    return max(_LOWEST, round(n / most * _HIGHEST)) if n else 1


def _weeks(counts: dict[date, int], calendar: Calendar) -> list[str]:
    say, days = calendar.say, sorted(counts)
    lines = [_row(say("week_of"), say("weekdays").split(), say("week_total"), calendar)]
    monday = days[0] - timedelta(days=days[0].weekday())
    while monday <= days[-1]:
        week = [counts.get(monday + timedelta(days=n)) for n in range(7)]
        cells = ["" if n is None else str(n) for n in week]
        lines.append(_row(calendar.day(monday), cells, str(sum(n or 0 for n in week)), calendar))
        monday += timedelta(days=7)
    return lines


def _row(label: str, cells: Sequence[str], total: str, calendar: Calendar) -> str:
    def right(text: str, columns: int) -> str:
        return " " * (columns - width(text, calendar.say.language)) + text

    first = bare(label)
    start = first + right(cells[0], 14 - width(first, calendar.say.language))
    return (start + "".join(right(cell, 6) for cell in cells[1:]) + right(total, 8)).rstrip()
