"""Sources as people handle them: list, edit, pause, resume, remove, import. Each change is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection

from core.clock import Clock
from core.errors import NotFound
from core.types import Source, SourceState
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

    def edit(self, source: Source, *, who: str) -> None:
        """``source`` is the whole new value; a changed address or kind forgets what was learned of the old one."""
        self.db.write(lambda conn: self._replace(conn, existing(conn, source.id), source, who, "source edit"))

    def pause(self, source_id: str, *, who: str) -> None:
        self.db.write(lambda conn: self._switch(conn, source_id, False, who))

    def resume(self, source_id: str, *, who: str) -> None:
        """Due at once; also takes up a source that a 410 had ended."""
        self.db.write(lambda conn: self._switch(conn, source_id, True, who))

    def remove(self, source_id: str, *, who: str) -> None:
        def work(conn: Connection) -> None:
            source, now = existing(conn, source_id), self.clock()
            store.remove_source(conn, source_id, now)
            audit.record(
                conn, who=who, action="source remove", subject=source_id, before=asdict(source), after=None, now=now
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
        audit.record(conn, who=who, action="source add", subject=source.id, before=None, after=asdict(source), now=now)

    def _switch(self, conn: Connection, source_id: str, enabled: bool, who: str) -> None:
        source = existing(conn, source_id)
        self._replace(conn, source, replace(source, enabled=enabled), who, "source resume" if enabled else "source pause")
        if enabled:
            state = store.find_state(conn, source_id)
            if state is not None:
                store.save_state(conn, replace(state, next_due=self.clock(), ended_at=None))

    def _replace(self, conn: Connection, before: Source, after: Source, who: str, action: str) -> None:
        now = self.clock()
        store.update_source(conn, after, now)
        if (before.url, before.kind, before.list, before.encoding) != (after.url, after.kind, after.list, after.encoding):
            state = store.find_state(conn, after.id)
            fresh = SourceState(after.id, next_due=now, first_done_at=state.first_done_at if state else None)
            store.save_state(conn, fresh)
        audit.record(
            conn, who=who, action=action, subject=after.id, before=asdict(before), after=asdict(after), now=now
        )


def existing(conn: Connection, source_id: str) -> Source:
    source = store.find_source(conn, source_id)
    if source is None:
        raise NotFound(f"there is no source {source_id}; see: presswatch source list")
    return source
