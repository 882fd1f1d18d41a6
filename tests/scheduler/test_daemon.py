"""The clockwork, with the real APScheduler and events instead of waiting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from core.clock import Clock, utc_now
from core.errors import StorageError
from core.types import Names
from scheduler.daemon import Daemon
from scheduler.timetable import Job, JobName

QUICK, SELDOM = timedelta(milliseconds=10), timedelta(hours=1)
PATIENCE_S = 10
WHAT = Names("", "")


def daemon_of(
    work: Mapping[str, Callable[[], Awaitable[object]]],
    every: timedelta = QUICK,
    *,
    clock: Clock = utc_now,
    **values: Any,
) -> Daemon:
    return Daemon([Job(cast(JobName, name), every, WHAT) for name in work], work, clock=clock, **values)


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not check():
            await asyncio.sleep(0.001)


def test_every_job_runs_at_once_and_again_at_its_pace() -> None:
    async def scenario() -> dict[str, int]:
        counts = {"often": 0, "seldom": 0}

        def count(name: str) -> Callable[[], Awaitable[None]]:
            async def work() -> None:
                counts[name] += 1

            return work

        daemon = Daemon(
            [Job("collect", QUICK, WHAT), Job("digests", SELDOM, WHAT)],
            {"collect": count("often"), "digests": count("seldom")},
            clock=utc_now,
        )
        daemon.start()
        await until(lambda: counts["often"] >= 3)
        await daemon.stop()
        return counts

    counts = asyncio.run(scenario())

    assert counts["seldom"] == 1


def test_job_never_runs_beside_itself() -> None:
    async def scenario() -> list[str]:
        steps, go_on = list[str](), asyncio.Event()

        async def slow() -> None:
            steps.append("begins")
            await go_on.wait()
            steps.append("ends")

        daemon = daemon_of({"collect": slow})
        daemon.start()
        await until(lambda: steps == ["begins"])
        by_hand = asyncio.create_task(daemon.run_now("collect"))
        await asyncio.sleep(0.05)
        go_on.set()
        await by_hand
        await daemon.stop()
        return steps

    steps = asyncio.run(scenario())

    assert steps[:4] == ["begins", "ends", "begins", "ends"]
    assert steps == ["begins", "ends"] * (len(steps) // 2)


def test_job_that_raises_is_logged_once_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    runs = 0

    async def full_disk() -> None:
        nonlocal runs
        runs += 1
        if runs <= 3:
            raise StorageError("the disk is full")

    async def scenario() -> Daemon:
        daemon = daemon_of({"collect": full_disk})
        daemon.start()
        await until(lambda: runs >= 5)
        await daemon.stop()
        return daemon

    with caplog.at_level(logging.INFO, "presswatch"):
        daemon = asyncio.run(scenario())

    told = [(record.message, record.__dict__.get("error") or record.__dict__["failures"]) for record in caplog.records
            if record.name.startswith("presswatch")]  # fmt: skip
    assert told == [
        ("a job failed, it runs again at its pace", "StorageError: the disk is full"),
        ("a job works again", 3),
    ]
    assert (daemon.runs["collect"].error, daemon.runs["collect"].failures) == (None, 0)


def test_bug_in_a_job_is_logged_with_its_trace_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    healthy = 0

    async def bug() -> None:
        raise ZeroDivisionError("oops")

    async def fine() -> None:
        nonlocal healthy
        healthy += 1

    async def scenario() -> None:
        daemon = daemon_of({"collect": bug, "pages": fine})
        daemon.start()
        await until(lambda: healthy >= 3)
        await daemon.stop()

    with caplog.at_level(logging.ERROR):
        asyncio.run(scenario())

    assert [(record.name, record.__dict__["job"], bool(record.exc_info)) for record in caplog.records] == [
        ("presswatch.scheduler", "collect", True)
    ]


def test_results_are_reported_when_they_change() -> None:
    runs, reports = 0, list[tuple[str, str | None]]()

    async def sometimes() -> None:
        nonlocal runs
        runs += 1
        if 3 <= runs <= 5:
            raise StorageError("locked")

    async def report(name: str, error: str | None) -> None:
        reports.append((name, error))

    async def scenario() -> None:
        daemon = daemon_of({"collect": sometimes}, report=report)
        daemon.start()
        await until(lambda: runs >= 8)
        await daemon.stop()

    asyncio.run(scenario())

    assert reports == [("collect", None), ("collect", "StorageError: locked"), ("collect", None)]


def test_run_now_gives_the_result_of_a_run_of_its_own() -> None:
    async def broken() -> None:
        raise StorageError("locked")

    async def scenario() -> tuple[str | None, bool]:
        daemon = daemon_of({"collect": broken}, SELDOM)
        run = await daemon.run_now("collect")
        return run.error, run.ran_at is not None

    assert asyncio.run(scenario()) == ("StorageError: locked", True)


def test_stop_waits_for_a_short_run() -> None:
    async def scenario() -> list[str]:
        steps, begun = list[str](), asyncio.Event()

        async def short() -> None:
            begun.set()
            await asyncio.sleep(0.05)
            steps.append("ended")

        daemon = daemon_of({"collect": short}, SELDOM)
        daemon.start()
        await begun.wait()
        await daemon.stop()
        return steps

    assert asyncio.run(scenario()) == ["ended"]


def test_stop_cancels_a_run_that_does_not_end_and_logs_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> tuple[float, list[str]]:
        begun, steps = asyncio.Event(), list[str]()

        async def endless() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                steps.append("cleaned up")

        daemon = daemon_of({"collect": endless})
        daemon.start()
        await begun.wait()
        loop = asyncio.get_running_loop()
        before = loop.time()
        await daemon.stop(timedelta(milliseconds=20))
        return loop.time() - before, steps

    with caplog.at_level(logging.WARNING):
        took, steps = asyncio.run(scenario())

    assert took < 5
    assert steps == ["cleaned up"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_nothing_runs_after_stop() -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1

    async def scenario() -> tuple[int, int]:
        daemon = daemon_of({"collect": work})
        daemon.start()
        await until(lambda: runs >= 1)
        await daemon.stop()
        before = runs
        await asyncio.sleep(0.05)
        await daemon.run_now("collect")
        await daemon.stop()
        return before, runs

    before, after = asyncio.run(scenario())

    assert before == after


def test_daemon_that_never_started_can_be_stopped() -> None:
    async def scenario() -> None:
        await daemon_of({"collect": _nothing}).stop()

    asyncio.run(scenario())


def test_clock_that_is_put_back_stops_no_job() -> None:
    runs, ahead = 0, timedelta(hours=1)

    async def work() -> None:
        nonlocal runs
        runs += 1

    def clock() -> datetime:
        return utc_now() + ahead

    async def scenario() -> None:
        nonlocal ahead
        daemon = daemon_of({"collect": work}, timedelta(seconds=1), clock=clock, clock_check=QUICK)
        daemon.start()
        ahead = timedelta(0)
        await until(lambda: runs >= 1)
        await daemon.stop()

    asyncio.run(scenario())


def test_timetable_and_work_must_name_the_same_jobs() -> None:
    with pytest.raises(ValueError, match="same jobs"):
        Daemon([Job("collect", QUICK, WHAT)], {"pages": _nothing}, clock=utc_now)


async def _nothing() -> None: ...
