"""List pages and article pages through the real Scrapy: every job ends as exactly one result."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.types import ListRule, Names, Page, Source, SourceState
from crawler.door import Door
from crawler.engine import ScrapyEngine

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
RULE = ListRule(item="li", link="a::attr(href)", title="a::text", next="a.next::attr(href)", pages=2)
ARTICLE = (
    "<!doctype html><html><head><title>{0}</title></head><body><article><h1>{0}</h1>"
    + "<p>The office in Beijing opened a reading room for inventors, and said that patent files of all member "
    "states can be read there without charge on every weekday from nine to five.</p>"
    * 3
    + "</article></body></html>"
)

Job = Callable[[ScrapyEngine], Awaitable[None]]


def listing(*names: str, next_page: str = "") -> str:
    items = "".join(f'<li><a href="/{name}.html">{name}</a></li>' for name in names)
    return f"<!doctype html><html><body><ul>{items}</ul>{next_page}</body></html>"


def job(source_id: str, url: str, **changes: Any) -> tuple[Source, SourceState]:
    source = Source(source_id, Names(source_id, source_id), url, kind="listing", list=RULE)
    return replace(source, **changes), SourceState(source_id)


@pytest.fixture
def run(visitor: Any, parsers: Any) -> Callable[..., None]:
    """Runs what it is given with an engine of its own, in a loop of its own."""

    def go(work: Job, pool: Any = parsers, through: Any = visitor) -> None:
        async def inside() -> None:
            door = Door(through.settings, through.book, lambda: NOW)
            engine = ScrapyEngine(door, pool, lambda: NOW, zone=ZoneInfo("Asia/Shanghai"))
            try:
                await work(engine)
            finally:
                await engine.aclose()
                await door.aclose()

        asyncio.run(inside())

    return go


def test_a_list_is_read_over_its_pages(site: Any, run: Any, sink: Any) -> None:
    site.page("/list", listing("a", "b", next_page='<a class="next" href="/list2">next</a>'), ETag='"1"')
    site.page("/list2", listing("b", "c", next_page='<a class="next" href="/list3">next</a>'), ETag='"2"')

    run(lambda engine: engine.listings([job("news", site.url("/list"))], sink))

    (found,) = sink.found_all
    assert (found.source_id, found.outcome, found.status, found.etag, found.error) == (
        "news",
        "ok",
        200,
        '"1"',
        None,
    )
    assert [entry.title for entry in found.entries] == ["a", "b", "c"]
    assert site.paths() == ["/robots.txt", "/list", "/list2"]


def test_an_unchanged_list_is_not_read_further(site: Any, run: Any, sink: Any) -> None:
    site.page("/list", status=304)
    source, state = job("news", site.url("/list"))

    run(lambda engine: engine.listings([(source, replace(state, checked_at=NOW, etag='"1"'))], sink))

    (found,) = sink.found_all
    assert (found.outcome, found.etag) == ("not-modified", '"1"')
    assert site.paths() == ["/robots.txt", "/list"]


def test_a_list_whose_second_page_fails_keeps_the_first(site: Any, run: Any, sink: Any) -> None:
    site.page("/list", listing("a", next_page='<a class="next" href="/gone">next</a>'))

    run(lambda engine: engine.listings([job("news", site.url("/list"))], sink))

    (found,) = sink.found_all
    assert (found.outcome, [entry.title for entry in found.entries]) == ("degraded", ["a"])
    assert found.error == f"page 2 of the list: HTTP 404, not found: {site.url('/gone')}"


def test_each_list_has_its_own_outcome(site: Any, run: Any, sink: Any) -> None:
    site.page("/good", listing("a"))
    site.page("/private", status=302, Location="http://10.0.0.1/")
    jobs = [
        job("good", site.url("/good")),
        job("gone", site.url("/gone")),
        job("private", site.url("/private")),
        job("odd", "ftp://news.example/"),
    ]

    run(lambda engine: engine.listings(jobs, sink))

    assert sink.outcomes() == {"good": "ok", "gone": "permanent", "private": "rejected", "odd": "rejected"}
    assert len(sink.found_all) == 4


def test_pages_are_read(site: Any, run: Any, sink: Any) -> None:
    site.page("/a", ARTICLE.format("Reading room opened"))
    site.page("/moved", status=301, Location="/a")
    pages = [Page(1, "news", site.url("/a"), headers={"X-Key": "k"}), Page(2, "news", site.url("/moved"))]

    run(lambda engine: engine.pages(pages, sink))

    first, second = sorted(sink.pages_all, key=lambda page: page.article_id)
    assert (first.outcome, first.reading.title, first.reading.url) == (
        "ok",
        "Reading room opened",
        site.url("/a"),
    )
    assert (second.outcome, second.reading.url) == ("ok", site.url("/a"))
    assert site.seen[1].headers["x-key"] == "k"


def test_each_page_has_its_own_outcome(site: Any, run: Any, sink: Any) -> None:
    site.page("/a", ARTICLE.format("Reading room opened"))
    site.page("/private", status=302, Location="http://127.1/")
    pages = [
        Page(number, "news", url)
        for number, url in enumerate(
            [site.url("/a"), site.url("/gone"), site.url("/private"), "javascript:alert(1)"]
        )
    ]

    run(lambda engine: engine.pages(pages, sink))

    assert sink.outcomes() == {0: "ok", 1: "permanent", 2: "rejected", 3: "rejected"}


def test_a_host_that_is_busy_is_not_asked_for_the_rest_of_its_pages(site: Any, run: Any, sink: Any) -> None:
    site.page("/1", status=429)
    pages = [Page(number, "news", site.url(f"/{number}")) for number in (1, 2, 3)]

    run(lambda engine: engine.pages(pages, sink))

    assert [page.error_class for page in sorted(sink.pages_all, key=lambda p: p.article_id)] == [
        "http-429",
        "held",
        "held",
    ]
    assert site.paths() == ["/robots.txt", "/1"]


def test_a_bug_in_reading_is_the_result_of_its_page_only(
    site: Any, run: Any, sink: Any, parsers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(type(parsers)):  # type: ignore[misc]
        async def article(self, body: bytes, **named: Any) -> Any:
            if b"Trap" in body:
                raise KeyError("a slip of ours")
            return await super().article(body, **named)

    site.page("/a", ARTICLE.format("Reading room opened"))
    site.page("/b", ARTICLE.format("Trap"))
    pages = [Page(1, "news", site.url("/a")), Page(2, "news", site.url("/b"))]

    with caplog.at_level(logging.ERROR):
        run(lambda engine: engine.pages(pages, sink), pool=Broken())

    assert sink.outcomes() == {1: "ok", 2: "transient"}
    assert [record.getMessage() for record in caplog.records] == ["a crawl met an error of its own"]


def test_a_spider_that_breaks_down_loses_no_job(site: Any, run: Any, sink: Any) -> None:
    """What no spider expects, an address that is no text, ends the making of requests; the job after it is not lost."""
    site.page("/list", listing("a"))
    site.page("/a", ARTICLE.format("Reading room opened"))
    nothing: Any = None
    lists = [job("before", site.url("/list")), job("broken", nothing), job("after", site.url("/list"))]
    pages = [Page(1, "news", site.url("/a")), Page(2, "news", nothing), Page(3, "news", site.url("/a"))]

    async def both(engine: ScrapyEngine) -> None:
        await engine.listings(lists, sink)
        await engine.pages(pages, sink)

    run(both)

    assert sink.outcomes() == {
        "before": "ok",
        "broken": "transient",
        "after": "transient",
        1: "ok",
        2: "transient",
        3: "transient",
    }
    assert [found.error_class for found in (*sink.found_all, *sink.pages_all)].count("bug") == 4


def test_what_the_sink_cannot_store_is_raised(site: Any, run: Any, sink: Any) -> None:
    site.page("/list", listing("a"))
    sink.error = OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        run(
            lambda engine: engine.listings(
                [job("one", site.url("/list")), job("two", site.url("/list"))], sink
            )
        )


def test_crawls_run_beside_each_other(
    site: Any, other_site: Any, run: Any, sink: Any, silence: Any, hasty_visitor: Any
) -> None:
    site.answers["/slow"] = silence
    other_site.page("/a", ARTICLE.format("Reading room opened"))

    async def both(engine: ScrapyEngine) -> None:
        slow = asyncio.create_task(engine.pages([Page(1, "slow", site.url("/slow"))], sink))
        await asyncio.gather(
            *(engine.pages([Page(n, "fast", other_site.url("/a"))], sink) for n in range(2, 8))
        )
        assert not slow.done()
        await slow

    run(both, through=hasty_visitor)

    assert sink.outcomes() == {1: "bounded"} | dict.fromkeys(range(2, 8), "ok")


def test_a_crawl_that_is_called_off_ends_at_once_and_says_nothing(
    site: Any, run: Any, sink: Any, silence: Any
) -> None:
    site.answers["/slow"] = silence
    asked = asyncio.Event()

    async def cancel(engine: ScrapyEngine) -> None:
        crawl = asyncio.create_task(engine.pages([Page(1, "slow", site.url("/slow"))], sink))
        while "/slow" not in site.paths():
            await asyncio.sleep(0.01)
        crawl.cancel()
        with pytest.raises(asyncio.CancelledError):
            await crawl
        asked.set()

    run(cancel)

    assert asked.is_set() and sink.pages_all == []


def test_nothing_of_scrapy_is_loaded_before_the_first_crawl() -> None:
    code = "import sys, crawler.engine, crawler.readers.poll; sys.exit('scrapy' in sys.modules or 'twisted' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_process_ends_after_crawls(site: Any) -> None:
    """Twisted's threads are no daemons; a lookup through one of them would keep the process for ever."""
    site.page("/list", listing("a"))
    code = f"""
import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo
from core.clock import utc_now
from core.types import Names, Source, SourceState
from crawler.door import Door, DoorSettings
from crawler.engine import ScrapyEngine
from crawler.hostbook import MemoryHostBook

class Sink:
    async def found(self, found):
        print(found.outcome)

async def main():
    door = Door(DoorSettings("Presswatch/1", timedelta(0), frozenset({{{site.place!r}}})), MemoryHostBook(), utc_now)
    engine = ScrapyEngine(door, None, utc_now, zone=ZoneInfo("UTC"))
    await engine.listings([(Source("gone", Names("a", "a"), {site.url("/gone")!r}), SourceState("gone"))], Sink())
    from twisted.internet import reactor, threads
    await threads.deferToThread(print, "thread").asFuture(asyncio.get_running_loop())
    await engine.aclose()
    await door.aclose()

asyncio.run(main())
"""

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )

    assert (ended.returncode, ended.stdout.split()) == (0, ["permanent", "thread"]), ended.stderr
