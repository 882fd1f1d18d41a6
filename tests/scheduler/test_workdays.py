"""Chinese workdays, with their weekends in lieu."""

from __future__ import annotations

import logging
from datetime import date

import pytest

from scheduler.workdays import LAST_KNOWN_YEAR, is_cn_workday


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 9, 30), True),
        (date(2025, 10, 1), False),
        (date(2025, 10, 8), False),
        (date(2025, 9, 28), True),  # a Sunday, worked for the National Day week
        (date(2025, 9, 27), False),
    ],
)
def test_holidays_are_off_and_days_in_lieu_are_worked(day: date, works: bool) -> None:
    assert is_cn_workday(day) is works


def test_year_that_is_not_known_yet_has_ordinary_weeks_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    year = LAST_KNOWN_YEAR + 3
    monday = date.fromisocalendar(year, 20, 1)

    with caplog.at_level(logging.WARNING, "presswatch"):
        week = [is_cn_workday(date.fromordinal(monday.toordinal() + step)) for step in range(7)]

    assert week == [True] * 5 + [False] * 2
    assert [(record.levelname, record.__dict__["year"]) for record in caplog.records] == [("WARNING", year)]
