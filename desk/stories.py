"""Joining articles that tell the same report. A live hit always belongs to a story; it is joined where it becomes live.

Only articles with a live hit are grouped: what nobody is told of needs no story, and signatures cost more than storing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection

from core.urls import site_of
from matching.stories import bands, same_report, shingles, signature
from storage import articles as article_store
from storage import stories as store
from storage.articles import Stored

CANDIDATES = 60
NEIGHBOURS = 40
"""Of a site's latest told articles: what several of them share is its boilerplate, not the report."""
COMMON_FROM = 3


def join_stories(conn: Connection, article_ids: Collection[int], now: datetime) -> None:
    for article in article_store.load_articles(conn, store.without_story(conn, article_ids)).values():
        _join(conn, article, now)


def _join(conn: Connection, article: Stored, now: datetime) -> None:
    own = _shingles(article.title, article.text)
    own_bands = bands(signature(own))
    candidates = article_store.load_articles(conn, store.sharing_bands(conn, own_bands, CANDIDATES))
    same = [other for other in candidates.values() if _same(conn, article, own, other)]
    stories = sorted({other.story_id for other in same if other.story_id is not None})
    story_id = stories[0] if stories else store.add_story(conn, article.id, now)
    if stories[1:]:
        store.merge_into(conn, story_id, stories[1:])
    store.put_into(conn, [article.id], story_id)
    store.add_bands(conn, article.id, own_bands)
    _note(conn, story_id)


def _same(conn: Connection, article: Stored, own: frozenset[int], other: Stored) -> bool:
    common = _common(conn, article) | _common(conn, other)
    return same_report(own, _shingles(other.title, other.text), common)


def _common(conn: Connection, article: Stored) -> frozenset[int]:
    if article.url is None:
        return frozenset()
    neighbours = store.neighbours(conn, article.source_id, article.id, NEIGHBOURS)
    stored = article_store.load_articles(conn, neighbours).values()
    own_site = [other for other in stored if other.url and site_of(other.url) == site_of(article.url)]
    return _frequent(_shingles(other.title, other.text) for other in own_site)


def _frequent(texts: Iterable[frozenset[int]]) -> frozenset[int]:
    counts = Counter(shingle for text in texts for shingle in text)
    return frozenset(shingle for shingle, n in counts.items() if n >= COMMON_FROM)


def _note(conn: Connection, story_id: int) -> None:
    ids = store.members(conn, [story_id])[story_id]
    told = article_store.load_articles(conn, ids)
    first = min(told.values(), key=lambda article: (_appeared(article), article.id))
    store.note_size(conn, story_id, first.id, len(ids))


def _appeared(article: Stored) -> datetime:
    """A date without a time says nothing about who was first that day."""
    published = article.published
    return published.value if published and published.precision == "minute" else article.first_seen


@lru_cache(maxsize=512)
def _shingles(title: str, text: str) -> frozenset[int]:
    return shingles(title, text)
