"""What one crawl shares: its jobs' door, parsers and sink, and what of it is running, so that it can be called off."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, TypeVar

from core.clock import Clock
from core.errors import FetchError
from core.urls import origin_of
from crawler.door import Door
from crawler.exchange import Request, Response
from crawler.parsers import Parsers
from crawler.sink import Tally

T = TypeVar("T")
UNWELL = frozenset({"dns", "connect", "tls", "proxy", "held", "http-429", "http-503", "robots-unreadable"})
"""Failures that say more about a host than about a page."""


@dataclass(slots=True)
class Crawl:
    door: Door
    pool: Parsers
    clock: Clock
    zone: tzinfo
    sink: Tally
    stops_at: frozenset[str] = frozenset()
    """After a failure of one of these classes the host is not asked again in this crawl; the rest of it is held back."""
    _unwell: dict[str, str] = field(default_factory=dict)
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    async def fetch(self, request: Request) -> Response:
        origin = origin_of(request.url)
        if origin in self._unwell:
            raise FetchError(f"held back in this round: {self._unwell[origin]}", error_class="held")
        try:
            return await self.run(self.door.fetch(request))
        except FetchError as error:
            if error.error_class in self.stops_at:
                self._unwell[origin] = str(error)
            raise

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Does the work unless the crawl is called off meanwhile; then it ends as a ``FetchError`` that nobody sees."""
        if self.sink.closed:
            work.close()
            raise _called_off()
        task = asyncio.ensure_future(work)
        self._running.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if not task.cancelled():
                task.cancel()
                raise
            raise _called_off() from None
        finally:
            self._running.discard(task)

    def call_off(self) -> None:
        self.sink.closed = True
        for task in self._running:
            task.cancel()


def crawl_of(crawler: Any) -> Crawl:
    """Of one of Scrapy's crawlers, whose components know it by this name only."""
    crawl: Crawl = crawler.spider.crawl
    return crawl


def _called_off() -> FetchError:
    return FetchError("the crawl was called off", error_class="stopped")
