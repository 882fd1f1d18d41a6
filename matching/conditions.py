"""Filters judged by an article's metadata; what is not known makes them false."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo

from core.types import Document
from matching.ast import Ago, Dates, Filter, FilterName, Period, Plain, Tiers, Value, Words
from matching.automaton import find_all
from matching.filters import comparable, comparable_lang
from matching.needles import needle
from matching.prepared import PreparedText

Condition = Callable[[Document, datetime], bool]
"""Asked with the present moment, for dates told from today."""


def condition(node: Filter, zone: tzinfo) -> Condition:
    tests = [_test(node.name, value, zone) for value in node.values]
    return tests[0] if len(tests) == 1 else lambda document, now: any(test(document, now) for test in tests)


def _test(name: FilterName, value: Value, zone: tzinfo) -> Condition:
    match value:
        case Words():
            return _words(name, value)
        case Tiers(first, last):
            return lambda document, now: document.tier is not None and first <= document.tier <= last
        case Period():
            return _period(name, value, zone)
        case Plain(wanted):
            return _PLAIN[name](wanted)


def _words(name: FilterName, value: Words) -> Condition:
    wanted = needle(value.term)

    def occurs(text: str) -> bool:
        prepared = PreparedText(text)
        return bool(wanted.occurrences(prepared, find_all(wanted.literal, prepared.closed.text)))

    def test(document: Document, now: datetime) -> bool:
        return any(map(occurs, document.source if name == "source" else (document.author or "",)))

    return test


def _site(wanted: str) -> Condition:
    def test(document: Document, now: datetime) -> bool:
        host = comparable(document.site or "")
        return host == wanted or host.endswith(f".{wanted}")

    return test


def _lang(wanted: str) -> Condition:
    def test(document: Document, now: datetime) -> bool:
        lang = comparable_lang(document.lang or "")
        return lang == wanted or lang.startswith(f"{wanted}-")

    return test


def _url(wanted: str) -> Condition:
    return lambda document, now: wanted in (document.url or "").casefold()


def _type(wanted: str) -> Condition:
    return lambda document, now: comparable(document.type or "") == wanted


_PLAIN: dict[FilterName, Callable[[str], Condition]] = {
    "site": _site,
    "lang": _lang,
    "url": _url,
    "type": _type,
}


def _period(name: FilterName, value: Period, zone: tzinfo) -> Condition:
    def test(document: Document, now: datetime) -> bool:
        if document.published is None:
            return False
        day, today = local_day(document.published, zone), local_day(now, zone)
        since = name == "until" or first_day(value.start, today) <= day
        return since and (name == "since" or day <= last_day(value.end, today))

    return test


def local_day(moment: datetime, zone: tzinfo) -> date:
    """A moment without a zone is one of ``zone``."""
    return (moment.astimezone(zone) if moment.tzinfo else moment).date()


def first_day(day: Dates | Ago, today: date) -> date:
    return day.first if isinstance(day, Dates) else _ago(day, today)


def last_day(day: Dates | Ago, today: date) -> date:
    return day.last if isinstance(day, Dates) else _ago(day, today)


def _ago(day: Ago, today: date) -> date:
    return today - timedelta(days=min(day.days, today.toordinal() - 1))
