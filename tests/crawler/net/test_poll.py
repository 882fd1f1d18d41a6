"""Reading a source that is a feed, and finding out what a source is."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import FetchError
from core.types import Entry, Found, Names, Parsed, Source, SourceState
from crawler.door import Door
from crawler.readers.poll import FeedReader

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
ITEM = "<item><title>{0}</title><link>https://news.example/{0}</link><guid>{0}</guid></item>"
HOME = (
    "<!doctype html><html><head><title>News</title>"
    '<link rel="alternate" type="application/rss+xml" href="{feed}"></head><body><p>Welcome.</p></body></html>'
)
LIST = "<!doctype html><html><head><title>News</title></head><body><ul>{}</ul></body></html>".format(
    "".join(
        f'<li><a href="/2026/11/2{n}/{1000 + n}.html">The patent office opened its branch number {n}</a> 2026-11-2{n}</li>'
        for n in range(1, 5)
    )
)


def feed(*titles: str, extra: str = "") -> str:
    items = "".join(ITEM.format(title) for title in titles)
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{extra}{items}</channel></rss>'
    )


def source(url: str, **changes: Any) -> Source:
    return replace(Source("news", Names("新闻", "News"), url, kind="feed"), **changes)


@pytest.fixture
def poll(visitor: Any, parsers: Any) -> Callable[..., Found]:
    def run(
        wanted: Source, state: SourceState | None = None, pool: Any = parsers, now: datetime = NOW
    ) -> Found:
        async def go() -> Found:
            door = Door(visitor.settings, visitor.book, lambda: now)
            try:
                reader = FeedReader(door, pool, lambda: now, zone=SHANGHAI)
                return await reader.poll(wanted, state or SourceState(wanted.id))
            finally:
                await door.aclose()

        return asyncio.run(go())

    return run


def test_a_feed_is_read_with_what_the_next_fetch_needs(site: Any, poll: Any) -> None:
    body = feed("a", "b", extra="<ttl>45</ttl>")
    site.page("/feed", body, ETag='"1"', Last_Modified="Tue, 24 Nov 2026 07:00:00 GMT")

    found = poll(source(site.url("/feed")))

    assert [entry.title for entry in found.entries] == ["a", "b"]
    assert replace(found, entries=(), ms=0) == Found(
        source_id="news",
        fetched_at=NOW,
        outcome="ok",
        status=200,
        etag='"1"',
        last_modified="Tue, 24 Nov 2026 07:00:00 GMT",
        body_hash=hashlib.sha256(body.encode()).hexdigest(),
        ttl=timedelta(minutes=45),
        size_bytes=len(body),
    )


def test_an_unchanged_feed_is_recognised_by_the_server_and_by_its_bytes(site: Any, poll: Any) -> None:
    body = feed("a")
    site.page("/feed", body, ETag='"2"')
    site.page("/same", status=304)
    known = SourceState(
        "news",
        checked_at=NOW - timedelta(seconds=1),
        etag='"1"',
        body_hash=hashlib.sha256(body.encode()).hexdigest(),
    )

    by_bytes, by_server = poll(source(site.url("/feed")), known), poll(source(site.url("/same")), known)

    assert (by_bytes.outcome, by_bytes.etag, by_bytes.body_hash) == ("not-modified", '"2"', known.body_hash)
    assert (by_server.outcome, by_server.etag, by_server.body_hash) == (
        "not-modified",
        '"1"',
        known.body_hash,
    )


def test_once_a_day_the_whole_feed_is_asked_for(site: Any, poll: Any) -> None:
    site.page("/feed", feed("a"), ETag='"1"')
    asked = []
    state = SourceState("news", checked_at=NOW, etag='"1"')

    for hour in range(1, 26):
        poll(source(site.url("/feed")), state, now=NOW + timedelta(hours=hour))
        asked.append("if-none-match" in site.seen[-1].headers)
        state = replace(state, checked_at=NOW + timedelta(hours=hour))

    assert asked.count(False) in (1, 2)
    assert len(asked) == 25


def test_an_empty_feed_is_fine_and_one_that_used_to_have_entries_is_told(site: Any, poll: Any) -> None:
    site.page("/feed", feed())

    new, emptied = (
        poll(source(site.url("/feed"))),
        poll(source(site.url("/feed")), SourceState("news", entries_seen=3)),
    )

    assert (new.outcome, new.error) == ("ok", None)
    assert (emptied.outcome, emptied.error) == ("degraded", "the feed is empty; it had 3 entries before")


def test_survived_defects_degrade(site: Any, poll: Any) -> None:
    site.page("/feed", "PHP Warning: x\n" + feed("a"))

    found = poll(source(site.url("/feed")))

    assert (found.outcome, len(found.entries), found.error_class) == ("degraded", 1, "degraded")
    assert found.error


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, "<!doctype html><title>Oops</title><p>Database error", ("transient", "not-a-feed")),
        (200, "", ("transient", "empty")),
        (404, "", ("permanent", "http-404")),
        (410, "", ("permanent", "http-410")),
        (500, "", ("transient", "http-500")),
    ],
)
def test_trouble_is_a_value(site: Any, poll: Any, status: int, body: str, expected: tuple[str, str]) -> None:
    site.page("/feed", body, status=status)

    found = poll(source(site.url("/feed")))

    assert (found.outcome, found.error_class) == expected
    assert found.entries == () and found.etag is None and found.error


def test_a_bug_is_logged_once_and_does_not_end_the_round(
    site: Any, poll: Any, parsers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(type(parsers)):  # type: ignore[misc]
        async def feed(self, body: bytes, **named: Any) -> Parsed:
            raise KeyError("a slip of ours")

    site.page("/feed", feed("a"))

    with caplog.at_level(logging.ERROR):
        found = poll(source(site.url("/feed")), pool=Broken())

    assert (found.outcome, found.error_class) == ("transient", "bug")
    assert [record.getMessage() for record in caplog.records] == ["reading a source failed"]


def test_a_page_where_a_feed_was_expected_is_not_replaced(site: Any, poll: Any) -> None:
    site.page("/", HOME.format(feed="/feed"))
    site.page("/feed", feed("a"))

    found = poll(source(site.url("/")))

    assert (found.outcome, found.error_class) == ("transient", "not-a-feed")
    assert site.url("/feed") in (found.error or "")


def test_a_home_page_is_resolved_to_its_feed(site: Any, poll: Any) -> None:
    site.page("/", HOME.format(feed="/feed"))
    site.page("/feed", feed("a"))

    found = poll(source(site.url("/"), kind="auto"))

    assert (found.outcome, found.resolved_url, found.resolved_kind) == ("ok", site.url("/feed"), "feed")
    assert [entry.title for entry in found.entries] == ["a"]


def test_a_feed_address_is_its_own_resolution(site: Any, poll: Any) -> None:
    site.page("/feed", feed("a"))

    found = poll(source(site.url("/feed"), kind="auto"))

    assert (found.resolved_url, found.resolved_kind) == (site.url("/feed"), "feed")


def test_a_page_without_a_feed_is_resolved_to_a_list(site: Any, poll: Any) -> None:
    site.page("/", LIST)

    found = poll(source(site.url("/"), kind="auto"))

    assert (found.outcome, found.resolved_url, found.resolved_kind) == ("ok", site.url("/"), "listing")
    assert len(found.entries) == 4


def test_a_resolved_feed_is_asked_for_directly_and_looked_for_again_when_it_is_gone(
    site: Any, poll: Any
) -> None:
    site.page("/", HOME.format(feed="/new"))
    site.page("/new", feed("a"))
    site.page("/old", feed("b"))
    known = SourceState("news", resolved_url=site.url("/old"), resolved_kind="feed")

    there = poll(source(site.url("/"), kind="auto"), known)
    site.page("/old", status=410)
    gone = poll(source(site.url("/"), kind="auto"), known)

    assert (there.resolved_url, [entry.title for entry in there.entries]) == (site.url("/old"), ["b"])
    assert (gone.resolved_url, [entry.title for entry in gone.entries]) == (site.url("/new"), ["a"])


def test_an_address_resolved_for_another_kind_is_not_used(site: Any, poll: Any) -> None:
    site.page("/feed", feed("a"))
    stale = SourceState("news", resolved_url=site.url("/old"), resolved_kind="feed")

    assert poll(source(site.url("/feed"), kind="feed"), stale).outcome == "ok"


def test_headers_of_the_pack_stay_with_the_origin_of_the_source(
    site: Any, other_site: Any, poll: Any
) -> None:
    site.page("/", HOME.format(feed=other_site.url("/feed")))
    other_site.page("/feed", feed("a"))

    poll(source(site.url("/"), kind="auto", headers={"X-Key": "k"}))
    poll(
        source(site.url("/"), kind="auto", headers={"X-Key": "k"}),
        SourceState("news", resolved_url=other_site.url("/feed"), resolved_kind="feed"),
    )

    assert site.seen[-1].headers["x-key"] == "k"
    assert ["x-key" in seen.headers for seen in other_site.seen] == [False, False, False]


def test_a_held_host_is_named_with_its_end(site: Any, poll: Any) -> None:
    site.page("/feed", status=503, Retry_After="7200")

    busy, held = poll(source(site.url("/feed"))), poll(source(site.url("/feed")))

    assert (busy.error_class, busy.retry_after) == ("http-503", timedelta(hours=2))
    assert (held.error_class, held.retry_after, held.ms) == ("held", timedelta(hours=2), 0)


def test_a_document_is_opened_without_a_source(site: Any, visitor: Any, parsers: Any) -> None:
    site.page("/feed", feed("a"))

    async def go() -> Any:
        door = Door(visitor.settings, visitor.book, visitor.clock)
        reader = FeedReader(door, parsers, visitor.clock, zone=SHANGHAI)
        try:
            opened = await reader.fetch_document(site.url("/feed"))
            with pytest.raises(FetchError):
                await reader.fetch_document(site.url("/missing"))
            return opened
        finally:
            await door.aclose()

    opened = asyncio.run(go())

    assert opened.response.url == site.url("/feed")
    assert opened.content.entries == (Entry("https://news.example/a", "a", guid="a"),)
