"""Fetches list pages and reads their entries; further pages of a list as far as its rule says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scrapy import Spider
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from core.errors import FetchError
from core.types import Found, ListRule, Parsed, Source, SourceState
from core.urls import origin_of
from crawler import exchange
from crawler.crawl import Crawl
from crawler.handler import answer_of
from crawler.outcomes import Effort, failed, first_request, found, is_unchanged, unchanged, zone_named
from crawler.spiders.requests import as_expected, job_of, through_the_door


@dataclass(slots=True)
class Reading:
    """One list as far as it has been read."""

    source: Source
    state: SourceState
    effort: Effort = field(default_factory=Effort)
    first: exchange.Response | None = None
    parsed: Parsed | None = None
    pages: int = 0
    seen: set[str] = field(default_factory=set)


class ListingSpider(Spider):
    name = "presswatch-listing"

    def __init__(self, *, crawl: Crawl, jobs: Sequence[tuple[Source, SourceState]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.crawl, self.jobs = crawl, jobs

    async def start(self) -> AsyncIterator[Request | Found]:
        for source, state in self.jobs:
            reading = Reading(source, state)
            try:
                wanted = first_request(source, state, self.crawl.clock())
                yield through_the_door(wanted, self.read, self.give_up, reading=reading)
            except FetchError as error:
                yield self._end(reading, error)

    async def read(self, response: Response, reading: Reading) -> Request | Found:
        answer = answer_of(response)
        reading.effort.add(answer)
        try:
            if reading.first is None and is_unchanged(reading.state, answer):
                return unchanged(reading.state, answer, reading.effort, self.crawl.clock())
            parsed = await self._entries_of(answer, reading)
            _add(reading, answer, parsed)
            return self._next_page(reading, parsed.next_url) or self._done(reading)
        except Exception as error:
            return self._end(reading, error)

    def give_up(self, failure: Failure) -> Found:
        return self._end(job_of(failure)["reading"], failure.value)

    async def _entries_of(self, answer: exchange.Response, reading: Reading) -> Parsed:
        source = reading.source
        work = self.crawl.pool.listing(
            answer.body,
            url=answer.url,
            content_type=answer.content_type,
            encoding=source.encoding,
            rule=source.list,
            zone=zone_named(source.timezone, self.crawl.zone),
            spent=reading.effort.spend,
        )
        return await self.crawl.run(work)

    def _next_page(self, reading: Reading, url: str | None) -> Request | None:
        rule = reading.source.list or ListRule()
        if url is None or url in reading.seen or reading.pages >= rule.pages:
            return None
        reading.seen.add(url)
        same_site = origin_of(url) == origin_of(reading.source.url)
        wanted = exchange.Request(url, headers=reading.source.headers if same_site else {})
        return through_the_door(wanted, self.read, self.give_up, reading=reading)

    def _done(self, reading: Reading, *warnings: str) -> Found:
        assert reading.first is not None and reading.parsed is not None
        return found(
            reading.state,
            reading.first,
            reading.parsed,
            reading.effort,
            self.crawl.clock(),
            warnings=warnings,
        )

    def _end(self, reading: Reading, error: BaseException | None) -> Found:
        """A list whose first pages were read keeps them, with the failure as its defect."""
        said = as_expected(error, source=reading.source.id)
        if reading.parsed is not None:
            return self._done(reading, f"page {reading.pages + 1} of the list: {said}")
        return failed(reading.source.id, said, reading.effort, self.crawl.clock())


def _add(reading: Reading, answer: exchange.Response, parsed: Parsed) -> None:
    reading.pages += 1
    reading.seen.add(answer.url)
    if reading.parsed is None:
        reading.first, reading.parsed = answer, parsed
    else:
        entries = tuple(dict.fromkeys((*reading.parsed.entries, *parsed.entries)))
        warnings = tuple(dict.fromkeys((*reading.parsed.warnings, *parsed.warnings)))
        reading.parsed = replace(reading.parsed, entries=entries, warnings=warnings)
