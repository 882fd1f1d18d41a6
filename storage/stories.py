"""Stories: which articles tell the same report, and the bands by which candidates are found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from storage.db import upsert
from storage.tables import articles, hits, ledger, stories, story_bands


def add_story(conn: Connection, article_id: int, now: datetime) -> int:
    made = insert(stories).values(created_at=now, first_article_id=article_id, size=0).returning(stories.c.id)
    story_id: int = conn.execute(made).scalar_one()
    return story_id


def without_story(conn: Connection, article_ids: Collection[int]) -> list[int]:
    """Those of these that have a live hit and belong to no story yet, oldest first."""
    query = (
        select(articles.c.id)
        .join(hits, hits.c.article_id == articles.c.id)
        .where(articles.c.id.in_(list(article_ids)), articles.c.story_id.is_(None), hits.c.state == "live")
        .group_by(articles.c.id)
        .order_by(articles.c.id)
    )
    return list(conn.execute(query).scalars())


def add_bands(conn: Connection, article_id: int, bands: Iterable[int]) -> None:
    rows = [{"band": band, "article_id": article_id} for band in set(bands)]
    upsert(conn, story_bands, rows, on=["band", "article_id"], change=[])


def sharing_bands(conn: Connection, bands: Sequence[int], limit: int) -> list[int]:
    """Articles that share a band, those that share most first."""
    query = (
        select(story_bands.c.article_id)
        .where(story_bands.c.band.in_(list(set(bands))))
        .group_by(story_bands.c.article_id)
        .order_by(func.count().desc(), story_bands.c.article_id)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def put_into(conn: Connection, article_ids: Collection[int], story_id: int) -> None:
    conn.execute(update(articles).where(articles.c.id.in_(list(article_ids))).values(story_id=story_id))


def merge_into(conn: Connection, story_id: int, others: Collection[int]) -> None:
    """Told-once is kept per article, so nothing in the ledger has to change but the story it names."""
    gone = list(others)
    conn.execute(update(articles).where(articles.c.story_id.in_(gone)).values(story_id=story_id))
    conn.execute(update(ledger).where(ledger.c.story_id.in_(gone)).values(story_id=story_id))
    conn.execute(stories.delete().where(stories.c.id.in_(gone)))


def members(conn: Connection, story_ids: Collection[int]) -> dict[int, list[int]]:
    """Article ids of each story, oldest first."""
    found: dict[int, list[int]] = {}
    ids = list(story_ids)
    for start in range(0, len(ids), 500):
        query = select(articles.c.story_id, articles.c.id).where(
            articles.c.story_id.in_(ids[start : start + 500])
        )
        for story_id, article_id in conn.execute(query.order_by(articles.c.id)):
            found.setdefault(story_id, []).append(article_id)
    return found


def first_articles(conn: Connection, story_ids: Collection[int]) -> dict[int, int]:
    query = select(stories.c.id, stories.c.first_article_id).where(stories.c.id.in_(list(story_ids)))
    return {story_id: first for story_id, first in conn.execute(query) if first is not None}


def note_size(conn: Connection, story_id: int, first_article_id: int, size: int) -> None:
    conn.execute(
        update(stories).where(stories.c.id == story_id).values(first_article_id=first_article_id, size=size)
    )


def count_stories(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(stories)).scalar_one()


def neighbours(conn: Connection, source_id: str, article_id: int, limit: int) -> list[int]:
    """The source's latest articles, without this one."""
    query = (
        select(articles.c.id)
        .where(articles.c.source_id == source_id, articles.c.id != article_id)
        .order_by(articles.c.id.desc())
        .limit(limit)
    )
    return list(conn.execute(query).scalars())
