"""Reads sources whose first document may only name others: sitemaps with their index, and JSON lists behind a page.

Such a first document can be the same for months while what it names changes with every article; so all of a round is
read whole and compared as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from scrapy import Spider
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from core.errors import FetchError
from core.types import Found, Parsed, Source, SourceState
from core.urls import origin_of
from crawler import exchange
from crawler.crawl import Crawl
from crawler.handler import answer_of
from crawler.outcomes import Effort, failed, first_request, found, unchanged, zone_named
from crawler.parse.select import compiled
from crawler.parse.sitemap import MAX_KEPT
from crawler.spiders.requests import as_expected, job_of, through_the_door

SITEMAPS_A_ROUND: Final = 5
"""Documents, the index among them: what an index names beyond its newest sitemaps is the site's past."""


@dataclass(slots=True)
class Round:
    """One source as far as it has been read."""

    source: Source
    state: SourceState
    effort: Effort = field(default_factory=Effort)
    first: exchange.Response | None = None
    parsed: list[Parsed] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    digest: Any = field(default_factory=hashlib.sha256)
    defects: list[str] = field(default_factory=list)

    @property
    def budget(self) -> int:
        """A JSON list is read over its own pages, and the page that names it comes on top."""
        if is_sitemap(self.source, self.state):
            return SITEMAPS_A_ROUND
        return 1 + (self.source.list.pages if self.source.list else 1)

    @property
    def may_go_on(self) -> bool:
        """To the next page of a list."""
        pages = sum(not parsed.further for parsed in self.parsed)
        return pages < (self.source.list.pages if self.source.list else 1)


class SitemapSpider(Spider):
    name = "presswatch-sitemap"

    def __init__(self, *, crawl: Crawl, jobs: Sequence[tuple[Source, SourceState]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.crawl, self.jobs = crawl, jobs

    async def start(self) -> AsyncIterator[Request | Found]:
        for source, state in self.jobs:
            reading = Round(source, state)
            try:
                wanted = first_request(source, state, self.crawl.clock())
                reading.asked.add(wanted.url)
                whole = replace(wanted, etag=None, last_modified=None)
                yield through_the_door(whole, self.read, self.give_up, reading=reading)
            except FetchError as error:
                yield self._failed(reading, error)

    async def read(self, response: Response, reading: Round) -> Request | Found:
        answer = answer_of(response)
        reading.effort.add(answer)
        try:
            parsed = await self._entries_of(answer, reading)
            reading.first = reading.first or answer
            reading.digest.update(answer.body)
            reading.parsed.append(parsed)
            following = (parsed.next_url,) if parsed.next_url and reading.may_go_on else ()
            new = [url for url in (*parsed.further, *following) if url not in reading.asked]
            reading.waiting[:0] = new[: reading.budget]
        except Exception as error:
            return self._go_on(reading, error)
        return self._next(reading) or self._done(reading)

    def give_up(self, failure: Failure) -> Request | Found:
        return self._go_on(job_of(failure)["reading"], failure.value)

    async def _entries_of(self, answer: exchange.Response, reading: Round) -> Parsed:
        source = reading.source
        common: dict[str, Any] = {
            "url": answer.url,
            "content_type": answer.content_type,
            "encoding": source.encoding,
            "zone": zone_named(source.timezone, self.crawl.zone),
            "spent": reading.effort.spend,
        }
        if is_sitemap(source, reading.state):
            parsed = await self.crawl.run(self.crawl.pool.sitemap(answer.body, **common))
            return _wanted(parsed, source.list.pattern if source.list else None)
        return await self.crawl.run(self.crawl.pool.listing(answer.body, rule=source.list, **common))

    def _next(self, reading: Round) -> Request | None:
        while reading.waiting and len(reading.asked) < reading.budget:
            url = reading.waiting.pop(0)
            if url in reading.asked:
                continue
            reading.asked.add(url)
            same_site = origin_of(url) == origin_of(reading.source.url)
            wanted = exchange.Request(url, headers=reading.source.headers if same_site else {})
            try:
                return through_the_door(wanted, self.read, self.give_up, reading=reading)
            except FetchError as error:
                reading.defects.append(str(error))
        return None

    def _go_on(self, reading: Round, error: BaseException | None) -> Request | Found:
        """One of the documents named fails: the others are read all the same, with the failure as a defect."""
        said = as_expected(error, source=reading.source.id)
        if reading.first is None:
            return self._failed(reading, said)
        reading.defects.append(str(said))
        following = self._next(reading)
        if following is None and not any(parsed.entries for parsed in reading.parsed):
            return self._failed(reading, said)
        return following or self._done(reading)

    def _done(self, reading: Round) -> Found:
        assert reading.first is not None
        now, digest = self.crawl.clock(), reading.digest.hexdigest()
        if digest == reading.state.body_hash and not reading.defects:
            return unchanged(reading.state, reading.first, reading.effort, now)
        entries = tuple(dict.fromkeys(entry for parsed in reading.parsed for entry in parsed.entries))
        warnings = dict.fromkeys(warning for parsed in reading.parsed for warning in parsed.warnings)
        whole = replace(
            reading.parsed[-1], entries=entries[: SITEMAPS_A_ROUND * MAX_KEPT], warnings=tuple(warnings)
        )
        told = found(reading.state, reading.first, whole, reading.effort, now, warnings=reading.defects)
        return replace(told, body_hash=digest, etag=None, last_modified=None)

    def _failed(self, reading: Round, error: Any) -> Found:
        return failed(reading.source.id, error, reading.effort, self.crawl.clock())


def _wanted(parsed: Parsed, pattern: str | None) -> Parsed:
    """A sitemap holds a whole site; the pattern of its source says which of its addresses are articles."""
    if not pattern:
        return parsed
    search = compiled(pattern).search
    return replace(parsed, entries=tuple(entry for entry in parsed.entries if search(entry.url)))


def is_sitemap(source: Source, state: SourceState) -> bool:
    return source.kind == "sitemap" or (source.kind == "auto" and state.resolved_kind == "sitemap")


def is_named_by_others(source: Source, state: SourceState) -> bool:
    """Whether this spider reads the source: its entries may stand in documents that its address only names."""
    return is_sitemap(source, state) or (source.list is not None and source.list.format == "json")
