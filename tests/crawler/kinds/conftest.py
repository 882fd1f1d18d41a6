"""The loopback site and its visitor of tests/crawler/net, with the parsers of every kind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crawler.door import Door
from crawler.engine import ScrapyEngine
from crawler.parse.article import parse_article
from crawler.parse.discover import feeds_of
from crawler.parse.lists import parse_list
from crawler.parse.sitemap import parse_sitemap
from crawler.readers.feed import parse_feed
from crawler.readers.poll import FeedReader
from crawler.readers.search import parse_search

_SPEC = spec_from_file_location("net_conftest", Path(__file__).parents[1] / "net" / "conftest.py")
assert _SPEC is not None and _SPEC.loader is not None
_net = module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _net  # its dataclasses look themselves up
_SPEC.loader.exec_module(_net)

site, other_site, visitor, sink = _net.site, _net.other_site, _net.visitor, _net.sink
BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


class InlineParsers:
    """The real parsers, without processes of their own."""

    def __getattr__(self, task: str) -> Any:
        parse = {
            "feed": parse_feed,
            "search": parse_search,
            "sitemap": parse_sitemap,
            "listing": parse_list,
            "article": parse_article,
            "discover": feeds_of,
        }[task]

        async def work(body: bytes, *, spent: Any = None, **named: Any) -> Any:
            return parse(body, **named)

        return work


@pytest.fixture
def beijing() -> ZoneInfo:
    return BEIJING


@pytest.fixture
def crawl(visitor: Any, sink: Any) -> Callable[..., Any]:
    """Reads the jobs with the real Scrapy; the results in the order in which they came."""

    def go(*jobs: Any) -> list[Any]:
        async def inside() -> None:
            door = Door(visitor.settings, visitor.book, lambda: NOW)
            engine = ScrapyEngine(door, InlineParsers(), lambda: NOW, zone=BEIJING)
            try:
                await engine.listings(jobs, sink)
            finally:
                await engine.aclose()
                await door.aclose()

        asyncio.run(inside())
        found: list[Any] = sink.found_all
        return found

    return go


@pytest.fixture
def read(visitor: Any) -> Callable[..., Any]:
    """Gives the work a feed reader; its result."""

    def go(work: Callable[[FeedReader], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            door = Door(visitor.settings, visitor.book, lambda: NOW)
            try:
                return await work(FeedReader(door, InlineParsers(), lambda: NOW, zone=BEIJING))
            finally:
                await door.aclose()

        return asyncio.run(inside())

    return go
