"""The loopback site and its visitor of tests/crawler/net, and readers and spiders that talk to it."""

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
from crawler.readers.poll import FeedReader

_SPEC = spec_from_file_location("net_conftest", Path(__file__).parents[1] / "net" / "conftest.py")
assert _SPEC is not None and _SPEC.loader is not None
_net = module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _net  # its dataclasses look themselves up
_SPEC.loader.exec_module(_net)

site, other_site, visitor, sink = _net.site, _net.other_site, _net.visitor, _net.sink
BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def crawl(visitor: Any, sink: Any) -> Callable[..., Any]:
    """Reads the jobs with the real Scrapy; the results in the order in which they came."""

    def go(*jobs: Any) -> list[Any]:
        async def inside() -> None:
            door = Door(visitor.settings, visitor.book, lambda: NOW)
            engine = ScrapyEngine(door, _net.InlineParsers(), lambda: NOW, zone=BEIJING)
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
                return await work(FeedReader(door, _net.InlineParsers(), lambda: NOW, zone=BEIJING))
            finally:
                await door.aclose()

        return asyncio.run(inside())

    return go
