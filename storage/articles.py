"""Articles: what was listed, what their pages said, every version, and every key an article was known by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from core.types import ArticleRule, DateClaim, Novelty, Page
from core.urls import origin_of
from storage.db import upsert
from storage.tables import article_keys, articles, generations, sightings, sources, tombstones, versions

T = TypeVar("T")
IN_ONE_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as it stands in the archive."""

    id: int
    source_id: str
    url: str | None
    canonical_url: str | None
    guid: str | None
    title: str
    summary: str
    text: str
    author: str | None
    lang: str | None
    site_name: str | None
    origin: str | None
    published: DateClaim | None
    dates: Sequence[Mapping[str, Any]]
    first_seen: datetime
    updated_at: datetime
    entry_hash: str
    entry: Mapping[str, Any]
    version: int
    novelty: Novelty
    judged_generation: int
    capped: bool
    page_state: str
    page_attempts: int
    page_error: str | None
    page_due: datetime | None
    story_id: int | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Version:
    version: int
    seen_at: datetime
    title: str
    summary: str
    text: str


def known_keys(conn: Connection, keys: Collection[str]) -> dict[str, int]:
    """Article id by key, for the keys that are known."""
    return {
        row.key: row.article_id
        for some in _slices(keys)
        for row in conn.execute(
            select(article_keys.c.key, article_keys.c.article_id).where(article_keys.c.key.in_(some))
        )
    }


def buried_keys(conn: Connection, keys: Collection[str]) -> set[str]:
    """Those that belong to articles which were deleted on purpose."""
    return {
        key
        for some in _slices(keys)
        for key in conn.execute(select(tombstones.c.key).where(tombstones.c.key.in_(some))).scalars()
    }


def load_articles(conn: Connection, ids: Collection[int]) -> dict[int, Stored]:
    return {
        row["id"]: _stored(row)
        for some in _slices(ids)
        for row in conn.execute(
            select(articles).where(articles.c.id.in_(some)).order_by(articles.c.id)
        ).mappings()
    }


def find_article(conn: Connection, article_id: int) -> Stored | None:
    return load_articles(conn, [article_id]).get(article_id)


