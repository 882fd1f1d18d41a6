"""Scrapy inside the service's own event loop. Nothing of Scrapy is imported before the first crawl."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from core.clock import Clock
from core.types import Page, Source, SourceState
from crawler.crawl import UNWELL, Crawl
from crawler.door import Door
from crawler.outcomes import Effort, failed, own_fault, page_failed
from crawler.parsers import Parsers
from crawler.settings import quieten, scrapy_settings
from crawler.sink import Sink, expecting

if TYPE_CHECKING:
    from scrapy.crawler import AsyncCrawlerRunner, Crawler

log = logging.getLogger("presswatch.crawler")

_LEAVE_TO_END = 8.0
"""Seconds that a crawl which was called off may take to close; the service has 15 s to stop."""


class ScrapyEngine:
    """Every job given ends as exactly one result in the sink, whatever happens to the spider."""

    def __init__(self, door: Door, pool: Parsers, clock: Clock, *, zone: tzinfo) -> None:
        self._door, self._pool, self._clock, self._zone = door, pool, clock, zone
        self._runner: AsyncCrawlerRunner | None = None
        self._running: dict[asyncio.Task[None], tuple[Crawler, Crawl]] = {}

    async def listings(self, jobs: Sequence[tuple[Source, SourceState]], sink: Sink) -> None:
        runner = self._start()
        from crawler.spiders.listing import ListingSpider
        from crawler.spiders.sitemap import SitemapSpider, is_named_by_others

        crawl = self._crawl(sink, [source.id for source, _ in jobs])
        for spider, its in (
            (ListingSpider, [job for job in jobs if not is_named_by_others(*job)]),
            (SitemapSpider, [job for job in jobs if is_named_by_others(*job)]),
        ):
            if its:
                await self._run(runner.create_crawler(spider), crawl, its)
        for source, _ in jobs:
            await crawl.sink.found(failed(source.id, own_fault(), Effort(), self._clock()))
        _pass_on(crawl)

    async def pages(self, pages: Sequence[Page], sink: Sink) -> None:
        runner = self._start()
        from crawler.spiders.page import PageSpider

        crawl = self._crawl(sink, [page.article_id for page in pages], stops_at=UNWELL)
        await self._run(runner.create_crawler(PageSpider), crawl, pages)
        for page in pages:
            await crawl.sink.page(page_failed(page, own_fault(), self._clock()))
        _pass_on(crawl)

    async def aclose(self) -> None:
        """Calls off what still runs and lets the process end."""
        await asyncio.gather(*(self._call_off(task) for task in tuple(self._running)))
        if self._runner is not None:
            self._runner = None
            _stop_reactor_threads()

    def _crawl(self, sink: Sink, keys: Sequence[str | int], stops_at: frozenset[str] = frozenset()) -> Crawl:
        return Crawl(self._door, self._pool, self._clock, self._zone, expecting(sink, keys), stops_at)

    async def _run(self, crawler: Crawler, crawl: Crawl, jobs: Sequence[Any]) -> None:
        task = self._start().crawl(crawler, crawl=crawl, jobs=jobs)
        self._running[task] = (crawler, crawl)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await self._call_off(task)
            raise
        except Exception:
            log.exception("a crawl broke down")
        finally:
            self._running.pop(task, None)

    async def _call_off(self, task: asyncio.Task[None]) -> None:
        if task not in self._running:
            return
        crawler, crawl = self._running[task]
        crawl.call_off()
        # It may not have opened its engine yet; then it finds its sink closed and ends by itself.
        with suppress(RuntimeError, TimeoutError):
            await asyncio.wait_for(crawler.stop_async(), _LEAVE_TO_END)
        await asyncio.wait({task}, timeout=1.0)
        task.cancel()

    def _start(self) -> AsyncCrawlerRunner:
        if self._runner is None:
            quieten()
            _install_reactor(asyncio.get_running_loop())
            from scrapy.crawler import AsyncCrawlerRunner

            self._runner = AsyncCrawlerRunner(scrapy_settings())
        return self._runner


def _pass_on(crawl: Crawl) -> None:
    """What the sink raised is the caller's to handle: its results were not stored."""
    if crawl.sink.failure is not None:
        raise crawl.sink.failure


def _install_reactor(loop: asyncio.AbstractEventLoop) -> None:
    """Puts Twisted's reactor on our loop, before anything imports another one.

    A process has one reactor and it keeps its loop. Where loops follow each other (several commands in one process)
    the one of a closed loop is taken away first; nothing of Scrapy's holds on to it between crawls.
    """
    installed = sys.modules.get("twisted.internet.reactor")
    if installed is not None:
        if getattr(installed, "_asyncioEventloop", None) is loop:
            return
        del sys.modules["twisted.internet.reactor"]
    from twisted.internet import asyncioreactor

    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]  # Twisted does not annotate it
    from twisted.internet import reactor

    reactor.startRunning(installSignalHandlers=False)


def _stop_reactor_threads() -> None:
    """Twisted's threads are no daemons: a process that leaves them running never ends."""
    from twisted.internet import reactor

    threads = reactor.threadpool
    if threads is not None:
        threads.stop()
