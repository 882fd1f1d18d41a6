"""``presswatch run``: everything in one process and one event loop, until it is told to end."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from typing import Any

import uvicorn

from core.errors import ConfigError, PresswatchError
from desk.collect import Collector
from desk.health import SERVICE, STARTED, Surroundings
from desk.pages import Pages
from presswatch import __version__, sentry
from presswatch.compose import House, mail_server, outbox_dir
from presswatch.crawling import PARSERS, collector_for
from presswatch.requests import crawl_result, retry_here, send_here
from scheduler.daemon import Daemon, Work
from scheduler.lease import TTL, LeaseKeeper
from scheduler.timetable import timetable
from storage import jobs as job_store
from storage import leases as lease_store
from storage import requests as request_store
from storage import sources as source_store
from storage.backup import back_up
from web.app import create_app

log = logging.getLogger("presswatch.service")

FETCHES_KEPT = timedelta(days=90)
REQUESTS_KEPT = timedelta(days=1)
BACKUPS, BACKUP_HOUR, BACKUPS_KEPT = "backups", 3, 7
"""A quiet hour, after which a copy of the day is made as soon as the service runs."""


async def serve(house: House, listening: socket.socket | None) -> None:
    """Until SIGTERM or SIGINT. Whoever calls it holds the lock of the data directory."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        if await asyncio.to_thread(house.restoring.look):
            log.warning("the database is older than what was last told; mail is held: presswatch outbox release")
        lease = await take_lease(house)
        stack.push_async_callback(lease.give_up)
        collector = await stack.enter_async_context(collector_for(house))
        collector.may_claim = lambda: lease.held
        jobs = Jobs(house, collector, lease)
        daemon = Daemon(
            timetable(house.settings.tick), jobs.work(), clock=house.clock, report=jobs.report
        )
        daemon.start()
        stack.push_async_callback(daemon.stop)
        if listening is not None:
            web = loop.create_task(Web(house, listening).serve())
            stack.push_async_callback(end_web, web)
        log.info("service started", extra={"data": str(house.settings.data_dir), "address": address_of(listening)})
        await stop.wait()
        log.info("service ending")


async def take_lease(house: House) -> LeaseKeeper:
    """The lock proves that no other service lives on this directory, so its lease is taken over at once."""
    owner, db = f"{socket.gethostname()}:{os.getpid()}", house.db
    keeper = LeaseKeeper(
        acquire=lambda: db.write_async(lambda conn: lease_store.take_over(conn, SERVICE, owner, TTL)),
        renew=lambda epoch: db.write_async(lambda conn: lease_store.renew(conn, SERVICE, owner, epoch, TTL)),
        release=lambda epoch: db.write_async(lambda conn: lease_store.release(conn, SERVICE, owner, epoch)),
    )
    await keeper.beat()
    now = house.clock()
    await db.write_async(lambda conn: job_store.set_fact(conn, STARTED, now.isoformat()))
    await db.write_async(request_store.give_back)
    await asyncio.to_thread(house.delivering.look_again)
    return keeper


class Jobs:
    """What the timetable wakes. Each only looks for what is due."""

    def __init__(self, house: House, collector: Collector, lease: LeaseKeeper) -> None:
        self.house, self.collector, self.lease = house, collector, lease
        self._answering: set[asyncio.Task[None]] = set()

    def work(self) -> dict[str, Work]:
        return {
            "lease": self.lease.beat,
            "requests": self.take_requests,
            "rejudge": self.house.archive.rejudge_outdated,
            "collect": self.collector.collect_due,
            "pages": self.collector.fetch_pages,
            "settle": self.house.archive.settle_overdue,
            "digests": self.freeze_digests,
            "deliver": self.deliver,
            "heartbeat": self.beat,
            "backup": self.back_up,
            "housekeeping": self.tidy_up,
        }

    async def report(self, name: str, error: str | None) -> None:
        now = self.house.clock()
        await self.house.db.write_async(lambda conn: job_store.record_run(conn, name, now, error))

    async def freeze_digests(self) -> None:
        if not self.lease.held:
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
        if self.lease.held:
            await self.house.delivering.deliver()

    async def back_up(self) -> None:
        """Once each night; the last seven are kept."""
        local = self.house.clock().astimezone(self.house.zone)
        folder = self.house.settings.data_dir / BACKUPS
        file = folder / f"presswatch-{local:%Y-%m-%d}.db"
        if local.hour < BACKUP_HOUR or file.exists() or not self.lease.held:
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
        waiting = await self.house.db.read_async(request_store.are_waiting)
        for request in await self.house.db.write_async(request_store.take) if waiting else ():
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
        if kind == "crawl":
            reports = await self.collector.crawl(
                args["ids"], everything=args["all"], wait_pages=args["wait_pages"]
            )
            return crawl_result(reports)
        if kind == "digest send":
            return await send_here(self.house, args)
        if kind == "outbox retry":
            return await retry_here(self.house, args)
        raise PresswatchError(f"this service does not know the request {kind!r}: it is of another version, restart it")


class Web(uvicorn.Server):
    """Signals are the service's own: uvicorn would end the process by them."""

    def __init__(self, house: House, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        around = Surroundings(
            address=f"{host}:{port}",
            loopback_only=True,
            folder=str(outbox_dir(house.settings)),
            resolver=house.settings.resolver,
            parsers=PARSERS,
            mail_server=mail_server(house.settings),
        )
        app = create_app(
            Pages(house.db, house.zone, house.library, around),
            base_url=house.settings.base_url,
            language=house.settings.language,
            timezone=house.settings.zone,
            version=__version__,
            clock=house.clock,
        )
        super().__init__(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=3)
        )
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await super().serve(sockets or [self._listening])


async def end_web(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def listen(host: str, port: int) -> socket.socket:
    """Raises ``ConfigError`` when the address is not to be had, before anything else begins."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise ConfigError(
            f"the pages cannot be served on {host}:{port} ({error.strerror}); "
            "end the program that uses it, or choose another with --port"
        ) from error
    sock.listen(128)
    sock.setblocking(False)
    return sock


def address_of(listening: socket.socket | None) -> str:
    if listening is None:
        return "no pages"
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
