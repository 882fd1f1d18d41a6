"""The timetable promises how soon each thing is noticed."""

from __future__ import annotations

from datetime import timedelta

from scheduler.timetable import timetable


def paces(tick: timedelta) -> dict[str, float]:
    return {job.name: job.every.total_seconds() for job in timetable(tick)}


def test_timetable_at_the_usual_tick() -> None:
    assert paces(timedelta(seconds=15)) == {
        "lease": 1, "requests": 1, "rejudge": 2, "collect": 15, "pages": 5, "settle": 10, "digests": 15, "deliver": 5,
        "heartbeat": 600, "backup": 1800, "housekeeping": 3600,
    }  # fmt: skip


def test_short_tick_hurries_what_waits_for_the_sources() -> None:
    found = paces(timedelta(seconds=0.5))

    assert [found[name] for name in ("collect", "pages", "settle", "digests", "deliver", "rejudge")] == [
        0.5
    ] * 5 + [2]


def test_long_tick_slows_nothing_but_the_sources() -> None:
    usual, slow = paces(timedelta(seconds=15)), paces(timedelta(minutes=5))

    assert {name for name in usual if usual[name] != slow[name]} == {"collect"}


def test_every_job_is_named_once_and_in_both_languages() -> None:
    jobs = timetable(timedelta(seconds=15))

    assert len({job.name for job in jobs}) == len(jobs)
    assert all(job.what.zh and job.what.en for job in jobs)
