"""A digest's schedule (``08:30 mon-fri``) in words. Reads only the grammar; whatever else it is given, it repeats."""

from __future__ import annotations

import re

from alerts.phrases import Phrases
from alerts.prose import clean

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GRAMMAR = re.compile(r"(\d{1,2}:\d\d(?:\s*,\s*\d{1,2}:\d\d)*)(?:\s+(.+))?")


def in_words(schedule: str, say: Phrases) -> str:
    """周一至周五 08:30 · Monday to Friday at 08:30"""
    found = _GRAMMAR.fullmatch(schedule.strip().lower())
    days = _days(found[2] or "daily", say) if found else None
    if found is None or days is None:
        return clean(schedule, 80)
    times = [time.strip().zfill(5) for time in found[1].split(",")]
    return say("at_times", days=days, times=say.listed(times))


def _days(text: str, say: Phrases) -> str | None:
    if text == "daily":
        return say("every_day")
    if text == "last day":
        return say("last_day")
    if text == "cn-workdays":
        return say("cn_workdays")
    if day := re.fullmatch(r"day (\d{1,2})", text):
        return say("day_of_month", day=int(day[1]))
    parts = [_weekdays(part.strip(), say) for part in text.split(",")]
    known = [part for part in parts if part]
    return say("on_days", days=say.listed(known)) if len(known) == len(parts) else None


def _weekdays(part: str, say: Phrases) -> str | None:
    names = dict(zip(_DAYS, say("schedule_weekdays").split(), strict=True))
    first, dash, last = part.partition("-")
    if first not in names or (dash and last not in names):
        return None
    return say("day_range", first=names[first], last=names[last]) if dash else names[first]
