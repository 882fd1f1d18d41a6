"""The host book in memory keeps to what the book promises."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import FetchError
from crawler.hostbook import MemoryHostBook, Robots

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def test_requests_of_a_host_leave_one_after_another() -> None:
    async def turns() -> list[datetime]:
        book = MemoryHostBook()
        return [
            await book.reserve("a.example", seconds(2), NOW),
            await book.reserve("a.example", seconds(5), NOW),
            await book.reserve("a.example", seconds(2), NOW),
            await book.reserve("b.example", seconds(2), NOW),
            await book.reserve("a.example", seconds(2), NOW + seconds(60)),
        ]

    assert asyncio.run(turns()) == [NOW, NOW + seconds(2), NOW + seconds(7), NOW, NOW + seconds(60)]


def test_without_a_delay_nobody_waits() -> None:
    async def turns() -> list[datetime]:
        book = MemoryHostBook()
        return [await book.reserve("a.example", seconds(0), NOW) for _ in range(3)]

    assert asyncio.run(turns()) == [NOW] * 3


def test_a_short_hold_is_waited_for_and_a_long_one_is_not() -> None:
    async def turns() -> datetime:
        book = MemoryHostBook()
        await book.hold("a.example", NOW + seconds(30), "HTTP 503")
        waited = await book.reserve("a.example", seconds(2), NOW)
        await book.hold("a.example", NOW + seconds(90), "HTTP 429")
        await book.hold("a.example", NOW + seconds(10), "HTTP 503")
        with pytest.raises(FetchError) as caught:
            await book.reserve("a.example", seconds(2), NOW)
        assert (caught.value.error_class, caught.value.retry_after) == ("held", seconds(90))
        return waited

    assert asyncio.run(turns()) == NOW + seconds(30)


def test_robots_are_kept_by_host() -> None:
    robots = Robots(NOW, 200, "User-agent: *\nDisallow: /private")

    async def go() -> tuple[Robots | None, Robots | None]:
        book = MemoryHostBook()
        await book.save_robots("a.example", robots)
        return await book.robots("a.example"), await book.robots("b.example")

    assert asyncio.run(go()) == (robots, None)
