"""Hits: which watch an article matched, by which version of the rule and where."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from core.types import Span
from storage.tables import articles, hits

HitState = Literal["pending", "live", "lost"]


@dataclass(frozen=True, slots=True)
class Hit:
    article_id: int
    watch_id: str
    watch_version: int
    state: HitState
    spans: tuple[Span, ...]
    clause: str
    at: datetime
    final_by: datetime | None = None
    silent: bool = False


def hits_of(conn: Connection, article_ids: Collection[int], *, lost: bool = False) -> dict[int, list[Hit]]:
    found: dict[int, list[Hit]] = {}
    ids = list(article_ids)
    for start in range(0, len(ids), 500):
        query = select(hits).where(hits.c.article_id.in_(ids[start : start + 500])).order_by(hits.c.watch_id)
        if not lost:
            query = query.where(hits.c.state != "lost")
        for row in conn.execute(query).mappings():
            found.setdefault(row["article_id"], []).append(_hit(row))
    return found


def insert_hits(conn: Connection, new: Sequence[Hit]) -> None:
    if new:
        conn.execute(insert(hits), [_row(hit) for hit in new])


def update_hit(conn: Connection, hit: Hit) -> None:
    same = (hits.c.article_id == hit.article_id) & (hits.c.watch_id == hit.watch_id)
    conn.execute(update(hits).where(same).values(**_row(hit)))


def overdue_hits(conn: Connection, now: datetime, limit: int) -> list[int]:
    """Articles with pending hits whose page took too long: they count from now on."""
    query = (
        select(hits.c.article_id)
        .where(hits.c.state == "pending", hits.c.final_by <= now)
        .group_by(hits.c.article_id)
        .order_by(hits.c.article_id)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def settle_hits(conn: Connection, article_ids: Collection[int]) -> None:
    pending = hits.c.article_id.in_(list(article_ids)) & (hits.c.state == "pending")
    conn.execute(update(hits).where(pending).values(state="live", final_by=None))


def live_since(conn: Connection, since: datetime, watch_ids: Collection[str] | None) -> list[int]:
    """Articles with a hit that may be told and that was found after ``since``."""
    query = (
        select(hits.c.article_id)
        .where(hits.c.state == "live", hits.c.silent.is_(False), hits.c.at > since)
        .group_by(hits.c.article_id)
        .order_by(hits.c.article_id)
    )
    if watch_ids is not None:
        query = query.where(hits.c.watch_id.in_(list(watch_ids)))
    return list(conn.execute(query).scalars())


def counts_by_watch(conn: Connection) -> dict[str, tuple[int, datetime]]:
    """Live hits of each watch and when the last one came."""
    query = (
        select(hits.c.watch_id, func.count().label("n"), func.max(hits.c.at).label("last"))
        .where(hits.c.state == "live")
        .group_by(hits.c.watch_id)
    )
    return {row.watch_id: (row.n, row.last) for row in conn.execute(query)}


def stories_by_time(conn: Connection, since: datetime) -> list[tuple[str, int | None, datetime]]:
    """(watch, story, first seen) of every live hit on an article first seen since then."""
    query = (
        select(hits.c.watch_id, articles.c.story_id, articles.c.first_seen)
        .join(articles, articles.c.id == hits.c.article_id)
        .where(hits.c.state == "live", articles.c.novelty != "archive", articles.c.first_seen >= since)
    )
    return [(row.watch_id, row.story_id, row.first_seen) for row in conn.execute(query)]


def span_rows(spans: Sequence[Span]) -> list[list[Any]]:
    return [[span.field, span.start, span.end] for span in spans]


def _row(hit: Hit) -> dict[str, Any]:
    return {
        "article_id": hit.article_id,
        "watch_id": hit.watch_id,
        "watch_version": hit.watch_version,
        "state": hit.state,
        "spans": span_rows(hit.spans),
        "clause": hit.clause,
        "at": hit.at,
        "final_by": hit.final_by,
        "silent": hit.silent,
    }


def _hit(row: RowMapping | Mapping[str, Any]) -> Hit:
    return Hit(
        article_id=row["article_id"],
        watch_id=row["watch_id"],
        watch_version=row["watch_version"],
        state=row["state"],
        spans=tuple(Span(field, start, end) for field, start, end in row["spans"]),
        clause=row["clause"],
        at=row["at"],
        final_by=row["final_by"],
        silent=row["silent"],
    )


def recent_hits(conn: Connection, since: datetime) -> list[Hit]:
    """Hits that stand, of articles first seen since then, newest article first."""
    query = (
        select(hits)
        .join(articles, articles.c.id == hits.c.article_id)
        .where(hits.c.state != "lost", articles.c.first_seen >= since, articles.c.novelty != "archive")
        .order_by(hits.c.article_id.desc(), hits.c.watch_id)
    )
    return [_hit(row) for row in conn.execute(query).mappings()]
