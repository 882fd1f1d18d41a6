"""What a process needs to fetch: the door with its host book, parser children, readers and spiders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from config.settings import Settings
from core.clock import Clock
from crawler.door import Door
from crawler.engine import ScrapyEngine
from crawler.exchange import DoorSettings
from crawler.hostbook import HostBook, MemoryHostBook
from crawler.parse.pool import ParsePool
from crawler.readers.poll import FeedReader
from desk.collect import Collector
from desk.hosts import StoredHostBook
from presswatch.compose import House
from scheduler.dispatch import LocalDispatch

PARSERS = 2


@dataclass(frozen=True, slots=True)
class Kit:
    pool: ParsePool
    door: Door
    reader: FeedReader


@asynccontextmanager
async def kit_for(settings: Settings, book: HostBook, clock: Clock) -> AsyncIterator[Kit]:
    """Without Scrapy and without a database, if the book needs none."""
    pool = ParsePool(PARSERS)
    door = Door(door_settings(settings), book, clock)
    try:
        yield Kit(pool, door, FeedReader(door, pool, clock, zone=settings.zone))
    finally:
        await door.aclose()
        await pool.aclose()


def memory_kit(settings: Settings, clock: Clock) -> object:
    return kit_for(settings, MemoryHostBook(), clock)


@asynccontextmanager
async def collector_for(house: House) -> AsyncIterator[Collector]:
    async with kit_for(house.settings, StoredHostBook(house.db), house.clock) as kit:
        engine = ScrapyEngine(kit.door, kit.pool, house.clock, zone=house.zone)
        dispatch = LocalDispatch()
        try:
            yield Collector(house.db, house.archive, kit.reader, engine, dispatch, house.clock)
        finally:
            await dispatch.stop(timedelta(seconds=4))
            await engine.aclose()


def door_settings(settings: Settings) -> DoorSettings:
    return DoorSettings(
        user_agent=settings.user_agent,
        host_delay=settings.host_delay,
        allow=frozenset(settings.allow_hosts),
        resolver=settings.resolver,
        ca_file=settings.ca_file,
        proxy=settings.proxy,
    )
