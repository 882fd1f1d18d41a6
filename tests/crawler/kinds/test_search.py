"""Answers of news searches, and how their sources are polled."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import ParseError
from core.types import DateClaim, Entry, Names, Parsed, Source, SourceState
from crawler.address import parse_target
from crawler.courtesy import Courtesy
from crawler.hostbook import MemoryHostBook, Robots
from crawler.readers.search import parse_search, unwrapped

BEIJING = ZoneInfo("Asia/Shanghai")
BING = "https://www.bing.com/news/search?q=lamp&format=rss"
OPAQUE = "https://news.google.com/rss/articles/CBMiAU_yqLnewerCodesHoldNoAddress?oc=5"


def old_google_link(address: str) -> str:
    raw = b"\x08\x13\x22" + bytes([len(address)]) + address.encode() + b"\xd2\x01\x00"
    return f"https://news.google.com/rss/articles/{base64.urlsafe_b64encode(raw).decode().rstrip('=')}?oc=5"


def rss(*items: str) -> str:
    return (
        '<rss version="2.0" xmlns:News="https://www.bing.com/news/search?q=x&amp;format=rss"><channel><title>s</title>'
        f"<link>https://search.example/</link>{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>"
    )


def read(text: str, url: str = BING) -> Parsed:
    return parse_search(text.encode(), url=url, content_type=None, encoding=None, zone=BEIJING)


def test_a_bing_result_has_the_publishers_address_and_name() -> None:
    link = "http://www.bing.com/news/apiclick.aspx?ref=FexRss&amp;aid=&amp;url=https%3a%2f%2fharbour.example%2fa%3fid%3d7&amp;c=1&amp;mkt=zh-cn"

    parsed = read(
        rss(
            f"<title>Lamp fair opens</title><link>{link}</link><description>The fair opened on Monday.</description>"
            "<pubDate>Tue, 24 Nov 2026 00:30:00 GMT</pubDate><News:Source>The Harbour</News:Source>"
        )
    )

    assert parsed == Parsed(
        kind="search",
        format="rss20",
        title="s",
        entries=(
            Entry(
                url="https://harbour.example/a?id=7",
                title="Lamp fair opens",
                summary="The fair opened on Monday.",
                published=DateClaim(datetime(2026, 11, 24, 0, 30, tzinfo=UTC), "minute", "feed"),
                lang="en",
                site_name="The Harbour",
            ),
        ),
    )


def test_a_google_result_loses_the_outlet_behind_its_headline_and_the_echo_of_it() -> None:
    (entry,) = read(
        rss(
            f"<title>灯塔展览在北京开幕 - 港湾日报</title><link>{OPAQUE}</link><guid isPermaLink='false'>CBMi</guid>"
            "<description>&lt;a href='x'&gt;灯塔展览在北京开幕&lt;/a&gt;&amp;nbsp;&lt;font&gt;港湾日报&lt;/font&gt;</description>"
            "<source url='https://harbour.example'>港湾日报</source>"
        )
    ).entries

    assert (entry.url, entry.guid, entry.title, entry.summary, entry.site_name) == (
        OPAQUE,
        "CBMi",
        "灯塔展览在北京开幕",
        "",
        "港湾日报",
    )


def test_the_item_with_which_google_says_nothing_is_no_result() -> None:
    assert (
        read(rss("<title>This feed is not available.</title><link>https://news.google.com/</link>")).entries
        == ()
    )


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        (old_google_link("https://harbour.example/a/1"), "https://harbour.example/a/1"),
        (old_google_link("https://harbour.example/" + "a" * 150), None),
        (old_google_link("javascript:alert(1)"), None),
        (OPAQUE, None),
        ("https://news.google.com/rss/articles/CBMi", None),
        ("https://www.bing.com/news/apiclick.aspx?url=ftp%3a%2f%2fx.example", None),
        ("https://www.bing.com/news/apiclick.aspx?c=1", None),
        ("https://evil.example/news/apiclick.aspx?url=https%3a%2f%2fx.example", None),
        ("https://cn.bing.com/news/apiclick.aspx?url=https%3a%2f%2fx.example%2f", "https://x.example/"),
    ],
)
def test_a_link_is_unwrapped_only_by_what_it_says_itself(link: str, leads_to: str | None) -> None:
    assert unwrapped(link) == (leads_to or link)


def test_a_gdelt_article_claims_no_day_of_publication() -> None:
    article = {
        "url": "https://harbour.example/a/1",
        "title": "Lamp fair opens in Beijing",
        "seendate": "20261124T081500Z",
        "domain": "harbour.example",
        "language": "English",
    }

    parsed = read(json.dumps({"articles": [article, {"title": "no address"}, 3]}))

    assert (parsed.kind, parsed.format) == ("search", "gdelt")
    assert parsed.entries == (
        Entry(
            url="https://harbour.example/a/1",
            title="Lamp fair opens in Beijing",
            updated=datetime(2026, 11, 24, 8, 15, tzinfo=UTC),
            lang="en",
            site_name="harbour.example",
        ),
    )


def test_no_results_are_no_error() -> None:
    assert (read("{}").entries, read(rss()).entries) == ((), ())


@pytest.mark.parametrize(
    ("text", "error_class", "said"),
    [
        (
            "The specified phrase is too short.\n",
            "search-refused",
            "the search service says: The specified phrase is too short.",
        ),
        ('{"articles": 3}', "unreadable", "JSON, but no list of articles as GDELT gives it"),
        (
            "<!doctype html><html><body>Before you continue</body></html>",
            "not-a-feed",
            "not a feed but an HTML page",
        ),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_service(text: str, error_class: str, said: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)

    assert (caught.value.error_class, str(caught.value)) == (error_class, said)


def source_at(url: str, **changes: Any) -> Source:
    return Source("finder", Names("检索", "Finder"), url, kind="search", type="search", **changes)


def test_a_search_source_is_polled_through_the_reader(site: Any, read: Any) -> None:
    site.page(
        "/find", rss("<title>A</title><link>https://harbour.example/a</link><source url='x'>Harbour</source>")
    )
    source = source_at(site.url("/find"))

    found = read(lambda reader: reader.poll(source, SourceState("finder", entries_seen=5)))

    assert (found.outcome, [(entry.url, entry.site_name) for entry in found.entries]) == (
        "ok",
        [("https://harbour.example/a", "Harbour")],
    )
    opened = read(lambda reader: reader.fetch_document(source.url, source=source))
    assert opened.content.kind == "search"


def test_a_search_that_finds_nothing_is_well(site: Any, read: Any) -> None:
    site.page("/find", rss())

    found = read(
        lambda reader: reader.poll(source_at(site.url("/find")), SourceState("finder", entries_seen=5))
    )

    assert (found.outcome, found.entries) == ("ok", ())


def test_too_many_requests_under_the_status_of_success_is_429(site: Any, read: Any) -> None:
    site.page(
        "/find", "Please limit requests to one every 5 seconds or contact us.", Content_Type="text/plain"
    )

    found = read(lambda reader: reader.poll(source_at(site.url("/find")), SourceState("finder")))

    assert (found.outcome, found.status, found.error_class) == ("transient", 429, "http-429")
    assert found.error == f"HTTP 200 that says too many requests: {site.url('/find')}"


@pytest.mark.parametrize(
    ("url", "seconds"),
    [
        ("https://api.gdeltproject.org/api/v2/doc/doc", 6.5),
        ("https://news.google.com/rss/search", 60),
        ("https://www.bing.com/news/search", 10),
        ("https://harbour.example/", 2),
    ],
)
def test_search_services_are_asked_at_the_pace_that_they_stand(url: str, seconds: float) -> None:
    now, book = datetime(2026, 11, 24, tzinfo=UTC), MemoryHostBook()

    async def no_rules(target: Any) -> Robots:
        return Robots(now, 404)

    courtesy = Courtesy(
        user_agent="Presswatch/1.0",
        host_delay=timedelta(seconds=2),
        book=book,
        clock=lambda: now,
        fetch_robots=no_rules,
    )

    async def next_turn() -> datetime:
        target = parse_target(url)
        await courtesy.ask(target)
        return await book.reserve(target.key, timedelta(0), now)

    assert asyncio.run(next_turn()) == now + timedelta(seconds=seconds)
