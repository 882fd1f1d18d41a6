"""Sources as people handle them: list, edit, pause, resume, remove, import. Each change is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection

from core.clock import Clock
from core.errors import Conflict, NotFound
from core.types import Source, SourceState
from desk.versions import must_be_newest
from storage import audit
from storage import sources as store
from storage.db import Database


@dataclass(frozen=True, slots=True)
class Imported:
    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sourcing:
    db: Database
    clock: Clock

    def pairs(self) -> list[tuple[Source, SourceState]]:
        with self.db.read() as conn:
            return store.sources_with_states(conn)

    def show(self, source_id: str, fetches: int = 30) -> tuple[Source, SourceState, list[store.FetchLine]]:
        with self.db.read() as conn:
            source = existing(conn, source_id)
            state = store.find_state(conn, source_id) or SourceState(source_id)
            return source, state, store.last_fetches(conn, source_id, fetches)

    def versions(self) -> dict[str, int]:
        """Each change of a source makes the next one."""
        with self.db.read() as conn:
            return store.versions(conn)

    def add(self, source: Source, *, who: str) -> None:
        """Also brings back one that was removed. Raises ``Conflict`` when there is one of that id."""

        def work(conn: Connection) -> None:
            if store.find_source(conn, source.id) is not None:
                raise Conflict(f"there is a source {source.id} already; change it, or choose another id")
            self._import(conn, [source], who)

        self.db.write(work)

    def edit(self, source: Source, *, expected: int | None = None, who: str) -> None:
        """``source`` is the whole new value; a changed address or kind forgets what was learned of the old one.

        Raises ``Outdated`` when the source is not at the version ``expected``.
        """

        def work(conn: Connection) -> None:
            before = self._looked_at(conn, source.id, expected)
            self._replace(conn, before, source, who, "source edit")

        self.db.write(work)

    def pause(self, source_id: str, *, expected: int | None = None, who: str) -> None:
        self.db.write(lambda conn: self._switch(conn, self._looked_at(conn, source_id, expected), False, who))

    def resume(self, source_id: str, *, expected: int | None = None, who: str) -> None:
        """Due at once; also takes up a source that a 410 had ended."""
        self.db.write(lambda conn: self._switch(conn, self._looked_at(conn, source_id, expected), True, who))

    def remove(self, source_id: str, *, expected: int | None = None, who: str) -> None:
        def work(conn: Connection) -> None:
            source, now = self._looked_at(conn, source_id, expected), self.clock()
            store.remove_source(conn, source_id, now)
            audit.record(
                conn,
                who=who,
                action="source remove",
                subject=source_id,
                before=asdict(source),
                after=None,
                now=now,
            )

        self.db.write(work)

    def import_sources(self, sources: Sequence[Source], *, who: str) -> Imported:
        """Idempotent by ``id``: all or nothing, in one transaction."""
        return self.db.write(lambda conn: self._import(conn, sources, who))

    def _import(self, conn: Connection, sources: Sequence[Source], who: str) -> Imported:
        known = {source.id: source for source in store.all_sources(conn, removed=True)}
        present = {source.id for source in store.all_sources(conn)}
        new, changed, same = [], [], []
        for source in sources:
            if source.id not in known:
                self._insert(conn, source, who)
                new.append(source.id)
            elif source.id not in present or known[source.id] != source:
                self._replace(conn, known[source.id], source, who, "source import")
                changed.append(source.id)
            else:
                same.append(source.id)
        return Imported(tuple(new), tuple(changed), tuple(same))

    def _insert(self, conn: Connection, source: Source, who: str) -> None:
        now = self.clock()
        store.insert_source(conn, source, SourceState(source.id, next_due=now), now)
        audit.record(
            conn, who=who, action="source add", subject=source.id, before=None, after=asdict(source), now=now
        )

    def _looked_at(self, conn: Connection, source_id: str, expected: int | None) -> Source:
        source = existing(conn, source_id)
        must_be_newest(expected, store.versions(conn)[source_id], f"source {source_id}")
        return source

    def _switch(self, conn: Connection, source: Source, enabled: bool, who: str) -> None:
        self._replace(
            conn,
            source,
            replace(source, enabled=enabled),
            who,
            "source resume" if enabled else "source pause",
        )
        if enabled:
            state = store.find_state(conn, source.id)
            if state is not None:
                store.save_state(conn, replace(state, next_due=self.clock(), ended_at=None))

    def _replace(self, conn: Connection, before: Source, after: Source, who: str, action: str) -> None:
        now = self.clock()
        store.update_source(conn, after, now)
        if (before.url, before.kind, before.list, before.encoding) != (
            after.url,
            after.kind,
            after.list,
            after.encoding,
        ):
            state = store.find_state(conn, after.id)
            fresh = SourceState(after.id, next_due=now, first_done_at=state.first_done_at if state else None)
            store.save_state(conn, fresh)
        audit.record(
            conn,
            who=who,
            action=action,
            subject=after.id,
            before=asdict(before),
            after=asdict(after),
            now=now,
        )


def existing(conn: Connection, source_id: str) -> Source:
    source = store.find_source(conn, source_id)
    if source is None:
        raise NotFound(f"there is no source {source_id}; see: presswatch source list")
    return source
