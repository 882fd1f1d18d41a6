"""Fetches article pages and reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from scrapy import Spider
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from core.errors import FetchError
from core.types import Page, PageFound
from crawler import exchange
from crawler.crawl import Crawl
from crawler.handler import answer_of
from crawler.outcomes import page_failed, page_read, zone_named
from crawler.spiders.requests import as_expected, job_of, through_the_door


class PageSpider(Spider):
    name = "presswatch-page"

    def __init__(self, *, crawl: Crawl, jobs: Sequence[Page], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.crawl, self.jobs = crawl, jobs

    async def start(self) -> AsyncIterator[Request | PageFound]:
        for page in self.jobs:
            wanted = exchange.Request(page.url, headers=page.headers)
            try:
                yield through_the_door(wanted, self.read, self.give_up, page=page)
            except FetchError as error:
                yield self._end(page, error)

    async def read(self, response: Response, page: Page) -> PageFound:
        answer = answer_of(response)
        try:
            reading = await self.crawl.run(
                self.crawl.pool.article(
                    answer.body,
                    url=answer.url,
                    content_type=answer.content_type,
                    encoding=page.encoding,
                    rule=page.rule,
                    zone=zone_named(page.timezone, self.crawl.zone),
                    lang=page.lang,
                )
            )
            return page_read(page, reading, answer, self.crawl.clock())
        except Exception as error:
            return self._end(page, error)

    def give_up(self, failure: Failure) -> PageFound:
        return self._end(job_of(failure)["page"], failure.value)

    def _end(self, page: Page, error: BaseException | None) -> PageFound:
        return page_failed(page, as_expected(error, article=page.article_id), self.crawl.clock())
