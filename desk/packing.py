"""Later changes of a pack beside what is in the database, which is the truth (DESIGN 3).

What a person changed here is never overwritten unless asked; what only stands here stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from sqlalchemy import Connection

from core.types import Source, Subscription, Watch
from desk.digesting import Digesting
from desk.seed import WHO, Seed
from desk.sourcing import Sourcing
from desk.watching import Watching
from storage import audit as audit_store
from storage import digests as digest_store
from storage import sources as source_store
from storage import watches as watch_store
from storage.db import Database

Kind = Literal["alias", "watch", "source", "digest"]
What = Literal["new", "changed", "edited-here", "removed-here", "only-here"]
APPLIED: frozenset[What] = frozenset({"new", "changed"})
FORCED: frozenset[What] = frozenset({"new", "changed", "edited-here", "removed-here"})


@dataclass(frozen=True, slots=True)
class Change:
    kind: Kind
    id: str
    what: What
    fields: tuple[str, ...] = ()
    """Names of what differs."""


@dataclass(frozen=True, slots=True)
class Packing:
    db: Database
    watching: Watching
    sourcing: Sourcing
    digesting: Digesting

    def diff(self, seed: Seed) -> list[Change]:
        with self.db.read() as conn:
            return list(_diff(conn, seed))

    def apply(self, seed: Seed, *, force: bool = False) -> list[Change]:
        """What was brought over. Each change is a version or an audit line of ``pack``."""
        wanted = FORCED if force else APPLIED
        todo = [change for change in self.diff(seed) if change.what in wanted]
        for change in sorted(
            todo, key=lambda change: ("alias", "watch", "source", "digest").index(change.kind)
        ):
            self._bring(change, seed)
        return todo

    def _bring(self, change: Change, seed: Seed) -> None:
        if change.kind == "alias":
            self.watching.set_alias(change.id, seed.aliases[change.id], who=WHO)
        elif change.kind == "watch":
            self._bring_watch(next(watch for watch in seed.watches if watch.id == change.id), change)
        elif change.kind == "source":
            source = next(source for source in seed.sources if source.id == change.id)
            self.sourcing.import_sources([source], who=WHO)
        else:
            self._bring_digest(next(digest for digest in seed.digests if digest.id == change.id), change)

    def _bring_watch(self, watch: Watch, change: Change) -> None:
        if change.what in ("new", "removed-here"):
            self.watching.add(watch, who=WHO, why="pack")
            return
        self.watching.edit(
            watch.id, query=watch.query, names=watch.name, priority=watch.priority, who=WHO, why="pack"
        )

    def _bring_digest(self, digest: Subscription, change: Change) -> None:
        if change.what in ("new", "removed-here"):
            self.digesting.add(digest, who=WHO)
            return
        current = next(s.subscription for s in self.digesting.states() if s.subscription.id == digest.id)
        # Recipients are the office's own: a pack has none.
        self.digesting.edit(replace(digest, to=current.to), who=WHO)


def _diff(conn: Connection, seed: Seed) -> Iterator[Change]:
    yield from _diff_aliases(conn, seed)
    yield from _diff_watches(conn, seed)
    yield from _diff_sources(conn, seed)
    yield from _diff_digests(conn, seed)


def _diff_aliases(conn: Connection, seed: Seed) -> Iterator[Change]:
    here = watch_store.all_aliases(conn)
    for name, query in seed.aliases.items():
        if name not in here:
            yield Change("alias", name, "new")
        elif here[name] != query:
            yield Change("alias", name, _by_whom(conn, f"@{name}"), ("query",))
    yield from (Change("alias", name, "only-here") for name in here if name not in seed.aliases)


def _diff_watches(conn: Connection, seed: Seed) -> Iterator[Change]:
    here = {watch.id: watch for watch in watch_store.all_watches(conn)}
    for watch in seed.watches:
        if watch.id not in here:
            gone = watch_store.find_watch(conn, watch.id, removed=True) is not None
            yield Change("watch", watch.id, "removed-here" if gone else "new")
        elif differing := _differing(here[watch.id], watch, without={"version"}):
            yield Change("watch", watch.id, _by_whom(conn, watch.id), differing)
    known = {watch.id for watch in seed.watches}
    yield from (Change("watch", watch_id, "only-here") for watch_id in here if watch_id not in known)


def _diff_sources(conn: Connection, seed: Seed) -> Iterator[Change]:
    here = {source.id: source for source in source_store.all_sources(conn)}
    for source in seed.sources:
        if source.id not in here:
            gone = source_store.find_source(conn, source.id, removed=True) is not None
            yield Change("source", source.id, "removed-here" if gone else "new")
        elif differing := _differing(here[source.id], source):
            yield Change("source", source.id, _by_whom(conn, source.id), differing)
    known = {source.id for source in seed.sources}
    yield from (Change("source", source_id, "only-here") for source_id in here if source_id not in known)


def _diff_digests(conn: Connection, seed: Seed) -> Iterator[Change]:
    here = {state.subscription.id: state.subscription for state in digest_store.all_digests(conn)}
    for digest in seed.digests:
        if digest.id not in here:
            yield Change("digest", digest.id, "new")
        elif differing := _differing(here[digest.id], digest, without={"to"}):
            yield Change("digest", digest.id, _by_whom(conn, digest.id), differing)
    known = {digest.id for digest in seed.digests}
    yield from (Change("digest", digest_id, "only-here") for digest_id in here if digest_id not in known)


def _by_whom(conn: Connection, subject: str) -> What:
    """Whether a person had a hand in it since the pack was loaded."""
    hands = {line.who for line in audit_store.recent(conn, limit=200, subject=subject)}
    return "edited-here" if hands - {WHO} else "changed"


def _differing(
    one: Source | Watch | Subscription, other: Any, without: Collection[str] = ()
) -> tuple[str, ...]:
    names = [field.name for field in fields(one) if field.name not in without]
    return tuple(name for name in names if getattr(one, name) != getattr(other, name))
