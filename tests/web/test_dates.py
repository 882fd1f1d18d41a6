from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.types import DateClaim
from web.dates import Calendar, printed_day

BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 15, 2, 42, tzinfo=UTC)
ZH, EN = Calendar("zh", BEIJING, NOW), Calendar("en", BEIJING, NOW)


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BEIJING)


def test_a_moment_in_the_margin_is_as_short_as_it_can_be():
    moments = [
        moment(2026, 10, 15, 9, 5),
        moment(2026, 10, 14, 20, 15),
        moment(2026, 9, 26),
        moment(2025, 12, 31, 1),
    ]

    assert [ZH.moment(m) for m in moments] == ["09:05", "昨 20:15", "9 月 26 日", "2025 年 12 月 31 日"]
    assert [EN.moment(m) for m in moments] == ["09:05", "Yest. 20:15", "26 Sept", "31 Dec 2025"]


def test_a_date_without_a_time_never_shows_one():
    claims = [
        DateClaim(moment(2026, 10, 15), "day", "list"),
        DateClaim(moment(2026, 10, 14), "day", "list"),
        DateClaim(moment(2026, 3, 26), "day", "list"),
        DateClaim(moment(2026, 3, 1), "month", "url"),
    ]

    assert [ZH.claim(c) for c in claims] == ["今日", "昨日", "3 月 26 日", "2026 年 3 月"]
    assert [EN.claim(c) for c in claims] == ["Today", "Yesterday", "26 Mar", "Mar 2026"]
    assert [ZH.iso(c) for c in claims] == ["2026-10-15", "2026-10-14", "2026-03-26", "2026-03"]
    assert [ZH.machine(c) for c in claims] == [ZH.iso(c) for c in claims]
    assert ZH.claim_in_full(claims[3]) == "2026 年 3 月"


def test_a_printed_time_is_told_in_the_readers_zone():
    claim = DateClaim(datetime(2026, 3, 26, 23, 30, tzinfo=UTC), "minute", "feed")

    assert ZH.iso(claim) == "2026-03-27 07:30"
    assert ZH.claim_in_full(claim) == "3 月 27 日 07:30"
    assert ZH.machine(claim) == "2026-03-27T07:30+08:00"


def test_what_is_to_come_is_named_by_its_weekday_within_a_week():
    moments = [
        moment(2026, 10, 15, 16),
        moment(2026, 10, 16, 8, 30),
        moment(2026, 10, 19, 9),
        moment(2026, 10, 30, 9),
    ]

    assert [ZH.coming(m) for m in moments] == ["今日 16:00", "明日 08:30", "周一 09:00", "10 月 30 日 09:00"]
    assert [EN.coming(m) for m in moments] == ["today 16:00", "tomorrow 08:30", "Mon 09:00", "30 Oct 09:00"]


def test_a_span_names_its_day_once():
    assert ZH.span(moment(2026, 10, 15, 9, 1), moment(2026, 10, 15, 9, 4)) == "今日 09:01–09:04"
    assert EN.span(moment(2026, 10, 14, 23), moment(2026, 10, 15, 1)) == "yesterday 23:00 – today 01:00"


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("Asia/Shanghai", "UTC+8"), ("Asia/Kolkata", "UTC+5:30"), ("America/St_Johns", "UTC−2:30")],
)
def test_offsets_are_written_as_people_do(zone, offset):
    assert Calendar("zh", ZoneInfo(zone), NOW).offset(NOW) == offset


@given(
    st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    st.sampled_from(
        ["Asia/Shanghai", "Europe/Zurich", "America/New_York", "Pacific/Honolulu", "Pacific/Auckland", "UTC"]
    ),
)
def test_the_printed_day_is_found_whatever_the_zone_of_the_source(day, zone):
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    assert printed_day(DateClaim(midnight, "day", "feed")) == day


def test_a_late_evening_in_another_zone_is_not_taken_for_tomorrow():
    assert ZH.today == date(2026, 10, 15)
    assert Calendar("zh", ZoneInfo("America/New_York"), NOW).today == date(2026, 10, 14)
    assert ZH.full(NOW - timedelta(hours=11)) == "昨日 23:42"
