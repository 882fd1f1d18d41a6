"""An article that a colleague forwarded: fetched through the door, stored and matched like any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from core.clock import Clock
from core.errors import ParseError, PresswatchError
from core.types import Entry, Found, Names, PageFound, Reading, Source, SourceState
from core.urls import is_web, scrub
from desk.archive import Archive
from desk.intake import address_key
from storage import articles as article_store
from storage import hits as hit_store
from storage import sources as source_store

ADDED = Source(
    id="added",
    name=Names("人工添加", "Added by hand"),
    url="https://added.invalid/",
    kind="feed",
    enabled=False,
)
"""Stands for whoever forwards; it is never asked."""


class Opened(Protocol):
    @property
    def content(self) -> Any: ...


class Reader(Protocol):
    async def fetch_document(self, url: str, *, kind: Any) -> Opened: ...


@dataclass(frozen=True, slots=True)
class Added:
    id: int
    new: bool
    hits: int


@dataclass(frozen=True, slots=True)
class Adding:
    archive: Archive
    reader: Reader
    clock: Clock

    async def add(self, url: str) -> Added:
        """Raises ``SourceError`` when the page cannot be had or read; then nothing is stored."""
        if not is_web(url):
            raise PresswatchError(f"{scrub(url)} is no web address: it must begin with http:// or https://")
        known = await self.archive.db.read_async(lambda conn: find(conn, url))
        if known is not None:
            return Added(known, False, 0)
        reading = (await self.reader.fetch_document(url, kind="article")).content
        if not isinstance(reading, Reading):
            raise ParseError("this address is a feed or a list, not an article", error_class="not-an-article")
        return await self._store(url, reading)

    async def _store(self, url: str, reading: Reading) -> Added:
        now, db = self.clock(), self.archive.db
        await db.write_async(self._make_source)
        entry = Entry(url=url, title=reading.title, published=next(iter(reading.dates), None))
        await self.archive.store_found(Found(ADDED.id, now, "ok", 200, entries=(entry,)))
        article_id = await db.read_async(lambda conn: find(conn, url))
        if article_id is None:
            raise PresswatchError("this article was deleted on purpose before, so it is not taken in again")
        hits = await self.archive.store_page(PageFound(article_id, now, "ok", 200, reading=reading))
        shown = await db.read_async(lambda conn: count_hits(conn, article_id))
        return Added(article_id, True, max(hits, shown))

    def _make_source(self, conn: Connection) -> None:
        if source_store.find_source(conn, ADDED.id, removed=True) is None:
            now = self.clock()
            # Its first fetch is over: an article of last week is a late find, not the archive of a new source.
            source_store.insert_source(conn, ADDED, SourceState(ADDED.id, first_done_at=now), now)


def find(conn: Connection, url: str) -> int | None:
    return article_store.known_keys(conn, [address_key(url)]).get(address_key(url))


def count_hits(conn: Connection, article_id: int) -> int:
    return len(hit_store.hits_of(conn, [article_id]).get(article_id, []))
