"""The long-running roles: ``run`` is all of them in one process and one event loop; ``scheduler``, ``worker`` and ``web``
are the same parts alone, for several machines on one PostgreSQL.
"""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import secrets
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Literal

from desk.claims import Claims
from desk.collect import Collector
from desk.health import SERVICE, STARTED
from presswatch.compose import House
from presswatch.crawling import collector_for
from presswatch.jobs import Jobs
from presswatch.webserver import Listening, Web, address_of, end_web
from scheduler.daemon import Daemon
from scheduler.lease import TTL, LeaseKeeper
from scheduler.timetable import timetable
from storage import jobs as job_store
from storage import leases as lease_store
from storage import requests as request_store

log = logging.getLogger("presswatch.service")

Role = Literal["run", "scheduler", "worker", "web"]

LEADING: frozenset[Role] = frozenset({"run", "scheduler"})
FETCHING: frozenset[Role] = frozenset({"run", "worker"})


async def serve(
    house: House,
    listening: Listening | None,
    role: Role = "run",
    *,
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Until SIGTERM or SIGINT; then ``ending`` is called first. Whoever calls it for ``run`` holds the lock of the data
    directory.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        lease = await take_lease(house, role) if role in LEADING else None
        if lease is not None:
            stack.push_async_callback(lease.give_up)
        collector = await make_collector(house, role, lease, stack)
        if role != "web":
            start_jobs(Jobs(house, collector, lease), stack)
        if listening is not None:
            web = loop.create_task(Web(house, listening, parses=collector is not None).serve())
            stack.push_async_callback(end_web, web)
        log.info(
            "service started",
            extra={"role": role, "data": str(house.settings.data_dir), "address": address_of(listening)},
        )
        await stop.wait()
        ending()
        log.info("service ending")


async def make_collector(
    house: House, role: Role, lease: LeaseKeeper | None, stack: AsyncExitStack
) -> Collector | None:
    """The leader alone needs no claims; workers beside each other claim a host before they ask it."""
    if role not in FETCHING:
        return None
    collector = await stack.enter_async_context(collector_for(house))
    if lease is not None:
        collector.may_claim = lambda: lease.held
    else:
        claims = Claims(house.db, owner(), house.clock)
        collector.claims = claims
        stack.push_async_callback(claims.give_up)
    return collector


def start_jobs(jobs: Jobs, stack: AsyncExitStack) -> None:
    house, work = jobs.house, jobs.work()
    table = tuple(job for job in timetable(house.settings.tick) if job.name in work)
    daemon = Daemon(
        table, {str(name): job for name, job in work.items()}, clock=house.clock, report=jobs.report
    )
    daemon.start()
    stack.push_async_callback(daemon.stop)


async def take_lease(house: House, role: Role) -> LeaseKeeper:
    """On SQLite the lock of the directory proves that no other leader lives, so its lease is taken over at once.

    On PostgreSQL another machine may hold it: then this process waits, and claims nothing meanwhile.
    """
    me, db = owner(), house.db
    alone = role == "run" and db.kind == "sqlite"
    take: Callable[..., int | None] = lease_store.take_over if alone else lease_store.acquire

    async def acquire() -> int | None:
        epoch = await db.write_async(lambda conn: take(conn, SERVICE, me, TTL))
        if epoch is not None:
            await begin_leading(house)
        return epoch

    keeper = LeaseKeeper(
        acquire=acquire,
        renew=lambda epoch: db.write_async(lambda conn: lease_store.renew(conn, SERVICE, me, epoch, TTL)),
        release=lambda epoch: db.write_async(lambda conn: lease_store.release(conn, SERVICE, me, epoch)),
    )
    if not await keeper.beat():
        log.warning("another process leads; this one waits and takes over when it is gone")
    return keeper


async def begin_leading(house: House) -> None:
    """What the leader before did not finish is open again, and an older copy of the database is held."""
    now = house.clock()
    await house.db.write_async(lambda conn: job_store.set_fact(conn, STARTED, now.isoformat()))
    await house.db.write_async(request_store.give_back)
    await asyncio.to_thread(house.delivering.look_again)
    if await asyncio.to_thread(house.restoring.look):
        log.warning("the database is older than what was last told; mail is held: presswatch outbox release")


def owner() -> str:
    """Containers may share name and process number of their machine."""
    return f"{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}"
