"""Durations, cron times and the slots of digests: text as people write it, and the moment that comes next.

A slot is a local date and time. One that the clock leaves out is moved forward to the first moment that exists; one that
comes twice is taken the first time. So daylight saving can neither lose nor repeat a slot.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Literal

from cronsim import CronSim, CronSimError

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST: Final = timedelta(days=366)

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d{1,8})([smhd])", re.ASCII)
_CRON_FORM: Final = "five cron fields: minute hour day month weekday, for example '0 9 * * mon-fri'; weekdays by name, or 0 and 7 = Sunday"

Rhythm = Literal["daily", "weekly", "monthly"]


def parse_duration(text: str) -> timedelta:
    """``2s``, ``5m``, ``1h``, ``1d``; more than nothing and at most a year. Raises ``ValueError``."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(
            f"{text!r} is not a duration: write a whole number and s, m, h or d, for example 30m"
        )
    # Compared before it is made: a timedelta has limits of its own.
    seconds = int(match[1]) * int(timedelta(**{_UNITS[match[2]]: 1}).total_seconds())
    if not 0 < seconds <= LONGEST.total_seconds():
        raise ValueError(f"{text!r} is not between 1s and {LONGEST.days}d")
    return timedelta(seconds=seconds)


def parse_every(text: str) -> timedelta | Cron:
    """A duration, or five cron fields. Raises ``ValueError``."""
    return parse_cron(text) if len(text.split()) > 1 else parse_duration(text)


@dataclass(frozen=True, slots=True)
class Cron:
    """Made by ``parse_cron``. Fixed times come once a day whatever daylight saving does; ``*`` follows the clock."""

    text: str

    def next_after(self, moment: datetime, zone: tzinfo) -> datetime:
        """In UTC, later than ``moment``."""
        for local in CronSim(self.text, moment.astimezone(zone)):
            at = local.astimezone(UTC)
            # Within an hour that comes twice the library may name its first pass, which is over.
            if at > moment:
                return at
        raise ValueError(f"{self.text!r} never comes")


def parse_cron(text: str) -> Cron:
    """Raises ``ValueError`` also for a date that no calendar has."""
    fields = text.lower().split()
    if len(fields) != 5 or len(text) > 120:
        raise ValueError(f"{text[:120]!r} is not {_CRON_FORM}")
    cron = Cron(" ".join(fields))
    try:
        cron.next_after(datetime(2000, 1, 1, tzinfo=UTC), UTC)
    except CronSimError as error:
        what = str(error).removeprefix("Bad ")
        raise ValueError(f"the {what} of {text!r} cannot be read; expected {_CRON_FORM}") from error
    return cron


@dataclass(frozen=True, slots=True)
class Slot:
    key: str
    """Local date and time as scheduled, ``2026-11-24T08:30``; also where the clock left it out and ``at`` is later."""
    at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Weekly:
    weekdays: frozenset[int]
    """0 = Monday."""


@dataclass(frozen=True, slots=True)
class Monthly:
    day: int | None
    """None = the last day."""


@dataclass(frozen=True, slots=True)
class ChinaWorkdays:
    """Monday to Friday but public holidays, and the weekend days worked in their place."""


Days = Weekly | Monthly | ChinaWorkdays


@dataclass(frozen=True, slots=True)
class DigestSchedule:
    times: tuple[time, ...]
    """In order, none twice."""
    days: Days

    @property
    def rhythm(self) -> Rhythm:
        """How often an issue comes out, in the words of a title."""
        if isinstance(self.days, Monthly):
            return "monthly"
        return "weekly" if isinstance(self.days, Weekly) and len(self.days.weekdays) == 1 else "daily"

    def next_after(self, moment: datetime, zone: tzinfo, is_workday: Callable[[date], bool]) -> Slot:
        """The first slot later than ``moment``. ``is_workday`` is asked for ``cn-workdays`` only."""
        # A slot that was moved forward may come on the day after its date.
        for day in _days_from(moment.astimezone(zone).date() - timedelta(days=1)):
            if not _is_on(self.days, day, is_workday):
                continue
            for clock in self.times:
                slot = _slot(datetime.combine(day, clock), zone)
                if slot.at > moment:
                    return slot
        raise ValueError("no day within a year is a workday: the calendar of workdays is wrong")


def parse_digest_schedule(text: str) -> DigestSchedule:
    """``HH:MM[,HH:MM] [days]``; without days it is daily. Raises ``ValueError``."""
    times, *days = re.sub(r"\s*,\s*", ",", text).split(maxsplit=1) or [""]
    if ":" not in times:
        raise ValueError(f"{text!r} does not begin with a time: write for example '08:30 mon-fri'")
    return DigestSchedule(
        tuple(sorted({_time(part) for part in times.split(",")})), _days(days[0] if days else "daily")
    )


def _time(text: str) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d\d)", text, re.ASCII)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError(f"{text!r} is not a time of day: write HH:MM, from 00:00 to 23:59")
    return time(int(match[1]), int(match[2]))


def _days(text: str) -> Days:
    words = " ".join(text.lower().split())
    if words == "daily":
        return Weekly(frozenset(range(7)))
    if words == "cn-workdays":
        return ChinaWorkdays()
    if words == "last day":
        return Monthly(None)
    if match := re.fullmatch(r"day (\d{1,2})", words, re.ASCII):
        return _day_of_month(int(match[1]))
    return Weekly(frozenset(number for part in words.split(",") for number in _weekdays(part.strip(), text)))


def _day_of_month(day: int) -> Monthly:
    if not 1 <= day <= 28:
        raise ValueError(f"not every month has a day {day}: write 'day 1' to 'day 28', or 'last day'")
    return Monthly(day)


def _weekdays(part: str, text: str) -> Iterator[int]:
    first, dash, last = (piece.strip() for piece in part.partition("-"))
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        raise ValueError(
            f"{text!r} are no days: write daily, weekdays (mon-fri or mon,thu), day 1, last day, or cn-workdays"
        )
    start = WEEKDAYS.index(first)
    length = (WEEKDAYS.index(last) - start) % 7 if dash else 0
    return ((start + step) % 7 for step in range(length + 1))


def _is_on(days: Days, day: date, is_workday: Callable[[date], bool]) -> bool:
    match days:
        case Weekly(weekdays):
            return day.weekday() in weekdays
        case Monthly(None):
            return day.day == calendar.monthrange(day.year, day.month)[1]
        case Monthly(number):
            return day.day == number
        case ChinaWorkdays():
            return is_workday(day)


def _days_from(start: date) -> Iterator[date]:
    return (start + timedelta(days=step) for step in range(LONGEST.days + 2))


def _slot(local: datetime, zone: tzinfo) -> Slot:
    """PEP 495: of a time that comes twice, fold 0 is the earlier; of one that does not exist, fold 1 is."""
    key = local.isoformat(timespec="minutes")
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return Slot(key, first if first <= second else _end_of_gap(second, first, zone))


def _end_of_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The moment between the two at which the clock was put forward, to the second."""
    new_offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == new_offset:
            after = middle
        else:
            before = middle
    return after
