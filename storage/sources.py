"""Sources, their state and the log of their fetches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, func, insert, select, update

from core.types import ArticleRule, Found, ListRule, Names, Source, SourceState
from storage.tables import fetches, source_states, sources

STATE_COLUMNS = tuple(f.name for f in fields(SourceState) if f.name not in ("source_id", "interval"))


def all_sources(conn: Connection, *, removed: bool = False) -> list[Source]:
    """In the order in which they were made."""
    rows = conn.execute(_listed(removed).order_by(sources.c.created_at, sources.c.id)).mappings()
    return [_source(row) for row in rows]


def find_source(conn: Connection, source_id: str, *, removed: bool = False) -> Source | None:
    row = conn.execute(_listed(removed).where(sources.c.id == source_id)).mappings().first()
    return _source(row) if row else None


def insert_source(conn: Connection, source: Source, state: SourceState, now: datetime) -> None:
    conn.execute(insert(sources).values(**_row(source), created_at=now, updated_at=now))
    conn.execute(insert(source_states).values(source_id=source.id, **_state_row(state)))


def update_source(conn: Connection, source: Source, now: datetime) -> None:
    """Also brings back one that was removed."""
    conn.execute(
        update(sources)
        .where(sources.c.id == source.id)
        .values(**_row(source), version=sources.c.version + 1, updated_at=now, removed_at=None)
    )


def remove_source(conn: Connection, source_id: str, now: datetime) -> None:
    """Its articles stay; it is fetched no more."""
    conn.execute(update(sources).where(sources.c.id == source_id).values(removed_at=now, updated_at=now))


def due_sources(conn: Connection, now: datetime, limit: int) -> list[tuple[Source, SourceState]]:
    """Longest due first."""
    due = and_(sources.c.enabled, source_states.c.next_due <= now)
    return _with_states(
        conn, _joined().where(due).order_by(source_states.c.next_due, sources.c.id).limit(limit)
    )


def sources_with_states(
    conn: Connection, ids: Sequence[str] | None = None, *, enabled_only: bool = False
) -> list[tuple[Source, SourceState]]:
    query = _joined().order_by(sources.c.created_at, sources.c.id)
    if ids is not None:
        query = query.where(sources.c.id.in_(ids))
    if enabled_only:
        query = query.where(sources.c.enabled)
    return _with_states(conn, query)


def find_state(conn: Connection, source_id: str) -> SourceState | None:
    row = conn.execute(select(source_states).where(source_states.c.source_id == source_id)).mappings().first()
    return _state(row) if row else None


def save_state(conn: Connection, state: SourceState, error_class: str | None = None) -> None:
    conn.execute(
        update(source_states)
        .where(source_states.c.source_id == state.source_id)
        .values(**_state_row(state), error_class=error_class)
    )


def put_off(conn: Connection, source_id: str, until: datetime) -> None:
    """Not before then; a source that is never due stays so."""
    scheduled = (source_states.c.source_id == source_id) & source_states.c.next_due.is_not(None)
    conn.execute(update(source_states).where(scheduled).values(next_due=until))


@dataclass(frozen=True, slots=True)
class FetchLine:
    """One line of a source's fetch log."""

    source_id: str
    at: datetime
    outcome: str
    status: int | None
    error: str | None
    error_class: str | None
    entries: int
    new: int
    ms: int


def log_fetch(conn: Connection, found: Found, new: int) -> None:
    conn.execute(
        insert(fetches).values(
            source_id=found.source_id,
            at=found.fetched_at,
            outcome=found.outcome,
            status=found.status,
            error=found.error,
            error_class=found.error_class,
            entries=len(found.entries),
            new=new,
            size_bytes=found.size_bytes,
            ms=found.ms,
        )
    )


def last_fetches(conn: Connection, source_id: str, limit: int) -> list[FetchLine]:
    """Newest first."""
    query = (
        select(fetches)
        .where(fetches.c.source_id == source_id)
        .order_by(fetches.c.at.desc(), fetches.c.id.desc())
    )
    return [_line(row) for row in conn.execute(query.limit(limit)).mappings()]


def last_success(conn: Connection) -> datetime | None:
    """Of any source."""
    last: datetime | None = conn.execute(select(func.max(source_states.c.succeeded_at))).scalar_one()
    return last


