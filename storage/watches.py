"""Watches with their versions, aliases, and the generation that tells a writer which rules are in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from core.types import Names, Priority, Watch
from storage.tables import aliases, generations, watch_versions, watches


@dataclass(frozen=True, slots=True)
class WatchVersion:
    watch_id: str
    version: int
    name: Names
    query: str
    aliases: Mapping[str, str]
    """Bodies of the aliases it used then."""
    priority: Priority
    generation: int
    at: datetime
    who: str
    why: str


def current_generation(conn: Connection) -> int:
    """0 = nothing was ever saved."""
    highest: int | None = conn.execute(select(func.max(generations.c.generation))).scalar_one()
    return highest or 0


def next_generation(conn: Connection, now: datetime) -> int:
    generation = current_generation(conn) + 1
    conn.execute(insert(generations).values(generation=generation, at=now))
    return generation


def all_watches(conn: Connection) -> list[Watch]:
    """In the order in which they are shown."""
    query = select(watches).where(watches.c.removed_at.is_(None)).order_by(watches.c.position, watches.c.id)
    return [_watch(row) for row in conn.execute(query).mappings()]


def find_watch(conn: Connection, watch_id: str, *, removed: bool = False) -> Watch | None:
    query = select(watches).where(watches.c.id == watch_id)
    if not removed:
        query = query.where(watches.c.removed_at.is_(None))
    row = conn.execute(query).mappings().first()
    return _watch(row) if row else None


def save_watch(
    conn: Connection,
    watch: Watch,
    *,
    used: Mapping[str, str],
    generation: int,
    now: datetime,
    who: str,
    why: str,
) -> None:
    """Writes the watch and its version row; ``watch.version`` must be the next one."""
    row = {
        "name_zh": watch.name.zh,
        "name_en": watch.name.en,
        "query": watch.query,
        "priority": watch.priority,
        "version": watch.version,
        "updated_at": now,
        "removed_at": None,
    }
    if conn.execute(select(watches.c.id).where(watches.c.id == watch.id)).first():
        conn.execute(update(watches).where(watches.c.id == watch.id).values(**row))
    else:
        position = conn.execute(select(func.coalesce(func.max(watches.c.position), 0) + 1)).scalar_one()
        conn.execute(insert(watches).values(id=watch.id, position=position, created_at=now, **row))
    conn.execute(
        insert(watch_versions).values(
            watch_id=watch.id,
            version=watch.version,
            name_zh=watch.name.zh,
            name_en=watch.name.en,
            query=watch.query,
            aliases=dict(used),
            priority=watch.priority,
            generation=generation,
            at=now,
            who=who,
            why=why,
        )
    )


def remove_watch(conn: Connection, watch_id: str, now: datetime) -> None:
    conn.execute(update(watches).where(watches.c.id == watch_id).values(removed_at=now, updated_at=now))


def last_version(conn: Connection, watch_id: str) -> int:
    """0 = there never was such a watch."""
    query = select(func.max(watch_versions.c.version)).where(watch_versions.c.watch_id == watch_id)
    highest: int | None = conn.execute(query).scalar_one()
    return highest or 0


def history(conn: Connection, watch_id: str) -> list[WatchVersion]:
    """Oldest first."""
    query = (
        select(watch_versions).where(watch_versions.c.watch_id == watch_id).order_by(watch_versions.c.version)
    )
    return [_version(row) for row in conn.execute(query).mappings()]


def all_aliases(conn: Connection) -> dict[str, str]:
    query = select(aliases.c.name, aliases.c.query).order_by(aliases.c.name)
    return {row.name: row.query for row in conn.execute(query)}


def save_alias(conn: Connection, name: str, query: str, now: datetime) -> None:
    conn.execute(delete(aliases).where(aliases.c.name == name))
    conn.execute(insert(aliases).values(name=name, query=query, updated_at=now))


def remove_alias(conn: Connection, name: str) -> None:
    conn.execute(delete(aliases).where(aliases.c.name == name))


def _watch(row: RowMapping) -> Watch:
    return Watch(
        row["id"], Names(row["name_zh"], row["name_en"]), row["query"], row["priority"], row["version"]
    )


def _version(row: RowMapping) -> WatchVersion:
    return WatchVersion(
        watch_id=row["watch_id"],
        version=row["version"],
        name=Names(row["name_zh"], row["name_en"]),
        query=row["query"],
        aliases=row["aliases"],
        priority=row["priority"],
        generation=row["generation"],
        at=row["at"],
        who=row["who"],
        why=row["why"],
    )
