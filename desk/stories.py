"""Joining articles that tell the same report. A live hit always belongs to a story; it is joined where it becomes live.

Only articles with a live hit are grouped: what nobody is told of needs no story, and signatures cost more than storing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection

from core.urls import site_of
from matching.stories import (
    COMPARED,
    Shingles,
    bands,
    common_shingles,
    joins,
    same_report,
    shingles,
    signature,
)
from storage import articles as article_store
from storage import stories as store
from storage.articles import Stored

CANDIDATES = 100
NEIGHBOURS = 40
"""Of a source's latest articles: what several of them share is its boilerplate, not the report."""


def join_stories(conn: Connection, article_ids: Collection[int], now: datetime) -> None:
    for article in article_store.load_articles(conn, store.without_story(conn, article_ids)).values():
        _join(conn, article, now)


def _join(conn: Connection, article: Stored, now: datetime) -> None:
    own_bands = bands(signature(_shingles(article.title, article.text)))
    stories = _stories_of(conn, article, own_bands)
    story_id = stories[0] if stories else store.add_story(conn, article.id, now)
    if stories[1:]:
        store.merge_into(conn, story_id, stories[1:])
    store.put_into(conn, [article.id], story_id)
    store.add_bands(conn, article.id, own_bands)
    _note(conn, story_id)


def _stories_of(conn: Connection, article: Stored, own_bands: Sequence[int]) -> list[int]:
    """The stories that it tells again, oldest first."""
    near: dict[int, list[Stored]] = {}
    ids = store.sharing_bands(conn, own_bands, CANDIDATES)
    for other in article_store.load_articles(conn, ids).values():
        if other.story_id is not None:
            near.setdefault(other.story_id, []).append(other)
    sizes = {story_id: len(ids) for story_id, ids in store.members(conn, near).items()}
    common = _common(conn, article) if near else frozenset()
    return sorted(
        story_id
        for story_id, others in near.items()
        if joins(_matched(conn, article, others, common), sizes[story_id])
    )


def _matched(conn: Connection, article: Stored, others: Sequence[Stored], common: Shingles) -> float:
    """How many of the others tell the same, by those compared; the oldest, of which later copies were made."""
    compared = sorted(others, key=lambda other: other.id)[:COMPARED]
    own = _shingles(article.title, article.text)
    same = sum(
        same_report(own, _shingles(other.title, other.text), common | _common(conn, other))
        for other in compared
    )
    return same * len(others) / len(compared)


def _common(conn: Connection, article: Stored) -> Shingles:
    if article.url is None:
        return frozenset()
    neighbours = store.neighbours(conn, article.source_id, article.id, NEIGHBOURS)
    stored = article_store.load_articles(conn, neighbours).values()
    own_site = [other for other in stored if other.url and site_of(other.url) == site_of(article.url)]
    return common_shingles(_shingles(other.title, other.text) for other in [*own_site, article])


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
def _shingles(title: str, text: str) -> Shingles:
    return shingles(title, text)