def error_classes(conn: Connection) -> dict[str, str]:
    """The class of the last failure of each source that is failing now."""
    query = select(source_states.c.source_id, source_states.c.error_class).where(
        source_states.c.error_class.is_not(None)
    )
    return {row.source_id: row.error_class for row in conn.execute(query)}


def checked_in(conn: Connection, start: datetime, end: datetime) -> dict[str, FetchLine]:
    """The last fetch of each source within (start, end]."""
    last = (
        select(fetches.c.source_id, func.max(fetches.c.id).label("id"))
        .where(fetches.c.at > start, fetches.c.at <= end)
        .group_by(fetches.c.source_id)
        .subquery()
    )
    query = select(fetches).join(last, fetches.c.id == last.c.id)
    return {row["source_id"]: _line(row) for row in conn.execute(query).mappings()}


def drop_fetches(conn: Connection, before: datetime) -> int:
    return conn.execute(fetches.delete().where(fetches.c.at < before)).rowcount


def count_sources(conn: Connection) -> int:
    return conn.execute(
        select(func.count()).select_from(sources).where(sources.c.removed_at.is_(None))
    ).scalar_one()


def _listed(removed: bool) -> Select[Any]:
    query = select(sources)
    return query if removed else query.where(sources.c.removed_at.is_(None))


def _joined() -> Select[Any]:
    """Both tables share no column name but those of the key, so a row is one mapping."""
    joined = sources.join(source_states, source_states.c.source_id == sources.c.id)
    return select(sources, source_states).select_from(joined).where(sources.c.removed_at.is_(None))


def _with_states(conn: Connection, query: Select[Any]) -> list[tuple[Source, SourceState]]:
    return [(_source(row), _state(row)) for row in conn.execute(query).mappings()]


def _source(row: RowMapping) -> Source:
    return Source(
        id=row["id"],
        name=Names(row["name_zh"], row["name_en"]),
        url=row["url"],
        kind=row["kind"],
        type=row["type"],
        tier=row["tier"],
        lang=row["lang"],
        every=row["every"],
        fetch=row["fetch"],
        encoding=row["encoding"],
        timezone=row["timezone"],
        enabled=row["enabled"],
        list=ListRule(**row["list"]) if row["list"] else None,
        article=ArticleRule(**row["article"]) if row["article"] else None,
        headers=row["headers"],
        notes=row["notes"],
    )


def _row(source: Source) -> dict[str, Any]:
    row: dict[str, Any] = {f.name: getattr(source, f.name) for f in fields(Source) if f.name != "name"}
    row["list"] = asdict(source.list) if source.list else None
    row["article"] = asdict(source.article) if source.article else None
    row["headers"] = dict(source.headers)
    return row | {"name_zh": source.name.zh, "name_en": source.name.en}


def _state(row: RowMapping | Mapping[str, Any]) -> SourceState:
    interval = timedelta(seconds=row["interval_s"]) if row["interval_s"] is not None else None
    return SourceState(
        source_id=row["source_id"], interval=interval, **{name: row[name] for name in STATE_COLUMNS}
    )


def _state_row(state: SourceState) -> dict[str, Any]:
    interval = int(state.interval.total_seconds()) if state.interval is not None else None
    return {name: getattr(state, name) for name in STATE_COLUMNS} | {"interval_s": interval}


def _line(row: RowMapping) -> FetchLine:
    return FetchLine(**{f.name: row[f.name] for f in fields(FetchLine)})


def names_of(conn: Connection, ids: Iterable[str]) -> dict[str, Names]:
    query = select(sources.c.id, sources.c.name_zh, sources.c.name_en).where(sources.c.id.in_(list(ids)))
    return {row.id: Names(row.name_zh, row.name_en) for row in conn.execute(query)}


def fetches_since(conn: Connection, since: datetime) -> list[FetchLine]:
    """Oldest first."""
    query = select(fetches).where(fetches.c.at >= since).order_by(fetches.c.at, fetches.c.id)
    return [_line(row) for row in conn.execute(query).mappings()]


def versions(conn: Connection) -> dict[str, int]:
    """How often each source that is there was saved."""
    query = select(sources.c.id, sources.c.version).where(sources.c.removed_at.is_(None))
    return {row.id: row.version for row in conn.execute(query)}