def insert_articles(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Their ids, in the order of the rows."""
    if not rows:
        return []
    made = insert(articles).returning(articles.c.id, sort_by_parameter_order=True)
    return list(conn.execute(made, [dict(row) for row in rows]).scalars())


def update_article(conn: Connection, article_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(update(articles).where(articles.c.id == article_id).values(**values))


def add_keys(conn: Connection, keys: Iterable[tuple[str, int]], now: datetime) -> None:
    """The first owner of a key keeps it."""
    rows = [{"key": key, "article_id": article_id, "seen_at": now} for key, article_id in keys]
    upsert(conn, article_keys, rows, on=["key"], change=[])


def add_sightings(conn: Connection, article_ids: Iterable[int], source_id: str, now: datetime) -> None:
    rows = [{"article_id": article_id, "source_id": source_id, "seen_at": now} for article_id in article_ids]
    upsert(conn, sightings, rows, on=["article_id", "source_id"], change=[])


def sighted_by(conn: Connection, article_id: int) -> list[str]:
    query = (
        select(sightings.c.source_id)
        .where(sightings.c.article_id == article_id)
        .order_by(sightings.c.seen_at, sightings.c.source_id)
    )
    return list(conn.execute(query).scalars())


def add_versions(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        conn.execute(insert(versions), [dict(row) for row in rows])


def list_versions(conn: Connection, article_id: int) -> list[Version]:
    """Oldest first; none until the article was read whole for the first time."""
    query = select(versions).where(versions.c.article_id == article_id).order_by(versions.c.version)
    return [
        Version(row["version"], row["seen_at"], row["title"], row["summary"], row["text"])
        for row in conn.execute(query).mappings()
    ]


def due_pages(
    conn: Connection,
    now: datetime,
    limit: int,
    *,
    busy: Collection[int] = (),
    ids: Collection[int] | None = None,
) -> list[Page]:
    """Pages that are wanted now, longest due first; ``ids`` narrows to these and asks for all of them, due or not."""
    query = (
        select(
            articles,
            sources.c.encoding,
            sources.c.timezone,
            sources.c.article,
            sources.c.headers,
            sources.c.url.label("source_url"),
        )
        .join(sources, sources.c.id == articles.c.source_id)
        .where(articles.c.page_state == "wanted", articles.c.page_due.is_not(None))
        .order_by(articles.c.page_due, articles.c.id)
        .limit(limit)
    )
    query = query.where(articles.c.page_due <= now) if ids is None else query.where(articles.c.id.in_(ids))
    if busy:
        query = query.where(articles.c.id.not_in(busy))
    return [_page(row) for row in conn.execute(query).mappings()]


def wanted_pages(
    conn: Connection, source_ids: Collection[str], seen_from: datetime | None = None
) -> list[int]:
    """Articles of these sources whose page has not been read yet and is still wanted."""
    query = select(articles.c.id).where(
        articles.c.page_state == "wanted", articles.c.source_id.in_(source_ids)
    )
    if seen_from is not None:
        query = query.where(articles.c.page_due <= seen_from)
    return list(conn.execute(query.order_by(articles.c.id)).scalars())


def page_counts(conn: Connection) -> dict[str, int]:
    query = select(articles.c.page_state, func.count().label("n")).group_by(articles.c.page_state)
    return {row.page_state: row.n for row in conn.execute(query)}


def outdated_articles(conn: Connection, generation: int, limit: int) -> list[int]:
    """First seen after a rule was saved, but judged by the rules before it (DESIGN 4.8)."""
    next_one = generations.alias()
    query = (
        select(articles.c.id)
        .join(next_one, next_one.c.generation == articles.c.judged_generation + 1)
        .where(articles.c.judged_generation < generation, articles.c.first_seen >= next_one.c.at)
        .order_by(articles.c.id)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def mark_judged(conn: Connection, ids: Collection[int], generation: int) -> None:
    for some in _slices(ids):
        conn.execute(update(articles).where(articles.c.id.in_(some)).values(judged_generation=generation))


def newest_of_sources(conn: Connection, source_ids: Collection[str]) -> dict[str, datetime]:
    """Newest date of any article of each source."""
    query = (
        select(articles.c.source_id, func.max(articles.c.sort_at).label("newest"))
        .where(articles.c.source_id.in_(source_ids))
        .group_by(articles.c.source_id)
    )
    return {row.source_id: row.newest for row in conn.execute(query)}


def count_since(conn: Connection, since: datetime) -> int:
    query = select(func.count()).select_from(articles).where(articles.c.first_seen >= since)
    return conn.execute(query).scalar_one()


def claim_rows(claims: Iterable[DateClaim]) -> list[dict[str, str]]:
    return [{"value": c.value.isoformat(), "precision": c.precision, "origin": c.origin} for c in claims]


def _stored(row: RowMapping) -> Stored:
    at = row["published_at"]
    published = DateClaim(at, row["published_precision"], row["published_from"]) if at else None
    same = {name: row[name] for name in Stored.__dataclass_fields__ if name != "published"}
    return Stored(published=published, **same)


def _page(row: RowMapping) -> Page:
    return Page(
        article_id=row["id"],
        source_id=row["source_id"],
        url=row["url"],
        attempts=row["page_attempts"],
        encoding=row["encoding"],
        timezone=row["timezone"],
        lang=row["lang"],
        rule=ArticleRule(**row["article"]) if row["article"] else None,
        # A pack's headers may hold a key: they never go to another origin.
        headers=row["headers"] if origin_of(row["url"]) == origin_of(row["source_url"]) else {},
    )


def _slices(values: Collection[T]) -> Iterable[list[T]]:
    """SQLite takes a bounded number of variables in one statement."""
    ordered = list(values)
    return (ordered[i : i + IN_ONE_STATEMENT] for i in range(0, len(ordered), IN_ONE_STATEMENT))
