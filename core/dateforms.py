"""The forms in which publishers print days and hours. Every pattern has bounded repeats, so reading takes linear time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, NamedTuple

from core.months import AFTERNOON, MONTHS, MORNING, NOON, ZONES


class PrintedDay(NamedTuple):
    year: int
    month: int
    day: int | None
    """None = the month only."""
    start: int
    end: int


class PrintedTime(NamedTuple):
    hour: int
    minute: int
    second: int
    end: int


_NAME = r"([^\W\d_]{3,12})\.?"
_ORDINAL = r"(?:st|nd|rd|th|er|º|°|\.)?"
_SEPARATOR = r"\s{0,2}[-/.年년]\s{0,2}"
# A day may be glued to the next date: some systems print the same date twice (Beijing portal, PubDate).
_DAY = r"(\d{2}(?=\d{4}[-/.年])|\d{1,2}(?!\d))"

_YMD = re.compile(
    rf"(?<!\d)(\d{{4}}){_SEPARATOR}(\d{{1,2}})\s{{0,2}}[-/.月월]\s{{0,2}}{_DAY}(?:\s{{0,2}}[日号號일])?"
)
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?=[T ]?\d{4}(?:\d{2})?(?!\d)|(?!\d))")
_DAY_NAME_YEAR = re.compile(
    rf"(?<![\d:])(\d{{1,2}}){_ORDINAL}[\s\-]{{0,3}}(?:of |de )?{_NAME},?[\s\-/]{{0,3}}(?:del? )?(\d{{4}}|\d{{2}})(?![\d:])",
    re.IGNORECASE,
)
_NAME_DAY_YEAR = re.compile(
    rf"(?<![^\W\d_]){_NAME}\s{{0,3}}(\d{{1,2}}){_ORDINAL},?\s{{0,3}}(\d{{4}})(?!\d)", re.IGNORECASE
)
# asctime and Java: Fri Mar 27 10:21:00 CST 2026
_NAME_DAY_TIME_YEAR = re.compile(
    rf"(?<![^\W\d_]){_NAME}\s{{1,3}}(\d{{1,2}})(?=\s{{1,3}}\d{{1,2}}:[\d:]{{2,5}}\s{{1,3}}(?:[A-Z+\-\d:]{{1,9}}\s{{1,3}})?(\d{{4}})(?!\d))",
    re.IGNORECASE,
)
_DMY = re.compile(r"(?<![\d.:])(\d{1,2})([./\-])(\d{1,2})\2(\d{4}|\d{2})(?![\d.])")
_YEAR_MONTH = re.compile(rf"(?<!\d)(\d{{4}}){_SEPARATOR}(\d{{1,2}})(?![\d.])(?:\s{{0,2}}[月월])?")
_NAME_YEAR = re.compile(rf"(?<![^\W\d_]){_NAME},?\s{{1,3}}(?:de )?(\d{{4}})(?!\d)", re.IGNORECASE)
_ORDINAL_DATE = re.compile(r"\s{0,3}(\d{4})-(\d{3})(?=T|\s|$)")
_WEEK_DATE = re.compile(r"\s{0,3}(\d{4})-?W(\d{2})(?:-?(\d))?(?=T|\s|$)")


def _month(name: str) -> int | None:
    return MONTHS.get(name.lower())


def _year(digits: str) -> int:
    """Two digits as RFC 2822 section 4.3 reads them."""
    number = int(digits)
    return number if len(digits) > 2 else number + (2000 if number < 50 else 1900)


def _year_month_day(text: str) -> PrintedDay | None:
    match = _YMD.search(text) or _COMPACT.search(text)
    return match and PrintedDay(int(match[1]), int(match[2]), int(match[3]), match.start(), match.end())


def _named(text: str) -> PrintedDay | None:
    for match in _DAY_NAME_YEAR.finditer(text):
        if month := _month(match[2]):
            return PrintedDay(_year(match[3]), month, int(match[1]), match.start(), match.end())
    for pattern in (_NAME_DAY_YEAR, _NAME_DAY_TIME_YEAR):
        for match in pattern.finditer(text):
            if month := _month(match[1]):
                return PrintedDay(int(match[3]), month, int(match[2]), match.start(), match.end())
    return None


def _day_month_year(text: str) -> PrintedDay | None:
    """27.3.2026, 27/03/2026, 3/27/2026. With a slash or hyphen and both numbers below 13 nobody can know: None."""
    match = _DMY.search(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), _year(match[4])
    if match[2] != "." and first <= 12 and second <= 12 and first != second:
        return None
    day, month = (second, first) if second > 12 and match[2] != "." else (first, second)
    return PrintedDay(year, month, day, match.start(), match.end())


def _by_count(text: str) -> PrintedDay | None:
    """ISO 8601 ordinal and week dates."""
    try:
        if match := _ORDINAL_DATE.match(text):
            found = date(int(match[1]), 1, 1) + timedelta(days=int(match[2]) - 1)
            if found.year != int(match[1]):
                return None
        elif match := _WEEK_DATE.match(text):
            found = date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return PrintedDay(found.year, found.month, found.day, match.start(), match.end())


def _month_only(text: str) -> PrintedDay | None:
    if match := _YEAR_MONTH.search(text):
        return PrintedDay(int(match[1]), int(match[2]), None, match.start(), match.end())
    for match in _NAME_YEAR.finditer(text):
        if month := _month(match[1]):
            return PrintedDay(int(match[2]), month, None, match.start(), match.end())
    return None


_FORMS: Final[tuple[Callable[[str], PrintedDay | None], ...]] = (
    _by_count,
    _year_month_day,
    _named,
    _day_month_year,
    _month_only,
)


def find_day(text: str) -> PrintedDay | None:
    """The first form that fits. Whether that day exists is not asked here."""
    return next((found for form in _FORMS if (found := form(text)) is not None), None)


_HALF = r"(?:(上午|下午|晚上|早上|凌晨|清晨|傍晚|中午|오전|오후|午前|午後)\s{0,2})?"
_AFTER = re.compile(
    r"[T\s,|·()\-–—/]{0,6}(?:(?:星期|周|週)[一二三四五六日天][\s)]{0,3})?(?:at|a las|alle|as|a|um|kl\.?|в)?\s{0,3}"
    + _HALF
    + r"(\d{1,2})\s?(?:[:hH时時点點시]\s?(\d{1,2})|(?=\s?[ap]\.?m))(?:\s?[:分분]\s?(\d{2}))?"
    r"(?:[.,]\d{1,12})?[초분분]?(?:\s?([ap])\.?m\b\.?)?",
    re.IGNORECASE,
)
_AFTER_COMPACT = re.compile(r"()[T ]?(\d{2})(\d{2})(\d{2})?()(?![\d\-/.年])")
_BEFORE = re.compile(
    r"()(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s?([ap])\.?m\b\.?)?(?:\s(?:[A-Z]{2,4}|Uhr))?"
    r"[\s,|·\-–—]{0,4}(?:on )?(?:\w{3,9},? )?$",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"\s{0,3}\(?\s?(?:(?:UTC|GMT)?\s?([+\-−])(\d{1,2})(?::?(\d{2}))?(?!\d)|([A-Z]{1,5})(?![^\W_]))",
    re.IGNORECASE,
)


def _hour(hour: int, half: str) -> int:
    if half in NOON:
        return hour if hour >= 11 else hour + 12
    if half in AFTERNOON and hour < 12:
        return hour + 12
    return 0 if half in MORNING and hour == 12 else hour


def _time(match: re.Match[str]) -> PrintedTime:
    half = match[1] or (f"{match[5].lower()}m" if match[5] else "")
    return PrintedTime(_hour(int(match[2]), half), int(match[3] or 0), int(match[4] or 0), match.end())


def find_time(text: str, day: PrintedDay) -> PrintedTime | None:
    """The hour printed directly after the day, else directly before it."""
    after = _AFTER.match(text, day.end) or _AFTER_COMPACT.match(text, day.end)
    if after:
        return _time(after)
    before = _BEFORE.search(text[: day.start])
    return _time(before) if before else None


class BadOffset(ValueError):
    """An offset that no place on earth has: the date cannot be placed."""


def find_offset(text: str, at: int, *, china: bool) -> timedelta | None:
    """``china``: the reader's zone is UTC+8, where CST is China's standard time and not Chicago's."""
    match = _OFFSET.match(text, at)
    if match is None:
        return None
    if match[1]:
        hours, minutes = int(match[2]), int(match[3] or 0)
        if hours > 14 or minutes > 59:
            raise BadOffset(match[0])
        return timedelta(hours=hours, minutes=minutes) * (1 if match[1] == "+" else -1)
    name = match[4].lower()
    hours_east = 8.0 if china and name == "cst" else ZONES.get(name)
    return None if hours_east is None else timedelta(hours=hours_east)
