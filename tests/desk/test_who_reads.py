"""Which sources a round hands to the spiders and which to the feed reader."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from desk_house import Desk

from core.types import Found, Kind, ListRule, Names, Page, Source, SourceState
from desk.collect import Collector
from scheduler.dispatch import LocalDispatch
from storage import sources as source_store

JSON = ListRule(format="json", item="rows")


@dataclass
class Readers:
    """Both readers: each finds nothing and remembers that it was asked."""

    desk: Desk
    asked: list[tuple[str, str]] = field(default_factory=list)
    resolved: dict[str, Any] = field(default_factory=dict)

    async def poll(self, source: Source, state: SourceState) -> Found:
        return self._found("reader", source)

    async def listings(self, jobs: Sequence[tuple[Source, SourceState]], sink: Any) -> None:
        for source, _ in jobs:
            await sink.found(self._found("spiders", source))

    async def pages(self, pages: Sequence[Page], sink: Any) -> None:
        assert not pages

    def _found(self, who: str, source: Source) -> Found:
        self.asked.append((who, source.id))
        return Found(source.id, self.desk.clock(), "ok", 200, **self.resolved)


@pytest.mark.parametrize(
    ("kind", "rule", "who"),
    [
        ("feed", None, "reader"),
        ("search", None, "reader"),
        ("search", JSON, "spiders"),
        ("listing", None, "spiders"),
        ("listing", JSON, "spiders"),
        ("sitemap", None, "spiders"),
        ("auto", None, "reader"),
    ],
)
def test_every_kind_has_its_reader(desk: Desk, kind: Kind, rule: ListRule | None, who: str) -> None:
    readers = Readers(desk)

    crawl(
        desk,
        readers,
        Source("harbour", Names("港湾", "Harbour"), "https://harbour.example/x", kind=kind, list=rule),
    )

    assert readers.asked == [(who, "harbour")]


def test_what_turned_out_to_be_a_sitemap_goes_to_the_spiders_from_then_on(desk: Desk) -> None:
    source = Source("harbour", Names("港湾", "Harbour"), "https://harbour.example/map.xml")
    readers = Readers(desk, resolved={"resolved_kind": "sitemap", "resolved_url": source.url})

    crawl(desk, readers, source)
    crawl(desk, readers, source)

    assert readers.asked == [("reader", "harbour"), ("spiders", "harbour")]
    with desk.db.read() as conn:
        state = source_store.find_state(conn, "harbour")
    assert state is not None and state.resolved_kind == "sitemap"


def crawl(desk: Desk, readers: Readers, source: Source) -> None:
    desk.sourcing.import_sources([source], who="tester")
    collector = Collector(desk.db, desk.archive, readers, readers, LocalDispatch(), desk.clock)
    asyncio.run(collector.crawl(["harbour"], everything=False, wait_pages=False))
