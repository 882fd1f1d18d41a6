"""The newsroom prints what a small press prints, and does what it is told."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import feedparser

from demo.articles import Edit, Piece
from demo.server import Newsroom, Request

Read = Callable[..., Coroutine[Any, Any, Any]]


def test_feeds_carry_titles_links_and_dates_counted_from_the_opening(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            rss = feedparser.parse((await read(newsroom.source_url("jingwei"))).content)
            atom = feedparser.parse((await read(newsroom.source_url("meridian"))).content)

            assert (rss.version, rss.bozo, atom.version, atom.bozo) == ("rss20", False, "atom10", False)
            first = rss.entries[0]
            assert (first.title, first.link) == (
                newsroom.pieces["tisc-three"].title,
                newsroom.url("tisc-three"),
            )
            assert first.published == "Fri, 27 Mar 2026 07:00:00 +0800"
            assert [entry.link for entry in atom.entries] == [
                newsroom.url(piece_id) for piece_id in ("green-heat", "tisc-slavery", "nairobi-judges")
            ]

    asyncio.run(visit())


def test_list_page_says_gb2312_and_is_gb18030(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            page = await read(newsroom.url("joint-master"))

            assert page.headers["content-type"] == "text/html; charset=gb2312"
            assert "林喆" in page.content.decode("gb18030")
            assert "�" in page.content.decode("gb2312", errors="replace")

    asyncio.run(visit())


def test_every_page_is_surrounded_by_watch_words(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            page = (await read(newsroom.url("nairobi-judges"))).text

            before, _, rest = page.partition("<article>")
            after = rest.partition("</article>")[2]
            assert "WIPO and Beijing" in before
            assert newsroom.pieces["green-heat"].title in after
            assert "Beijing" in after.partition("<footer>")[2]
            assert "Beijing" not in " ".join(newsroom.pieces["nairobi-judges"].paragraphs)

    asyncio.run(visit())


def test_reprint_names_where_it_came_from(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            page = (await read(newsroom.url("tisc-three-reprint"))).content.decode("gb18030")

            assert "来源：京纬新闻网" in page

    asyncio.run(visit())


def test_unchanged_page_is_not_sent_again(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            url = newsroom.source_url("haigang")
            tag = (await read(url)).headers["etag"]

            again = await read(url, if_none_match=tag)

            assert (again.status_code, again.content) == (304, b"")

    asyncio.run(visit())


def test_published_article_is_dated_now_and_stands_first(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            clock.now += timedelta(minutes=3)

            url = newsroom.publish("cluster-data")

            feed = feedparser.parse((await read(newsroom.source_url("jingwei"))).content)
            assert (feed.entries[0].link, feed.entries[0].published) == (
                url,
                "Fri, 27 Mar 2026 12:03:00 +0800",
            )
            assert (await read(url)).status_code == 200

    asyncio.run(visit())


def test_own_article_can_be_published(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            url = newsroom.publish(Piece("mine", "northgate", "A headline of mine", ("One paragraph.",)))

            assert "A headline of mine" in (await read(url)).text

    asyncio.run(visit())


def test_edit_changes_headline_and_text_under_the_same_address(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            url = newsroom.url("office-class")
            newsroom.edit("office-class")
            newsroom.edit("copper", Edit("Copper slips", {"held its ground": "slipped"}))

            assert newsroom.url("office-class") == url
            page = (await read(url)).text
            assert "六百家企业" in page
            assert "四百家企业" not in page
            assert "Copper slipped after" in (await read(newsroom.url("copper"))).text

    asyncio.run(visit())


def test_outlet_fails_and_recovers_when_told(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            url = newsroom.source_url("northgate")
            newsroom.fail("northgate", 500)
            failed = (await read(url)).status_code
            newsroom.recover("northgate")

            assert (failed, (await read(url)).status_code) == (500, 200)
            assert (await read(newsroom.source_url("huizhan"))).status_code == 503
            assert newsroom.failing == {"huizhan"}

    asyncio.run(visit())


def test_retracted_article_is_gone_from_site_and_feed(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            url = newsroom.url("copper")
            newsroom.retract("copper")

            assert (await read(url)).status_code == 404
            assert url not in (await read(newsroom.source_url("northgate"))).text

    asyncio.run(visit())


def test_requests_are_logged_with_their_answer(clock: Any, read: Read) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            await read(newsroom.base("jingwei") + "/robots.txt", user_agent="Tester/1")
            await read(newsroom.base("zhiguan") + "/nothing", user_agent="Tester/1")

            assert newsroom.requests == [
                Request("jingwei", "GET", "/robots.txt", 200, "Tester/1"),
                Request("zhiguan", "GET", "/nothing", 404, "Tester/1"),
            ]

    asyncio.run(visit())
