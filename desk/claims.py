"""Which worker asks which host: with several workers a host is in one running batch only, on all machines together.

A claim ends by itself when its worker dies. What a worker stores after that harms nobody: storing is idempotent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from core.clock import Clock
from storage import hosts as store
from storage.db import Database

TTL = timedelta(minutes=10)
"""Longer than the slowest batch: 20 pages at the slowest pace that robots.txt may ask for."""
LOOK_EVERY_S = 0.5


@dataclass(slots=True)
class Claims:
    db: Database
    owner: str
    clock: Clock
    held: Counter[str] = field(default_factory=Counter)
    """Batches of this worker by host: its sources and its pages may run side by side."""

    @asynccontextmanager
    async def on(self, host: str, *, wait: bool) -> AsyncIterator[bool]:
        """False when another worker has the host; with ``wait`` it is waited for instead."""
        while not await self._take(host):
            if not wait:
                yield False
                return
            await asyncio.sleep(LOOK_EVERY_S)
        self.held[host] += 1
        try:
            yield True
        finally:
            self.held[host] -= 1
            if not self.held[host]:
                del self.held[host]
                await self.db.write_async(lambda conn: store.unclaim(conn, self.owner, host))

    async def give_up(self) -> None:
        """At the end, so that others need not wait for the claims to run out."""
        await self.db.write_async(lambda conn: store.unclaim(conn, self.owner))

    async def _take(self, host: str) -> bool:
        now = self.clock()
        return await self.db.write_async(lambda conn: store.claim(conn, host, self.owner, now, now + TTL))
