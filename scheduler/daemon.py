"""The clockwork of the service: APScheduler wakes the jobs of the timetable in the running loop.

It keeps nothing on disk: what is due stands in our own tables, so a job that ran late or twice does no harm.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core.clock import Clock
from core.errors import PresswatchError
from scheduler.timetable import Job

log = logging.getLogger("presswatch.scheduler")

Work = Callable[[], Awaitable[object]]
Report = Callable[[str, str | None], Awaitable[object]]

REPORT_EVERY_S = 30.0
"""A job whose result does not change is reported this often: some run every second, and each report is a write."""
CLOCK_CHECK = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Run:
    """How a job last went. ``failures`` in a row."""

    ran_at: datetime | None = None
    ok_at: datetime | None = None
    error: str | None = None
    failures: int = 0


class Daemon:
    """``work`` holds one callable for each job. ``report`` is told name and error (None = it went well)."""

    def __init__(
        self,
        jobs: Sequence[Job],
        work: Mapping[str, Work],
        *,
        clock: Clock,
        report: Report | None = None,
        clock_check: timedelta = CLOCK_CHECK,
    ) -> None:
        if {job.name for job in jobs} != set(work):
            raise ValueError("the timetable and the work do not name the same jobs")
        self._jobs, self._work, self._clock, self._report = tuple(jobs), dict(work), clock, report
        self._clock_check = clock_check
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._locks: dict[str, asyncio.Lock] = {job.name: asyncio.Lock() for job in jobs}
        self._running: set[asyncio.Task[object]] = set()
        self._reported: dict[str, tuple[float, str | None]] = {}
        self._guard: asyncio.Task[None] | None = None
        self._stopping = False
        self.runs: dict[str, Run] = {job.name: Run() for job in jobs}

    def start(self) -> None:
        """Every job at once, then at its pace. Needs the running loop."""
        for job in self._jobs:
            self._scheduler.add_job(
                partial(self._run, job.name),
                IntervalTrigger(seconds=job.every.total_seconds(), timezone=UTC),
                id=job.name,
                next_run_time=self._clock(),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,  # late is better than not at all
            )
        self._scheduler.start()
        self._guard = asyncio.get_running_loop().create_task(self._mind_the_clock())

    async def run_now(self, name: str) -> Run:
        """One whole run that begins after the call; waits for one that is under way first."""
        await self._run(name)
        return self.runs[name]

    async def stop(self, within: timedelta = timedelta(seconds=3)) -> None:
        """Starts nothing new, gives running jobs this time to end, then cancels them."""
        self._stopping = True
        if self._guard is not None:
            self._guard.cancel()
        if self._scheduler.running:
            self._scheduler.pause()
        running = self._running - {asyncio.current_task()}
        if running:
            _, slow = await asyncio.wait(running, timeout=within.total_seconds())
            for task in slow:
                task.cancel()
            if slow:
                await asyncio.wait(slow, timeout=1)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
            await asyncio.sleep(0)  # it ends in the loop's next turn

    async def _run(self, name: str) -> None:
        task = asyncio.current_task()
        if self._stopping or task is None:
            return
        self._running.add(task)
        try:
            async with self._locks[name]:
                error = await self._attempt(name)
                await self._tell(name, error)
        except asyncio.CancelledError:
            # Cancelled by ``stop``; APScheduler would log it as a failure.
            if not self._stopping:
                raise
        finally:
            self._running.discard(task)

    async def _attempt(self, name: str) -> str | None:
        """What went wrong, logged when it is new: a full disk is no news every second."""
        before = self.runs[name]
        try:
            await self._work[name]()
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            if error != before.error:
                bug = None if isinstance(failure, PresswatchError) else failure
                log.error(
                    "a job failed, it runs again at its pace",
                    exc_info=bug,
                    extra={"job": name, "error": error},
                )
            self.runs[name] = replace(before, ran_at=self._clock(), error=error, failures=before.failures + 1)
            return error
        if before.failures:
            log.info("a job works again", extra={"job": name, "failures": before.failures})
        now = self._clock()
        self.runs[name] = Run(ran_at=now, ok_at=now)
        return None

    async def _tell(self, name: str, error: str | None) -> None:
        now = time.monotonic()
        last_at, last_error = self._reported.get(name, (-REPORT_EVERY_S, None))
        if self._report is None or (error == last_error and now - last_at < REPORT_EVERY_S):
            return
        self._reported[name] = (now, error)
        # Where the report cannot be written the jobs themselves fail, too, and say so.
        with suppress(PresswatchError):
            await self._report(name, error)

    async def _mind_the_clock(self) -> None:
        """When the system's clock is put back, what was due next would wait until it has caught up."""
        every = {job.name: job.every for job in self._jobs}
        while True:
            await asyncio.sleep(self._clock_check.total_seconds())
            now = self._clock()
            for job in self._scheduler.get_jobs():
                if job.next_run_time is not None and job.next_run_time > now + 2 * every[job.id]:
                    log.warning(
                        "the clock was put back", extra={"job": job.id, "was_due": str(job.next_run_time)}
                    )
                    job.modify(next_run_time=now)
