"""Dates as publishers print them, read without ever raising, and which of several to believe.

A date that cannot be is None: a wrong date is worse than none. What says neither year nor day ('3 hours ago',
'03-27') is not read either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from urllib.parse import urlsplit

from core.dateforms import BadOffset, PrintedDay, find_day, find_offset, find_time
from core.types import DateClaim, DateOrigin, Precision

_LOOKED_AT: Final = 200
# Software prints year 1, 1900 or the epoch where it has no date, and no page of the web is older than 1990.
_EARLIEST: Final = 1990
_LATEST: Final = 9998
_FINENESS: Final[dict[Precision, int]] = {"minute": 0, "day": 1, "month": 2}
_FUTURE_ALLOWED: Final = timedelta(days=1)

_EPOCH = re.compile(r"\s*(\d{9,10})(\d{3})?(?:\.\d{1,9})?\s*")
_HAN_DATE = re.compile(
    r"[〇○零一二三四五六七八九]{4}年[一二三四五六七八九十]{1,3}月(?:[一二三四五六七八九十]{1,3}[日号])?"
)
_HAN_NUMBER = re.compile(r"[〇○零一二三四五六七八九十]+")
_HAN_DIGITS: Final = {c: str(n) for n, c in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0"}


def read_date(text: str, *, zone: tzinfo, origin: DateOrigin) -> DateClaim | None:
    """The first date in ``text``, with the offset it was printed with; one without an offset is in ``zone``.

    An hour that is exactly the midnight of ``zone`` says only the day.
    """
    line = _plain(text)
    value = _epoch(line)
    if value is not None:
        return DateClaim(value, "minute", origin)
    day = find_day(line)
    found = day and _placed(line, day, zone)
    return DateClaim(_as_offset(found[0]), found[1], origin) if found else None


def _plain(text: str) -> str:
    """Full-width and other digits as ASCII, accents off, Chinese numerals of a date as numbers."""
    folded = unicodedata.normalize("NFKC", text[:_LOOKED_AT])
    folded = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded)
    folded = "".join(c for c in unicodedata.normalize("NFD", folded) if not "\u0300" <= c <= "\u036f")
    folded = unicodedata.normalize("NFC", folded)
    return _HAN_DATE.sub(lambda date: _HAN_NUMBER.sub(_han_number, date[0]), folded)


def _han_number(match: re.Match[str]) -> str:
    """二〇二六 is read digit by digit, 二十七 as a number."""
    tens, ten, ones = match[0].rpartition("十")
    if ten:
        return (_HAN_DIGITS.get(tens, "1") if len(tens) < 2 else "0") + _HAN_DIGITS.get(ones, "0")
    return "".join(_HAN_DIGITS[c] for c in match[0])


def _epoch(line: str) -> datetime | None:
    """Seconds or milliseconds since 1970, standing alone."""
    match = _EPOCH.fullmatch(line)
    if match is None:
        return None
    value = datetime.fromtimestamp(int(match[1]), UTC)
    return value if value.year >= _EARLIEST else None


def _placed(line: str, day: PrintedDay, zone: tzinfo) -> tuple[datetime, Precision] | None:
    if not _EARLIEST <= day.year <= _LATEST:
        return None
    try:
        midnight = datetime(day.year, day.month, day.day or 1, tzinfo=zone)
        if day.day is None:
            return midnight, "month"
        time = find_time(line, day)
        if time is None:
            return midnight, "day"
        china = midnight.utcoffset() == timedelta(hours=8)
        offset = find_offset(line, time.end, china=china)
        place = zone if offset is None else timezone(offset)
        # 24:00 is the end of the day (ISO 8601), :60 a leap second.
        value = midnight.replace(
            hour=time.hour % 24, minute=time.minute, second=min(time.second, 59), tzinfo=place
        )
        value += timedelta(days=time.hour // 24)
    except (ValueError, OverflowError, BadOffset):
        return None
    if time.hour > 24 or (time.hour == 24 and time.minute) or time.second > 60:
        return None
    return value, "day" if value == midnight and not time.second else "minute"


def _as_offset(value: datetime) -> datetime:
    """The same moment with its plain offset: a claim is compared and sent on without rules of daylight saving."""
    return value.replace(tzinfo=timezone(value.utcoffset() or timedelta()))


_URL_DAYS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\d)(20\d\d|199\d)[/\-_.](\d{1,2})[/\-_.](\d{1,2})(?!\d)",
        r"(?<!\d)(20\d\d|199\d)[/\-_]?(\d{2})[/\-_]?(\d{2})(?!\d)",
        r"(?<!\d)(20\d\d|199\d)(\d{2})(\d{2})\d{2,6}(?!\d)",
    )
)
_URL_MONTH: Final = re.compile(r"/(20\d\d|199\d)[/\-]?(\d{2})(?=[/\-])")


def date_in_url(url: str, zone: tzinfo) -> DateClaim | None:
    """A day, else a month, in the path or query: /art/2026/1/23/, /2026/07/09/, /t20260913_1.html, /n1/2026/0327/."""
    try:
        parts = urlsplit(url[:2000])
    except ValueError:
        return None
    where = f"{parts.path}?{parts.query}"
    for pattern in _URL_DAYS:
        for match in pattern.finditer(where):
            claim = _url_claim(match[1], match[2], match[3], zone)
            if claim:
                return claim
    month = _URL_MONTH.search(parts.path)
    return _url_claim(month[1], month[2], None, zone) if month else None


def _url_claim(year: str, month: str, day: str | None, zone: tzinfo) -> DateClaim | None:
    try:
        value = datetime(int(year), int(month), int(day or 1), tzinfo=zone)
    except ValueError:
        return None
    return DateClaim(_as_offset(value), "day" if day else "month", "url")


def choose(claims: Sequence[DateClaim], first_seen: datetime) -> DateClaim | None:
    """``claims`` stand most trusted first. None is later than a day after ``first_seen``; of claims that name the
    same day (or month) as the most trusted one the finest is taken."""
    possible = [claim for claim in claims if claim.value <= first_seen + _FUTURE_ALLOWED]
    if not possible:
        return None
    best = possible[0]
    agreeing = [claim for claim in possible if _agree(best, claim)]
    return min(agreeing, key=lambda claim: _FINENESS[claim.precision])


def _agree(one: DateClaim, other: DateClaim) -> bool:
    if "month" in (one.precision, other.precision):
        return (one.value.year, one.value.month) == (other.value.year, other.value.month)
    return one.value.date() == other.value.date()
