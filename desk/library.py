"""Finding articles again. The index proposes candidates, the matcher judges each of them (DESIGN 4.7)."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from core.candidates import Anything
from core.clock import Clock
from core.errors import ConfigError, NotFound
from core.types import Source, Span
from matching.ast import Query
from matching.candidates import candidates
from matching.matcher import Match, Matcher, compile_queries
from matching.parser import parse
from storage import articles as article_store
from storage import hits as hit_store
from storage import sources as source_store
from storage import stories as story_store
from storage import watches as watch_store
from storage.check import stats
from storage.db import Database
from storage.search import Filters, Order, Place, documents, places

PATIENCE_S = 1.0
"""So long a page is judged; then it ends where it is, with a cursor to go on from."""
COUNTING_S = 0.3
"""So long the rest is judged when the page is full, to know the total."""
JUDGED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Search:
    query: str
    since: date | None = None
    """Local days, both included."""
    until: date | None = None
    source: str | None = None
    lang: str | None = None
    hits_only: bool = False
    sort: Order = "newest"
    limit: int = 20
    offset: int = 0
    after: str | None = None
    """A cursor that an earlier answer gave; goes before ``offset``."""


@dataclass(frozen=True, slots=True)
class FoundItem:
    id: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Found:
    query: Query
    items: tuple[FoundItem, ...]
    total: int
    total_exact: bool
    complete: bool
    """False: the time was over before the page was full; ``next`` goes on."""
    next: str | None


@dataclass(frozen=True, slots=True)
class Library:
    db: Database
    zone: ZoneInfo
    clock: Clock
    stopwatch: Callable[[], float] = time.monotonic

    def search(self, asked: Search) -> Found:
        """Raises ``QueryError``, and ``ConfigError`` for a cursor that no answer gave."""
        with self.db.read() as conn:
            query = parse(asked.query, mode="search", aliases=watch_store.all_aliases(conn))
            return _Page(self, conn, asked, query).read()

    def browse(self, asked: Search) -> tuple[list[int], str | None]:
        """All that the filters let through, newest first, whatever ``asked.query`` says, and the cursor to go on."""
        with self.db.read() as conn:
            found = places(conn, Anything(), self.filters(asked), after=read_cursor(asked.after))
            some = list(islice(found, asked.limit + 1))
        shown = some[: asked.limit]
        return [place.id for place in shown], write_cursor(shown[-1]) if len(some) > asked.limit else None

    def stats(self) -> dict[str, int]:
        with self.db.read() as conn:
            return stats(conn)

    def filters(self, asked: Search) -> Filters:
        return Filters(
            since=_midnight(asked.since, self.zone) if asked.since else None,
            until=_midnight(asked.until + timedelta(days=1), self.zone) if asked.until else None,
            sources=[asked.source] if asked.source else None,
            lang=asked.lang,
            hits_only=asked.hits_only,
        )

    def documents(self, conn: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
        """ARTICLE objects of the outer contract, in the order of the ids."""
        return [article for _, article in article_objects(conn, ids)]

    def show(self, article_id: int) -> dict[str, Any]:
        """The ARTICLE with its versions and reprints. Raises ``NotFound``."""
        with self.db.read() as conn:
            found = dict(article_objects(conn, [article_id]))
            if article_id not in found:
                raise NotFound(
                    f"there is no article {article_id}; find its number with: presswatch search QUERY"
                )
            return found[article_id] | {
                "versions": [
                    {"version": v.version, "seen": v.seen_at, "title": v.title, "text": v.text}
                    for v in article_store.list_versions(conn, article_id)
                ],
                "reprints": reprints(conn, article_id),
                "page": page_facts(conn, article_id),
            }


@dataclass(slots=True)
class _Page:
    library: Library
    conn: Connection
    asked: Search
    query: Query

    def read(self) -> Found:
        start, now = self.library.stopwatch(), self.library.clock()
        matcher = compile_queries({"": self.query}, zone=self.library.zone)
        items: list[FoundItem] = []
        total, last, more = 0, None, False
        skip = 0 if self.asked.after else self.asked.offset
        for judged in self._judged(matcher, now):
            spent = self.library.stopwatch() - start
            full = len(items) >= self.asked.limit
            if spent > (COUNTING_S if full else PATIENCE_S):
                return self._found(items, total, last, complete=full, exact=False, more=True)
            for place, match in judged:
                if match is None:
                    if not full:
                        last = place
                    continue
                total += 1
                if total <= skip:
                    last = place
                elif len(items) < self.asked.limit:
                    items.append(FoundItem(place.id, match.spans))
                    last = place
                else:
                    full = more = True
        # Behind a cursor only the rest was counted.
        return self._found(items, total, last, complete=True, exact=self.asked.after is None, more=more)

    def _judged(self, matcher: Matcher, now: datetime) -> Iterator[list[tuple[Place, Match | None]]]:
        found = places(
            self.conn,
            candidates(self.query),
            self.library.filters(self.asked),
            after=read_cursor(self.asked.after),
            order=self.asked.sort,
        )
        while some := list(islice(found, JUDGED_AT_ONCE)):
            texts = documents(self.conn, [place.id for place in some])
            yield [
                (place, matcher.match(texts[place.id], now).get("")) for place in some if place.id in texts
            ]

    def _found(
        self,
        items: Sequence[FoundItem],
        total: int,
        last: Place | None,
        *,
        complete: bool,
        exact: bool,
        more: bool,
    ) -> Found:
        cursor = write_cursor(last) if last and more else None
        return Found(self.query, tuple(items), total, exact, complete, cursor)


def write_cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode()


def read_cursor(text: str | None) -> Place | None:
    if text is None:
        return None
    try:
        place = Place.read(base64.urlsafe_b64decode(text.encode()).decode())
    except ValueError as error:
        raise ConfigError("the cursor was not given by a search; start again without it") from error
    if place.id >= 2**63:
        raise ConfigError("the cursor was not given by a search; start again without it")
    return place


def article_objects(conn: Connection, ids: Sequence[int]) -> list[tuple[int, dict[str, Any]]]:
    stored, hits = article_store.load_articles(conn, ids), hit_store.hits_of(conn, ids)
    sources = {source.id: source for source in source_store.all_sources(conn, removed=True)}
    stories = story_objects(conn, {a.story_id for a in stored.values() if a.story_id is not None})
    return [
        (
            i,
            article_object(
                stored[i], sources[stored[i].source_id], hits.get(i, ()), stories.get(stored[i].story_id or 0)
            ),
        )
        for i in ids
        if i in stored
    ]


def article_object(
    article: article_store.Stored, source: Source, hits: Sequence[hit_store.Hit], story: dict[str, Any] | None
) -> dict[str, Any]:
    published = article.published
    zone = ZoneInfo(source.timezone) if source.timezone else None
    return {
        "id": article.id,
        "url": article.url,
        "canonical_url": article.canonical_url,
        "title": article.title,
        "text": article.text,
        "summary": article.summary,
        "author": article.author,
        "lang": article.lang,
        "published": published.value.astimezone(zone) if published else None,
        "published_precision": published.precision if published else None,
        "published_from": published.origin if published else None,
        "dates": article.dates,
        "site_name": article.site_name,
        "origin": article.origin,
        "first_seen": article.first_seen,
        "source": article.source_id,
        "watches": [
            {
                "id": hit.watch_id,
                "version": hit.watch_version,
                "state": hit.state,
                "spans": span_objects(hit.spans),
            }
            for hit in hits
        ],
        "story": story,
    }


def span_objects(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [{"field": span.field, "start": span.start, "end": span.end} for span in spans]


def story_objects(conn: Connection, story_ids: set[int]) -> dict[int, dict[str, Any]]:
    members, firsts = story_store.members(conn, story_ids), story_store.first_articles(conn, story_ids)
    first = article_store.load_articles(conn, list(firsts.values()))
    return {
        story_id: {
            "id": story_id,
            "size": len(ids),
            "first": {"url": first[firsts[story_id]].url, "source": first[firsts[story_id]].source_id}
            if firsts.get(story_id) in first
            else None,
        }
        for story_id, ids in members.items()
    }


def reprints(conn: Connection, article_id: int) -> list[dict[str, Any]]:
    article = article_store.find_article(conn, article_id)
    if article is None or article.story_id is None:
        return []
    ids = story_store.members(conn, [article.story_id])[article.story_id]
    others = article_store.load_articles(conn, [i for i in ids if i != article_id])
    return [
        {
            "id": other.id,
            "url": other.url,
            "source": other.source_id,
            "site_name": other.site_name,
            "title": other.title,
            "published": other.published.value if other.published else None,
        }
        for other in others.values()
    ]


def page_facts(conn: Connection, article_id: int) -> dict[str, Any]:
    article = article_store.find_article(conn, article_id)
    assert article is not None
    return {
        "state": article.page_state,
        "attempts": article.page_attempts,
        "error": article.page_error,
        "due": article.page_due,
        "seen_at": article_store.sighted_by(conn, article_id),
    }


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, datetime.min.time(), zone)
