"""The host book of the crawler, kept in the database: restarts, workers and commands keep one pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from crawler.hostbook import Robots, held
from storage import hosts as store
from storage.db import Database


@dataclass(frozen=True, slots=True)
class StoredHostBook:
    db: Database

    async def reserve(self, host: str, delay: timedelta, now: datetime) -> datetime:
        def work(conn: Connection) -> datetime | store.Held:
            return store.reserve(conn, host, delay, now)

        # Without a delay nothing is written, so nobody has to wait for the writer.
        slot = await (self.db.write_async(work) if delay else self.db.read_async(work))
        if isinstance(slot, store.Held):
            raise held(host, slot.until, slot.why, now)
        return slot

    async def hold(self, host: str, until: datetime, why: str) -> None:
        await self.db.write_async(lambda conn: store.hold(conn, host, until, why))

    async def robots(self, host: str) -> Robots | None:
        row = await self.db.read_async(lambda conn: store.robots(conn, host))
        return Robots(row.fetched_at, row.status, row.text) if row else None

    async def save_robots(self, host: str, robots: Robots) -> None:
        row = store.RobotsRow(robots.fetched_at, robots.status, robots.text)
        await self.db.write_async(lambda conn: store.save_robots(conn, host, row))
