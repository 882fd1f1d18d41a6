"""Work that only one process may do: this command does it itself, or asks the living service and waits (DESIGN 4.12)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from core.errors import Conflict, NotFound, PresswatchError
from desk.adding import Added
from desk.collect import Progress, totals
from desk.digesting import existing
from presswatch import machines
from presswatch.compose import House
from scheduler.lock import ServiceLock, holder
from storage import requests as store
from storage import sources as source_store
from storage.digests import OutboxLine

LOOK_EVERY_S = 0.2
STARTING_S = 20.0
"""A lock whose holder does not answer: a service that starts, or another command that is about to end."""


def crawl(
    house: House, ids: Sequence[str] | None, *, everything: bool, wait_pages: bool, progress: Progress
) -> dict[str, Any]:
    known(house, ids)
    args = {"ids": list(ids) if ids else None, "all": everything, "wait_pages": wait_pages}
    with alone(house) as mine:
        return asyncio.run(crawl_here(house, args, progress)) if mine else ask(house, "crawl", args)


def send(house: House, digest_id: str, to: str | None) -> dict[str, Any]:
    with house.db.read() as conn:
        existing(conn, digest_id)
    args = {"digest": digest_id, "to": to}
    with alone(house) as mine:
        return asyncio.run(send_here(house, args)) if mine else ask(house, "digest send", args)


def add_article(house: House, url: str) -> Added:
    """One page at the pace of its host, which the database keeps: no need to be alone."""
    from desk.adding import Adding
    from desk.hosts import StoredHostBook
    from presswatch.crawling import kit_for

    async def add() -> Added:
        async with kit_for(house.settings, StoredHostBook(house.db), house.clock) as kit:
            return await Adding(house.archive, kit.reader, house.clock).add(url)

    return asyncio.run(add())


async def crawl_here(house: House, args: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    from presswatch.crawling import collector_for

    async with collector_for(house) as collector:
        reports = await collector.crawl(
            args["ids"], everything=args["all"], wait_pages=args["wait_pages"], progress=progress
        )
    return crawl_result(reports)


def crawl_result(reports: Sequence[Any]) -> dict[str, Any]:
    from dataclasses import asdict

    new, hits = totals(reports)
    return {"sources": [asdict(report) for report in reports], "new": new, "hits": hits}


async def send_here(house: House, args: Mapping[str, Any]) -> dict[str, Any]:
    await asyncio.to_thread(house.restoring.look)
    frozen = await asyncio.to_thread(house.digesting.send, args["digest"], args["to"])
    await asyncio.to_thread(house.restoring.note)
    return {
        "digest": frozen.digest_id,
        "slot": frozen.slot,
        "stories": frozen.stories,
        "messages": [delivery(line) for line in await house.delivering.deliver_issue(frozen.issue_id)],
    }


def retry(house: House, outbox_id: int) -> dict[str, Any]:
    house.delivering.line(outbox_id)  # raises for one that is not there
    args = {"id": outbox_id}
    with alone(house) as mine:
        return asyncio.run(retry_here(house, args)) if mine else ask(house, "outbox retry", args)


async def retry_here(house: House, args: Mapping[str, Any]) -> dict[str, Any]:
    line = await house.delivering.retry(args["id"])
    return {"id": line.id, **delivery(line)}


def delivery(line: OutboxLine) -> dict[str, Any]:
    return {
        "message_id": line.message_id,
        "recipient": line.recipient,
        "subject": line.subject,
        "state": line.state,
        "detail": line.error or "",
    }


@contextmanager
def alone(house: House) -> Iterator[bool]:
    """True while this process holds the lock of the data directory; False when a living service does the work."""
    if house.db.kind != "sqlite":
        with machines.alone(house) as mine:
            yield mine
        return
    deadline = time.monotonic() + STARTING_S
    while True:
        try:
            lock = ServiceLock.take(house.settings.data_dir, kind="command")
        except Conflict:
            if serves(house):
                yield False
                return
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_EVERY_S)
            continue
        try:
            yield True
        finally:
            lock.release()
        return


def serves(house: House) -> bool:
    """A service holds the lock and its lease, so it looks at requests; a command that holds the lock has no lease.

    The lease alone does not tell: that of a service which was killed stands for some seconds more.
    """
    from desk.health import SERVICE
    from storage.leases import is_held

    if house.db.kind != "sqlite":
        return machines.serves(house)
    living = holder(house.settings.data_dir)
    if living is None or living.kind != "service":
        return False
    with house.db.read() as conn:
        return is_held(conn, SERVICE)


def ask(house: House, kind: str, args: Mapping[str, Any]) -> dict[str, Any]:
    number = house.db.write(lambda conn: store.ask(conn, kind, args, house.clock()))
    try:
        return _answer(house, number)
    except Conflict:
        # Begun or not: the next service shall not do what its asker was told to ask for again.
        house.db.write(lambda conn: store.withdraw(conn, number, begun=True))
        raise
    except BaseException:
        house.db.write(lambda conn: store.withdraw(conn, number))
        raise


def _answer(house: House, number: int) -> dict[str, Any]:
    while True:
        with house.db.read() as conn:
            answer = store.answer(conn, number)
        if answer.state == "done":
            result: dict[str, Any] = answer.result
            return result
        if answer.state == "failed":
            raise PresswatchError(answer.error or "the service could not do it; its log says why")
        if ended(house):
            raise Conflict("the service ended before it answered; run the command again")
        time.sleep(LOOK_EVERY_S)


def ended(house: House) -> bool:
    if house.db.kind != "sqlite":
        return not machines.serves(house)
    return holder(house.settings.data_dir) is None


def known(house: House, ids: Sequence[str] | None) -> None:
    with house.db.read() as conn:
        present = {source.id for source in source_store.all_sources(conn)}
    missing = [source_id for source_id in ids or () if source_id not in present]
    if missing:
        raise NotFound(f"there is no source {', '.join(missing)}; see: presswatch source list")
