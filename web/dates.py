"""Moments as a reader in one place and one language writes them. A date without a time never shows one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from core.types import DateClaim, Language

# Midnight in Hawaii is 10:00 UTC, in New Zealand, in summer, 11:00 UTC of the day before.
_WESTERNMOST_MIDNIGHT = time(10)


def printed_day(claim: DateClaim) -> date:
    """The day that was printed. Its midnight is in the source's zone, and its hour in UTC tells on which side that lies."""
    value = claim.value.astimezone(UTC)
    return value.date() + timedelta(days=value.time() > _WESTERNMOST_MIDNIGHT)


@dataclass(frozen=True, slots=True)
class Calendar:
    """``now`` decides what is today."""

    language: Language
    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def clock(self, moment: datetime) -> str:
        return f"{self.local(moment):%H:%M}"

    def day(self, day: date, *, year: bool | None = None) -> str:
        """3 月 26 日, 26 Mar; with the year when it is another one."""
        with_year = day.year != self.today.year if year is None else year
        if self.language == "en":
            return format_date(day, "d MMM y" if with_year else "d MMM", locale="en_GB")
        return (f"{day.year} 年 " if with_year else "") + f"{day.month} 月 {day.day} 日"

    def weekday(self, day: date, *, short: bool = False) -> str:
        if self.language == "en":
            return format_date(day, "EEE" if short else "EEEE", locale="en_GB")
        return format_date(day, "EEE" if short else "EEEE", locale="zh_Hans")

    def moment(self, moment: datetime) -> str:
        """Today only the time, yesterday named, before that the day alone: for the margin of a list."""
        local = self.local(moment)
        if local.date() == self.today:
            return f"{local:%H:%M}"
        if local.date() == self.today - timedelta(days=1):
            return (f"昨 {local:%H:%M}") if self.language == "zh" else f"Yest. {local:%H:%M}"
        return self.day(local.date())

    def full(self, moment: datetime) -> str:
        """Day and time: 今日 10:21, 3 月 26 日 20:15."""
        local = self.local(moment)
        return f"{self._named(local.date())} {local:%H:%M}"

    def coming(self, moment: datetime) -> str:
        """今日 16:00, 周一 08:30, 3 月 30 日 08:30."""
        local = self.local(moment)
        away = (local.date() - self.today).days
        day = self.weekday(local.date(), short=True) if 1 < away < 7 else self._named(local.date())
        return f"{day} {local:%H:%M}"

    def span(self, start: datetime, end: datetime) -> str:
        local_start, local_end = self.local(start), self.local(end)
        if self.full(start) == self.full(end):
            return self.full(start)
        if local_start.date() == local_end.date():
            return f"{self.full(start)}–{local_end:%H:%M}"
        return f"{self.full(start)} – {self.full(end)}"

    def claim(self, claim: DateClaim) -> str:
        """A printed date, as fine as it was printed: for the margin of a list."""
        if claim.precision == "minute":
            return self.moment(claim.value)
        day = printed_day(claim)
        named = self._month(day) if claim.precision == "month" else self._named(day)
        return named[0].upper() + named[1:]

    def claim_in_full(self, claim: DateClaim) -> str:
        if claim.precision == "minute":
            local = self.local(claim.value)
            return f"{self.day(local.date())} {local:%H:%M}"
        day = printed_day(claim)
        return self._month(day) if claim.precision == "month" else self.day(day)

    def iso(self, claim: DateClaim) -> str:
        """2026-03-26 20:15, 2026-03-26, 2026-03."""
        if claim.precision == "minute":
            return f"{self.local(claim.value):%Y-%m-%d %H:%M}"
        return printed_day(claim).isoformat()[: 7 if claim.precision == "month" else 10]

    def machine(self, claim: DateClaim) -> str:
        """For the ``datetime`` attribute of ``<time>``."""
        if claim.precision == "minute":
            return self.local(claim.value).isoformat(timespec="minutes")
        return self.iso(claim)

    def offset(self, moment: datetime) -> str:
        """UTC+8, UTC−3:30"""
        away = self.local(moment).utcoffset() or timedelta()
        hours, minutes = divmod(abs(away) // timedelta(minutes=1), 60)
        sign = "−" if away < timedelta() else "+"
        return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")

    def _named(self, day: date) -> str:
        away = (day - self.today).days
        names = {0: ("今日", "today"), -1: ("昨日", "yesterday"), 1: ("明日", "tomorrow")}
        if away in names:
            return names[away][self.language == "en"]
        return self.day(day)

    def _month(self, day: date) -> str:
        return (
            format_date(day, "MMM y", locale="en_GB")
            if self.language == "en"
            else f"{day.year} 年 {day.month} 月"
        )
