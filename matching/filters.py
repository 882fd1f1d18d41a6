"""Values of filters: reading them, and judging an article's metadata by them (section 6 of the query language)."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from unicodedata import normalize

from matching.ast import Ago, Dates, FilterName, Period, Plain, Tiers, Value, Words
from matching.lexer import QUOTES
from matching.terms import EmptyTerm, read_term

_LANG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_TIER = re.compile(r"([1-9])(?:\.\.([1-9]))?")
_ABSOLUTE = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
_RELATIVE = re.compile(r"([0-9]{1,4})([dw])")


class BadValue(ValueError):
    """The filter does not accept it."""


def read_value(name: FilterName, text: str) -> Value:
    """Raises ``BadValue``."""
    return _READERS[name](text)


def comparable(text: str) -> str:
    """The form in which values and metadata are compared."""
    return normalize("NFKC", text).casefold().strip()


def comparable_lang(text: str) -> str:
    return comparable(text).replace("_", "-")


def _words(text: str) -> Words:
    try:
        return Words(read_term(text, wildcards=False), " ".join(text.split()))
    except EmptyTerm:
        raise BadValue from None


def _site(text: str) -> Plain:
    host = comparable(text).rstrip(".")
    while host.startswith("www."):
        host = host.removeprefix("www.")
    signs = all(_is_alphanumeric(char) or char in ".-_" for char in host)
    if (
        not host
        or not signs
        or ".." in host
        or not (_is_alphanumeric(host[0]) and _is_alphanumeric(host[-1]))
    ):
        raise BadValue
    return Plain(host, host)


def _is_alphanumeric(char: str) -> bool:
    return char.isalpha() or char.isdecimal()


def _lang(text: str) -> Plain:
    lang = comparable_lang(text)
    if not _LANG.fullmatch(lang):
        raise BadValue
    return Plain(lang, lang)


def _url(text: str) -> Plain:
    if not text or any(char.isspace() or char in QUOTES for char in text):
        raise BadValue
    return Plain(text.casefold(), text)


def _type(text: str) -> Plain:
    value = comparable(text)
    if not value or any(map(str.isspace, value)):
        raise BadValue
    return Plain(value, value)


def _tier(text: str) -> Tiers:
    value = comparable(text)
    match = _TIER.fullmatch(value)
    if not match or (match[2] and match[1] > match[2]):
        raise BadValue
    return Tiers(int(match[1]), int(match[2] or match[1]), value)


def _date(text: str) -> Period:
    value = comparable(text)
    first, dots, last = value.partition("..")
    start = _day(first)
    end = _day(last) if dots else start
    if isinstance(start, Dates) and isinstance(end, Dates) and start.first > end.last:
        raise BadValue
    if isinstance(start, Ago) and isinstance(end, Ago) and start.days < end.days:
        raise BadValue
    return Period(start, end, value)


def _bound(text: str) -> Period:
    day = _day(comparable(text))
    return Period(day, day, comparable(text))


def _day(value: str) -> Dates | Ago:
    if match := _RELATIVE.fullmatch(value):
        return Ago(int(match[1]) * (7 if match[2] == "w" else 1))
    if match := _ABSOLUTE.fullmatch(value):
        year, month, day = (int(part) if part else None for part in match.groups())
        try:
            return _dates(year or 0, month, day)
        except ValueError:
            raise BadValue from None
    raise BadValue


def _dates(year: int, month: int | None, day: int | None) -> Dates:
    if month is None:
        return Dates(date(year, 1, 1), date(year, 12, 31))
    first = date(year, month, day or 1)
    return Dates(first, first if day is not None else first.replace(day=monthrange(year, month)[1]))


_READERS: Mapping[FilterName, Callable[[str], Value]] = {
    "source": _words,
    "author": _words,
    "site": _site,
    "lang": _lang,
    "url": _url,
    "type": _type,
    "tier": _tier,
    "date": _date,
    "since": _bound,
    "until": _bound,
}
