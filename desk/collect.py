"""The rounds that fetch: due sources, wanted pages, and a round by hand. Work is cut by host."""

from __future__ import annotations

import logging
from asyncio import gather
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection

from core.clock import Clock
from core.errors import PresswatchError
from core.types import SUCCESSES, Found, Outcome, Page, PageFound, Source, SourceState
from core.urls import host_of, server_of
from desk.archive import Archive
from desk.batch import Brought
from desk.claims import Claims
from scheduler.dispatch import LocalDispatch
from scheduler.outage import LatestResults
from scheduler.policy import OUTAGE_WAIT
from storage import articles as article_store
from storage import sources as source_store
from storage.db import Database

log = logging.getLogger("presswatch.collect")

PAGES_IN_A_BATCH = 20
"""Of one host; then what became due meanwhile gets its turn."""
DUE_AT_ONCE = 1000
OWN_FAULT = "a fault in Presswatch, not of the source: the log says more"
HELD = "held"
"""``error_class`` of a request that never left because the host asked to wait."""

Job = tuple[Source, SourceState]
Batch = Callable[[], Coroutine[Any, Any, None]]
Progress = Callable[[int, int, str], None]
"""(done, of, what), for a bar on the terminal."""


class Reader(Protocol):
    async def poll(self, source: Source, state: SourceState) -> Found: ...


class Sink(Protocol):
    async def found(self, found: Found) -> None: ...

    async def page(self, found: PageFound) -> None: ...


