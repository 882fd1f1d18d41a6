"""The first content of a new database. After that the database is the truth (DESIGN 4.18)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from core.clock import Clock
from core.types import Source, SourceState, Subscription, Watch
from desk.digesting import FIRST_WINDOW, next_slot
from desk.watching import check_alias, used
from matching.parser import parse
from storage import digests as digest_store
from storage import jobs as job_store
from storage import sources as source_store
from storage import watches as watch_store
from storage.db import Database

SEEDED = "seeded"
WHO = "pack"


@dataclass(frozen=True, slots=True)
class Seed:
    sources: Sequence[Source]
    aliases: Mapping[str, str]
    watches: Sequence[Watch]
    digests: Sequence[Subscription]


def is_seeded(db: Database) -> bool:
    with db.read() as conn:
        return job_store.get_fact(conn, SEEDED) is not None


def check_queries(seed: Seed) -> None:
    """Raises ``QueryError``, whose subject is the query that cannot be read."""
    for name, body in seed.aliases.items():
        check_alias(name, body, seed.aliases)
    for watch in seed.watches:
        parse(watch.query, mode="watch", aliases=seed.aliases)


def sow(db: Database, seed: Seed, clock: Clock, is_workday: Callable[[date], bool]) -> bool:
    """All of it or nothing, once; False when another process was quicker. Raises ``QueryError`` naming the watch."""

    def work(conn: Connection) -> bool:
        if job_store.get_fact(conn, SEEDED) is not None:
            return False
        now = clock()
        for source in seed.sources:
            source_store.insert_source(conn, source, SourceState(source.id, next_due=now), now)
        check_queries(seed)
        for name, body in seed.aliases.items():
            watch_store.save_alias(conn, name, body, now)
        generation = watch_store.next_generation(conn, now)
        for watch in seed.watches:
            watch_store.save_watch(
                conn,
                watch,
                used={name: seed.aliases[name] for name in used(watch.query, seed.aliases)},
                generation=generation,
                now=now,
                who=WHO,
                why="first start",
            )
        for digest in seed.digests:
            due_at = next_slot(digest, now, is_workday).at
            digest_store.insert_digest(conn, digest, next_due=due_at, window_from=now - FIRST_WINDOW, now=now)
        job_store.set_fact(conn, SEEDED, now.isoformat())
        return True

    return db.write(work)
