"""From Scrapy to the sink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from core.types import Found, PageFound
from crawler.crawl import crawl_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class SinkPipeline:
    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Found | PageFound) -> Found | PageFound:
        sink = crawl_of(self._crawler).sink
        if isinstance(item, Found):
            await sink.found(item)
        else:
            await sink.page(item)
        return item
