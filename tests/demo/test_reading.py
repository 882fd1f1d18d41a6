"""The newsroom read by the real parsers: what stands around an article is never taken for it."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.pack import Pack, load_pack
from core.types import Document, Entry, Reading, Source
from crawler.parse.article import parse_article
from crawler.parse.listing import parse_listing
from crawler.readers.feed import parse_feed
from demo.pack import write_pack
from demo.pages import Printed
from demo.server import Newsroom
from matching.matcher import Matcher, compile_queries
from matching.parser import parse

Read = Callable[..., Coroutine[Any, Any, Any]]


def matcher_of(pack: Pack) -> Matcher:
    queries = {w.id: parse(w.query, mode="watch", aliases=pack.aliases) for w in pack.watches}
    return compile_queries(queries, zone=ZoneInfo("Asia/Shanghai"))


async def entries_of(source: Source, read: Read) -> tuple[Entry, ...]:
    answer = await read(source.url)
    named = {"url": source.url, "content_type": answer.headers["content-type"], "encoding": source.encoding}
    zone = ZoneInfo(source.timezone or "UTC")
    if source.kind == "listing":
        return parse_listing(answer.content, **named, rule=source.list, zone=zone).entries
    return parse_feed(answer.content, **named, zone=zone).entries


async def reading_of(source: Source, url: str, read: Read) -> Reading:
    answer = await read(url)
    return parse_article(
        answer.content,
        url=url,
        content_type=answer.headers["content-type"],
        encoding=source.encoding,
        rule=source.article,
        zone=ZoneInfo(source.timezone or "UTC"),
        lang=source.lang,
    )


def check(newsroom: Newsroom, matcher: Matcher, one: Printed, entry: Entry, reading: Reading) -> None:
    assert (entry.title, reading.title) == (one.title, one.title)
    body = "\n\n".join(one.paragraphs)
    assert body in reading.text
    outlet, rest = newsroom.outlets[one.piece.outlet], reading.text.replace(body, "")
    assert [words for words in (outlet.foot, *outlet.menu) if words in rest] == []
    hits = matcher.match(
        Document(title=reading.title, summary=entry.summary, body=reading.text), newsroom.opened
    )
    assert hits.keys() == one.piece.watches


def test_every_article_is_read_whole_and_hit_by_its_watches_only(
    clock: Any, read: Read, tmp_path: Path
) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            write_pack(newsroom, tmp_path)
            pack = load_pack(tmp_path)
            matcher = matcher_of(pack)
            printed = {newsroom.url(one.piece.id): one for one in newsroom.printed}
            seen = set()
            for source in pack.sources:
                if source.id in newsroom.failing:
                    continue
                for entry in await entries_of(source, read):
                    assert entry.url is not None
                    reading = await reading_of(source, entry.url, read)
                    check(newsroom, matcher, printed[entry.url], entry, reading)
                    seen.add(entry.url)

            assert seen == printed.keys()

    asyncio.run(visit())


def test_gb18030_page_is_read_without_damage_whatever_it_says(clock: Any, read: Read, tmp_path: Path) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            write_pack(newsroom, tmp_path)
            source = next(source for source in load_pack(tmp_path).sources if source.id == "yuandu")

            reading = await reading_of(source, newsroom.url("joint-master"), read)

            assert "林喆" in reading.text

    asyncio.run(visit())
