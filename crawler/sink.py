"""Where results go, and the count that none is missing."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Protocol

from core.types import Found, PageFound


class Sink(Protocol):
    async def found(self, found: Found) -> None: ...

    async def page(self, found: PageFound) -> None: ...


@dataclass(slots=True)
class Tally:
    """Hands each result on exactly once, and knows whose is still to come."""

    sink: Sink
    missing: set[str | int]
    closed: bool = False
    """Results of a crawl that was called off are dropped: what they belong to is still due."""
    failure: Exception | None = None
    """What the sink raised first; the caller of the crawl is told, Scrapy would only log it."""

    async def found(self, found: Found) -> None:
        if self._takes(found.source_id):
            await self._hand_on(self.sink.found(found))

    async def page(self, found: PageFound) -> None:
        if self._takes(found.article_id):
            await self._hand_on(self.sink.page(found))

    def _takes(self, key: str | int) -> bool:
        if self.closed or key not in self.missing:
            return False
        self.missing.discard(key)
        return True

    async def _hand_on(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as exc:
            self.failure = self.failure or exc


def expecting(sink: Sink, keys: Iterable[str | int]) -> Tally:
    return Tally(sink, set(keys))
