"""What the timetable wakes. Each job only looks for what is due and hands it on."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.errors import PresswatchError
from desk.collect import Collector
from presswatch import sentry
from presswatch.compose import House
from presswatch.requests import crawl_result, retry_here, send_here
from scheduler.daemon import Work
from scheduler.lease import LeaseKeeper
from scheduler.timetable import JobName
from storage import jobs as job_store
from storage import requests as request_store
from storage import sources as source_store
from storage.backup import back_up

log = logging.getLogger("presswatch.service")

FETCHES_KEPT = timedelta(days=90)
REQUESTS_KEPT = timedelta(days=1)
BACKUPS, BACKUP_HOUR, BACKUPS_KEPT = "backups", 3, 7
"""A quiet hour, after which a copy of the day is made as soon as the service runs."""


class Jobs:
    """``collector`` None = this process fetches nothing; ``lease`` None = it does not lead."""

    def __init__(self, house: House, collector: Collector | None, lease: LeaseKeeper | None) -> None:
        self.house, self.collector, self.lease = house, collector, lease
        self._answering: set[asyncio.Task[None]] = set()

    def work(self) -> dict[JobName, Work]:
        """The jobs of this process."""
        return {"requests": self.take_requests, **self._fetching(), **self._leading()}

    def _fetching(self) -> dict[JobName, Work]:
        if self.collector is None:
            return {}
        return {"collect": self.collector.collect_due, "pages": self.collector.fetch_pages}

    def _leading(self) -> dict[JobName, Work]:
        if self.lease is None:
            return {}
        return {
            "lease": self.lease.beat,
            "rejudge": self.house.archive.rejudge_outdated,
            "settle": self.house.archive.settle_overdue,
            "digests": self.freeze_digests,
            "deliver": self.deliver,
            "heartbeat": self.beat,
            "backup": self.back_up,
            "housekeeping": self.tidy_up,
        }

    @property
    def leads(self) -> bool:
        return self.lease is not None and self.lease.held

    @property
    def answers(self) -> tuple[str, ...]:
        """Kinds of requests that this process can do; none while another one leads in its place."""
        if self.lease is not None and not self.lease.held:
            return ()
        fetching = ("crawl",) if self.collector is not None else ()
        return fetching + (("digest send", "outbox retry") if self.lease is not None else ())

    async def report(self, name: str, error: str | None) -> None:
        now = self.house.clock()
        await self.house.db.write_async(lambda conn: job_store.record_run(conn, name, now, error))

    async def freeze_digests(self) -> None:
        if not self.leads:
            return
        frozen = await asyncio.to_thread(self.house.digesting.freeze_due)
        if frozen:
            await asyncio.to_thread(self.house.restoring.note)
        if frozen and self.house.settings.sentry_dsn:
            told = {state.subscription.id: state.subscription for state in self.house.digesting.states()}
            for issue in frozen:
                await asyncio.to_thread(sentry.digest_done, told[issue.digest_id], ok=True)

    async def beat(self) -> None:
        if self.house.settings.sentry_dsn:
            await asyncio.to_thread(sentry.heartbeat)

    async def deliver(self) -> None:
        if self.leads:
            await self.house.delivering.deliver()

    async def back_up(self) -> None:
        """Once each night; the last seven are kept. A server is backed up by its own tools."""
        if self.house.db.path is None:
            return
        local = self.house.clock().astimezone(self.house.zone)
        folder = self.house.settings.data_dir / BACKUPS
        file = folder / f"presswatch-{local:%Y-%m-%d}.db"
        if local.hour < BACKUP_HOUR or file.exists() or not self.leads:
            return
        await asyncio.to_thread(back_up, self.house.db, file)
        for old in sorted(folder.glob("presswatch-*.db"))[:-BACKUPS_KEPT]:
            old.unlink()
        log.info("database backed up", extra={"file": str(file)})

    async def tidy_up(self) -> None:
        now = self.house.clock()
        await self.house.db.write_async(lambda conn: source_store.drop_fetches(conn, now - FETCHES_KEPT))
        await self.house.db.write_async(lambda conn: request_store.drop_finished(conn, now - REQUESTS_KEPT))

    async def take_requests(self) -> None:
        """A crawl may take minutes, so it is answered beside the timetable."""
        kinds = self.answers
        if not kinds:
            return
        waiting = await self.house.db.read_async(lambda conn: request_store.are_waiting(conn, kinds))
        if not waiting:
            return
        for request in await self.house.db.write_async(lambda conn: request_store.take(conn, kinds)):
            task = asyncio.get_running_loop().create_task(self._answer(request))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, request: request_store.Request) -> None:
        try:
            result, error = await self._do(request.kind, request.args), None
        except PresswatchError as failure:
            result, error = None, str(failure)
        except Exception as bug:
            log.exception("a request failed", extra={"kind": request.kind})
            result, error = None, f"{type(bug).__name__}: {bug}; the log of the service says where"
        now, plain = self.house.clock(), json.loads(json.dumps(result, default=str))
        await self.house.db.write_async(
            lambda conn: request_store.finish(conn, request.id, now, result=plain, error=error)
        )

    async def _do(self, kind: str, args: Mapping[str, Any]) -> dict[str, Any]:
        if kind == "crawl" and self.collector is not None:
            reports = await self.collector.crawl(
                args["ids"], everything=args["all"], wait_pages=args["wait_pages"]
            )
            return crawl_result(reports)
        if kind == "digest send":
            return await send_here(self.house, args)
        if kind == "outbox retry":
            return await retry_here(self.house, args)
        raise PresswatchError(
            f"this service does not know the request {kind!r}: it is of another version, restart it"
        )