class Spiders(Protocol):
    async def listings(self, jobs: Sequence[Job], sink: Sink) -> None: ...

    async def pages(self, pages: Sequence[Page], sink: Sink) -> None: ...


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one round did with one source; ``new``, ``pages`` and ``hits`` count this round only."""

    id: str
    outcome: Outcome | None
    status: int | None
    error: str | None
    entries: int = 0
    new: int = 0
    pages: int = 0
    hits: int = 0
    ms: int = 0

    @property
    def failed(self) -> bool:
        return self.outcome not in SUCCESSES


@dataclass(slots=True)
class Collector:
    db: Database
    archive: Archive
    reader: Reader
    spiders: Spiders
    dispatch: LocalDispatch
    clock: Clock
    may_claim: Callable[[], bool] = lambda: True
    """False while the lease is lost: nothing new is started then."""
    claims: Claims | None = None
    """Set where several workers share the work; the only one needs none."""
    latest: LatestResults = field(default_factory=LatestResults)
    outage: bool = False
    """The last fetch failed because of our own network."""

    async def collect_due(self) -> int:
        """Starts what is due and does not wait for it; number of sources started."""
        if not self.may_claim():
            return 0
        due = await self.db.read_async(lambda conn: source_store.due_sources(conn, self.clock(), DUE_AT_ONCE))
        started = 0
        for host, jobs in _by_host(due).items():
            batch = partial(self._ask, jobs, self._round(jobs))
            if self.dispatch.start("source", host, partial(self._claimed, host, batch)):
                started += len(jobs)
        return started

    async def fetch_pages(self) -> int:
        """Starts the pages that are due and does not wait for them; number of pages started."""
        if not self.may_claim():
            return 0
        due = await self.db.read_async(lambda conn: article_store.due_pages(conn, self.clock(), DUE_AT_ONCE))
        started = 0
        for host, pages in _pages_by_host(due).items():
            some = pages[:PAGES_IN_A_BATCH]
            batch = partial(self._read, some, self._round([]))
            if self.dispatch.start("page", host, partial(self._claimed, host, batch)):
                started += len(some)
        return started

    async def crawl(
        self,
        ids: Sequence[str] | None,
        *,
        everything: bool,
        wait_pages: bool,
        progress: Progress = lambda *_: None,
    ) -> list[SourceReport]:
        """One round by hand, waited for; in the order of the sources. ``ids`` None = the due ones, or all."""
        jobs = await self.db.read_async(lambda conn: self._chosen(conn, ids, everything))
        current = self._round(jobs, progress)
        hosts = _by_host(jobs).items()
        await gather(*(self._run("source", host, partial(self._ask, its, current)) for host, its in hosts))
        if wait_pages:
            await self._wait_pages(current, [source.id for source, _ in jobs])
        return [current.reports[source.id] for source, _ in jobs if source.id in current.reports]

    async def _wait_pages(self, current: _Round, source_ids: Sequence[str]) -> None:
        now = self.clock()
        due = await self.db.read_async(lambda conn: article_store.wanted_pages(conn, source_ids, now))
        ids = list(dict.fromkeys([*current.pages, *due]))
        pages = await self.db.read_async(
            lambda conn: article_store.due_pages(conn, now, max(len(ids), 1), ids=ids)
        )
        current.source_of = {page.article_id: page.source_id for page in pages}
        hosts = _pages_by_host(pages).items()
        await gather(*(self._run("page", host, partial(self._read, its, current)) for host, its in hosts))

    async def _run(self, lane: str, host: str, batch: Batch) -> None:
        await self.dispatch.run(lane, host, partial(self._claimed, host, batch, wait=True))

    async def _claimed(self, host: str, batch: Batch, *, wait: bool = False) -> None:
        """Nothing when another worker asks this host now: what is due stays due."""
        if self.claims is None:
            await batch()
            return
        async with self.claims.on(host, wait=wait) as mine:
            if mine:
                await batch()

    async def _ask(self, jobs: Sequence[Job], current: _Round) -> None:
        """All sources of one host, feeds one after the other."""
        lists = [job for job in jobs if _is_list(*job)]
        for source, state in jobs:
            if not _is_list(source, state):
                await current.found(await self.reader.poll(source, state))
        if lists:
            await self.spiders.listings(lists, current)

    async def _read(self, pages: Sequence[Page], current: _Round) -> None:
        """Those that are still wanted: another round may have read some while this one waited for the host."""
        ids = [page.article_id for page in pages]
        wanted = await self.db.read_async(
            lambda conn: article_store.due_pages(conn, self.clock(), len(ids), ids=ids)
        )
        current.addresses |= {page.article_id: page.url for page in wanted}
        if wanted:
            await self.spiders.pages(wanted, current)

    def _chosen(self, conn: Connection, ids: Sequence[str] | None, everything: bool) -> list[Job]:
        if ids is not None:
            return source_store.sources_with_states(conn, ids)
        if everything:
            return source_store.sources_with_states(conn, enabled_only=True)
        return source_store.due_sources(conn, self.clock(), DUE_AT_ONCE)

    def note_outage(self, found: Found, source: Source) -> None:
        """One cause for many failures is said once."""
        before = self.outage
        self.outage = self.latest.note(host_of(source.url), found.error_class, self.clock())
        if self.outage and not before:
            log.warning("our own network seems to be down; no source is blamed", extra={"error": found.error})
        elif before and not self.outage and found.error_class is None:
            log.warning("the network is back")

    def _round(self, jobs: Iterable[Job], progress: Progress = lambda *_: None) -> _Round:
        return _Round(self, {source.id: (source, state) for source, state in jobs}, progress)


@dataclass(slots=True)
class _Round:
    """Sink of one round: stores each result and keeps the count."""

    collector: Collector
    jobs: dict[str, Job]
    progress: Progress
    reports: dict[str, SourceReport] = field(default_factory=dict)
    pages: list[int] = field(default_factory=list)
    source_of: dict[int, str] = field(default_factory=dict)
    addresses: dict[int, str] = field(default_factory=dict)
    """Of the pages that are asked for."""
    done: int = 0

    async def found(self, found: Found) -> None:
        archive = self.collector.archive
        source, state = self.jobs[found.source_id]
        if found.error_class == HELD:
            self.reports[source.id] = SourceReport(source.id, state.outcome, state.status, found.error)
            await archive.hold_source(found)
        else:
            self.collector.note_outage(found, source)
            found, brought = await self._store(found, self.collector.outage)
            self.reports[source.id] = _report(found, brought)
            self.pages += brought.pages
        self._log(found)
        self._step(source.id)

    async def _store(self, found: Found, outage: bool) -> tuple[Found, Brought]:
        """A bug of ours over the entries of one source keeps neither it from being paced nor others from being read."""
        archive = self.collector.archive
        try:
            return found, await archive.store_found(found, outage=outage)
        except PresswatchError:
            raise
        except Exception:
            log.exception("what a source brought could not be stored", extra={"source": found.source_id})
            spoilt = replace(
                found, outcome="transient", error=OWN_FAULT, error_class="bug", entries=(), etag=None
            )
            return spoilt, await archive.store_found(spoilt)

    async def page(self, found: PageFound) -> None:
        hits = 0
        if found.error_class != HELD and self._is_outage(found):
            found = replace(found, error_class=HELD, retry_after=OUTAGE_WAIT)
        if found.error_class == HELD:
            await self.collector.archive.hold_page(found)
        else:
            hits = await self.collector.archive.store_page(found)
        report = self.reports.get(self.source_of.get(found.article_id, ""))
        if report:
            read = report.pages + (found.reading is not None)
            self.reports[report.id] = replace(report, pages=read, hits=report.hits + hits)
        self._step(f"#{found.article_id}")

    def _is_outage(self, found: PageFound) -> bool:
        """Our own network is down: that is no failed try of the page."""
        host = host_of(self.addresses.get(found.article_id, ""))
        return self.collector.latest.note(host, found.error_class, self.collector.clock())

    def _log(self, found: Found) -> None:
        facts = {"source": found.source_id, "outcome": found.outcome, "entries": len(found.entries)}
        if found.outcome in SUCCESSES:
            log.info("source read", extra=facts)
        else:
            log.info("source not read", extra=facts | {"error": found.error})

    def _step(self, what: str) -> None:
        self.done += 1
        self.progress(self.done, len(self.jobs) + len(self.source_of), what)


def _is_list(source: Source, state: SourceState) -> bool:
    """A search without a rule of its own answers with a feed."""
    kind = state.resolved_kind if source.kind == "auto" else source.kind
    return kind in ("listing", "sitemap") or (kind == "search" and source.list is not None)


def _by_host(jobs: Iterable[Job]) -> dict[str, list[Job]]:
    hosts: dict[str, list[Job]] = {}
    for source, state in jobs:
        hosts.setdefault(server_of(state.resolved_url or source.url), []).append((source, state))
    return hosts


def _pages_by_host(pages: Iterable[Page]) -> dict[str, list[Page]]:
    hosts: dict[str, list[Page]] = {}
    for page in pages:
        hosts.setdefault(server_of(page.url), []).append(page)
    return hosts


def _report(found: Found, brought: Brought) -> SourceReport:
    return SourceReport(
        id=found.source_id,
        outcome=found.outcome,
        status=found.status,
        error=found.error,
        entries=len(found.entries),
        new=brought.new,
        hits=brought.hits,
        ms=found.ms,
    )


def totals(reports: Sequence[SourceReport]) -> tuple[int, int]:
    """(new articles, new hits)."""
    return sum(report.new for report in reports), sum(report.hits for report in reports)
