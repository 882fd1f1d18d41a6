"""Workdays in China: public holidays off, and the weekend days that are worked in their place.

The State Council announces a year's days in the autumn before. Of a year that the calendar does not know yet every day
from Monday to Friday is a workday: one digest too many is better than one too few.
"""

from __future__ import annotations

import logging
from datetime import date
from functools import cache
from typing import Final

import chinese_calendar
from chinese_calendar.constants import holidays

log = logging.getLogger("presswatch.scheduler")

LAST_KNOWN_YEAR: Final[int] = max(holidays).year
SATURDAY = 5


def is_cn_workday(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        _say_unknown(day.year)
        return day.weekday() < SATURDAY


@cache
def _say_unknown(year: int) -> None:
    """Once a year and process."""
    log.warning(
        "holidays of this year are not known yet, Monday to Friday count as workdays; update chinese-calendar",
        extra={"year": year, "known_to": LAST_KNOWN_YEAR},
    )
