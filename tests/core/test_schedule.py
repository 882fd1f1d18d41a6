"""Times of checks and digests, in every zone and over every change of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.schedule import Cron, Slot, parse_digest_schedule, parse_duration, parse_every

SHANGHAI, ZURICH, LORD_HOWE = (
    ZoneInfo("Asia/Shanghai"),
    ZoneInfo("Europe/Zurich"),
    ZoneInfo("Australia/Lord_Howe"),
)
ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1)).map(
    lambda naive: naive.replace(tzinfo=UTC)
)


def every_day(day: date) -> bool:
    return True


def slots(schedule: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[Slot]:
    parsed, found, moment = parse_digest_schedule(schedule), [], start
    while (slot := parsed.next_after(moment, zone, every_day)).at < end:
        found.append(slot)
        moment = slot.at
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2s", timedelta(seconds=2)),
        ("5m", timedelta(minutes=5)),
        (" 1H ", timedelta(hours=1)),
        ("366d", timedelta(days=366)),
    ],
)
def test_durations_are_a_number_and_a_unit(text: str, value: timedelta) -> None:
    assert parse_duration(text) == value


@pytest.mark.parametrize(
    "text", ["", "5", "m", "1.5h", "-5m", "0s", "367d", "99999999d", "1h30m", "５m", "5 m", "@daily"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        parse_duration(text)


@settings(deadline=None)
@given(st.integers(1, 366 * 86400))
def test_every_duration_of_seconds_up_to_a_year_is_read(seconds: int) -> None:
    assert parse_duration(f"{seconds}s") == timedelta(seconds=seconds)


def test_cron_names_of_weekdays_mean_those_days() -> None:
    friday = datetime(2026, 11, 27, 2, tzinfo=UTC)

    cron = parse_every("0 9 * * mon-fri")

    assert isinstance(cron, Cron)
    assert cron.next_after(friday, SHANGHAI) == datetime(2026, 11, 30, 1, tzinfo=UTC)


def test_cron_counts_weekdays_from_sunday() -> None:
    assert Cron("0 9 * * 1").next_after(datetime(2026, 11, 28, tzinfo=UTC), UTC) == datetime(
        2026, 11, 30, 9, tzinfo=UTC
    )


def test_cron_reads_lists_steps_and_months() -> None:
    cron = parse_every("*/20 7-8 1,15 JAN *")

    assert isinstance(cron, Cron)
    assert cron.next_after(datetime(2026, 11, 24, tzinfo=UTC), UTC) == datetime(2027, 1, 1, 7, tzinfo=UTC)
    assert cron.next_after(datetime(2027, 1, 1, 7, 20, tzinfo=UTC), UTC) == datetime(
        2027, 1, 1, 7, 40, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text",
    [
        "0 9 * *",
        "0 9 * * * *",
        "60 * * * *",
        "x * * * *",
        "0 9 * * fri-mon",
        "0 0 30 2 *",
        "* * * * " + "1," * 99 + "1",
    ],
)
def test_cron_that_cannot_be_read_or_never_comes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="five cron fields"):
        parse_every(text)


@settings(deadline=None)
@given(MOMENTS, ZONES, st.integers(0, 59), st.integers(0, 23))
def test_next_cron_time_is_later_and_shows_that_time_or_the_end_of_a_gap(
    moment: datetime, zone: ZoneInfo, minute: int, hour: int
) -> None:
    found = Cron(f"{minute} {hour} * * *").next_after(moment, zone)

    local = found.astimezone(zone)
    shown = (local.hour, local.minute) == (hour, minute)
    before = (found - timedelta(seconds=60)).astimezone(zone).utcoffset()
    assert found > moment
    assert shown or before != local.utcoffset()


def test_digest_comes_on_its_days_at_its_times() -> None:
    found = slots(
        "08:30, 17:00 mon,thu",
        SHANGHAI,
        datetime(2026, 11, 24, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )

    assert [(slot.key, slot.at.isoformat()) for slot in found] == [
        ("2026-11-26T08:30", "2026-11-26T00:30:00+00:00"),
        ("2026-11-26T17:00", "2026-11-26T09:00:00+00:00"),
        ("2026-11-30T08:30", "2026-11-30T00:30:00+00:00"),
        ("2026-11-30T17:00", "2026-11-30T09:00:00+00:00"),
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("8:30", "2026-11-25T08:30"),
        ("08:30 daily", "2026-11-25T08:30"),
        ("08:30 MON-FRI", "2026-11-25T08:30"),
        ("08:30 fri-mon", "2026-11-27T08:30"),
        ("08:30 sat", "2026-11-28T08:30"),
        ("08:30 day 1", "2026-12-01T08:30"),
        ("08:30\tlast  day", "2026-11-30T08:30"),
        ("08:30 cn-workdays", "2026-11-25T08:30"),
        ("09:00,08:30 mon-tue,wed", "2026-11-25T08:30"),
    ],
)
def test_days_of_a_digest(text: str, key: str) -> None:
    after_today = datetime(2026, 11, 24, 12, tzinfo=UTC)

    assert parse_digest_schedule(text).next_after(after_today, SHANGHAI, every_day).key == key


def test_workdays_are_those_of_the_calendar_that_is_passed_in() -> None:
    saturday_worked = date(2026, 10, 10)

    slot = parse_digest_schedule("08:30 cn-workdays").next_after(
        datetime(2026, 10, 1, tzinfo=UTC), SHANGHAI, lambda day: day == saturday_worked
    )

    assert slot.key == "2026-10-10T08:30"


def test_calendar_without_any_workday_is_an_error_and_not_an_endless_search() -> None:
    with pytest.raises(ValueError, match="calendar of workdays"):
        parse_digest_schedule("08:30 cn-workdays").next_after(
            datetime(2026, 1, 1, tzinfo=UTC), UTC, lambda day: False
        )


@pytest.mark.parametrize(
    "text",
    ["", "mon-fri", "24:00", "08:60", "8:3", "08:30,", "08:30 day 0", "08:30 day 31", "08:30 montag", "08:30 mon-",
     "08:30 mon,", "08:30 last", "08:30 17:00", "08:30; drop"],
)  # fmt: skip
def test_schedule_that_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_digest_schedule(text)


@pytest.mark.parametrize(
    ("text", "rhythm"),
    [("08:30", "daily"), ("08:30 mon-fri", "daily"), ("08:30 cn-workdays", "daily"), ("08:30 fri", "weekly"),
     ("08:30 day 1", "monthly"), ("08:30 last day", "monthly")],
)  # fmt: skip
def test_rhythm_names_how_often_an_issue_comes(text: str, rhythm: str) -> None:
    assert parse_digest_schedule(text).rhythm == rhythm


def test_time_that_spring_leaves_out_moves_to_the_first_moment_that_exists() -> None:
    found = slots(
        "02:30", ZURICH, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)
    )

    assert [(slot.key, slot.at.isoformat()) for slot in found] == [
        ("2026-03-29T02:30", "2026-03-29T01:00:00+00:00"),
        ("2026-03-30T02:30", "2026-03-30T00:30:00+00:00"),
    ]


def test_time_that_autumn_repeats_comes_once_at_its_first_pass() -> None:
    found = slots(
        "02:30", ZURICH, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC)
    )

    assert [(slot.key, slot.at.isoformat()) for slot in found] == [
        ("2026-10-25T02:30", "2026-10-25T00:30:00+00:00"),
        ("2026-10-26T02:30", "2026-10-26T01:30:00+00:00"),
    ]


def test_half_an_hour_of_daylight_saving_is_treated_alike() -> None:
    found = slots(
        "02:15", LORD_HOWE, datetime(2026, 10, 3, 3, tzinfo=UTC), datetime(2026, 10, 4, 3, tzinfo=UTC)
    )

    assert [(slot.key, slot.at.isoformat()) for slot in found] == [
        ("2026-10-04T02:15", "2026-10-03T15:30:00+00:00")
    ]


def test_day_that_a_zone_left_out_has_its_slot_at_the_start_of_the_next() -> None:
    apia = ZoneInfo("Pacific/Apia")

    found = slots("08:30", apia, datetime(2011, 12, 30, tzinfo=UTC), datetime(2011, 12, 31, 12, tzinfo=UTC))

    assert [(slot.key, slot.at.astimezone(apia).isoformat()) for slot in found] == [
        ("2011-12-30T08:30", "2011-12-31T00:00:00+14:00"),
        ("2011-12-31T08:30", "2011-12-31T08:30:00+14:00"),
    ]


@settings(deadline=None)
@given(ZONES, st.integers(1975, 2036), st.times())
def test_daily_digest_has_exactly_one_slot_a_local_date(zone: ZoneInfo, year: int, clock: object) -> None:
    schedule = f"{clock:%H:%M}"
    start = datetime(year, 1, 1, tzinfo=UTC)

    found = slots(schedule, zone, start, start + timedelta(days=60))

    days = [date.fromisoformat(slot.key[:10]) for slot in found]
    assert days == [days[0] + timedelta(days=step) for step in range(len(days))]
    assert {slot.key[11:] for slot in found} == {schedule}
    assert len(days) in (59, 60, 61)


@settings(deadline=None)
@given(MOMENTS, ZONES, st.sets(st.times(), min_size=1, max_size=4))
def test_slot_is_later_and_shows_its_time_or_ends_a_gap(
    moment: datetime, zone: ZoneInfo, clocks: set[object]
) -> None:
    schedule = parse_digest_schedule(",".join(f"{clock:%H:%M}" for clock in clocks))

    slot = schedule.next_after(moment, zone, every_day)

    local = slot.at.astimezone(zone)
    before = (slot.at - timedelta(seconds=2)).astimezone(zone).utcoffset()
    assert slot.at > moment
    assert local.strftime("%Y-%m-%dT%H:%M") == slot.key or before != local.utcoffset()
