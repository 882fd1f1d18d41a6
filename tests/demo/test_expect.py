"""What the newsroom says of itself agrees with the judge: the default watches over every article."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from core.types import Document
from demo import articles, expect
from demo.articles import Piece
from demo.pack import write_pack
from demo.server import Newsroom
from matching.matcher import Matcher, compile_queries
from matching.parser import parse

PACK: Mapping[str, Any] = yaml.safe_load((files("config") / "watches.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    queries = {w["id"]: parse(w["query"], mode="watch", aliases=PACK["aliases"]) for w in PACK["watches"]}
    return compile_queries(queries, zone=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize("piece", articles.pieces(), ids=lambda piece: piece.id)
def test_article_is_hit_by_the_watches_it_names(piece: Piece, matcher: Matcher, clock: Any) -> None:
    document = Document(title=piece.title, body="\n\n".join(piece.paragraphs))

    hits = matcher.match(document, clock())

    assert hits.keys() == piece.watches


def test_outside_of_an_article_would_be_hit_by_many(matcher: Matcher, clock: Any) -> None:
    outside = "\n\n".join(line for outlet in articles.outlets() for line in (*outlet.menu, outlet.foot))

    hits = matcher.match(Document(body=outside), clock())

    assert len(hits) >= 10


def test_edited_article_is_hit_as_before(matcher: Matcher, clock: Any) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            newsroom.edit("office-class")
            one = next(one for one in newsroom.printed if one.piece.id == "office-class")

            hits = matcher.match(Document(title=one.title, body="\n\n".join(one.paragraphs)), clock())

            assert hits.keys() == one.piece.watches

    asyncio.run(visit())


def test_digest_tells_each_story_once_and_nothing_old_or_foreign(clock: Any) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            stories = expect.digest_stories(newsroom)

            assert [story.id for story in stories] == [
                "tisc-three",
                "mediation-hk",
                "forum-agenda",
                "green-heat",
                "pct-beijing",
                "joint-master",
                "office-class",
                "fair-services",
            ]
            assert stories[0].outlets == ("jingwei", "yuandu")
            assert expect.searchable_only(newsroom) == (newsroom.url("digital-archive"),)
            told = {url for story in stories for url in story.urls}
            never = set(expect.never_told(newsroom))
            assert told.isdisjoint(never)
            assert len(told) + len(never) + 1 == len(newsroom.printed)

    asyncio.run(visit())


def test_live_article_makes_one_more_story(clock: Any) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            before = expect.digest_stories(newsroom)
            clock.now += timedelta(seconds=20)
            newsroom.publish("cluster-data")

            assert [story.id for story in expect.digest_stories(newsroom)] == [
                "cluster-data",
                *(s.id for s in before),
            ]

    asyncio.run(visit())


def test_pack_offers_every_outlet_and_the_default_watches(clock: Any, tmp_path: Any) -> None:
    async def visit() -> None:
        async with Newsroom(clock) as newsroom:
            write_pack(newsroom, tmp_path)

            sources = yaml.safe_load((tmp_path / "sources.yaml").read_text("utf-8"))["sources"]
            assert {source["id"]: source["url"] for source in sources} == {
                outlet_id: newsroom.source_url(outlet_id) for outlet_id in newsroom.outlets
            }
            assert yaml.safe_load((tmp_path / "watches.yaml").read_text("utf-8")) == PACK
            hosts = newsroom.allow_hosts.split(",")
            assert sorted(f"http://{host}" for host in hosts) == sorted(map(newsroom.base, newsroom.outlets))

    asyncio.run(visit())
