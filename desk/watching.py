"""Watches and aliases: each change is judged before it is saved, makes a new version, and is written down.

Saving raises the generation in the same transaction; whoever stores an article after it uses the new rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from core.clock import Clock
from core.errors import Conflict, NotFound, Outdated, PresswatchError, QueryError
from core.types import Names, Priority, Watch
from desk.versions import must_be_newest
from matching.ast import Alias, Node, Query, parts_of
from matching.lexer import alias_name
from matching.parser import parse
from storage import audit
from storage import hits as hit_store
from storage import watches as store
from storage.db import Database

WATCH_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,118}")


@dataclass(frozen=True, slots=True)
class WatchLine:
    watch: Watch
    hits: int
    last_hit: datetime | None


@dataclass(frozen=True, slots=True)
class Saved:
    watch: Watch
    query: Query
    """With its warnings."""


@dataclass(frozen=True, slots=True)
class Watching:
    db: Database
    clock: Clock

    def lines(self) -> list[WatchLine]:
        with self.db.read() as conn:
            counts = hit_store.counts_by_watch(conn)
            return [WatchLine(watch, *counts.get(watch.id, (0, None))) for watch in store.all_watches(conn)]

    def show(self, watch_id: str) -> tuple[Watch, Query]:
        with self.db.read() as conn:
            watch = existing(conn, watch_id)
            return watch, parse(watch.query, mode="watch", aliases=store.all_aliases(conn))

    def history(self, watch_id: str) -> list[store.WatchVersion]:
        """Also of a removed watch."""
        with self.db.read() as conn:
            if store.find_watch(conn, watch_id, removed=True) is None:
                raise no_watch(watch_id)
            return store.history(conn, watch_id)

    def add(self, watch: Watch, *, who: str, why: str = "") -> Saved:
        if not WATCH_ID.fullmatch(watch.id):
            raise PresswatchError(
                f"a watch id has only a-z, 0-9 and '-', and begins with a letter or digit: {watch.id!r}"
            )

        def work(conn: Connection) -> Saved:
            if store.find_watch(conn, watch.id) is not None:
                raise Conflict(
                    f"there is a watch {watch.id} already; change it with: presswatch watch edit {watch.id}"
                )
            return self._save(conn, watch, who=who, why=why, action="watch add")

        return self.db.write(work)

    def edit(
        self,
        watch_id: str,
        *,
        query: str | None = None,
        names: Names | None = None,
        priority: Priority | None = None,
        expected: int | None = None,
        who: str,
        why: str = "",
    ) -> Saved:
        """Raises ``Outdated`` when the watch is not at the version ``expected``."""

        def work(conn: Connection) -> Saved:
            watch = existing(conn, watch_id)
            must_be_newest(expected, watch.version, f"watch {watch_id}")
            changed = replace(
                watch,
                query=watch.query if query is None else query,
                name=names or watch.name,
                priority=priority or watch.priority,
            )
            return self._save(conn, changed, who=who, why=why, action="watch edit")

        return self.db.write(work)

    def restore(self, watch_id: str, version: int, *, who: str) -> Saved:
        """The old version becomes the newest one; nothing between is lost. Also brings back a removed watch."""

        def work(conn: Connection) -> Saved:
            old = next((v for v in store.history(conn, watch_id) if v.version == version), None)
            if old is None:
                raise NotFound(
                    f"watch {watch_id} has no version {version}; see: presswatch watch history {watch_id}"
                )
            watch = Watch(watch_id, old.name, old.query, old.priority)
            return self._save(
                conn, watch, who=who, why=f"restore of version {version}", action="watch restore"
            )

        return self.db.write(work)

    def remove(self, watch_id: str, *, expected: int | None = None, who: str) -> None:
        def work(conn: Connection) -> None:
            watch, now = existing(conn, watch_id), self.clock()
            must_be_newest(expected, watch.version, f"watch {watch_id}")
            store.remove_watch(conn, watch_id, now)
            store.next_generation(conn, now)
            audit.record(
                conn,
                who=who,
                action="watch remove",
                subject=watch_id,
                before=asdict(watch),
                after=None,
                now=now,
            )

        self.db.write(work)

    def aliases(self) -> dict[str, str]:
        with self.db.read() as conn:
            return store.all_aliases(conn)

    def set_alias(
        self, name: str, query: str, *, known: Callable[[str | None], bool] = lambda before: True, who: str
    ) -> list[str]:
        """Ids of the watches that use it, which have a new version now. Raises ``QueryError`` when one would break.

        ``known`` says of the query that it had (None = it is new) whether it is the one that was looked at.
        """
        folded = folded_name(name)

        def work(conn: Connection) -> list[str]:
            before = store.all_aliases(conn)
            if not known(before.get(folded)):
                raise Outdated(f"@{folded} is not as it was looked at: somebody saved it meanwhile")
            after = before | {folded: query}
            check_alias(folded, query, after)
            store.save_alias(conn, folded, query, self.clock())
            return self._renew(conn, folded, before, after, who, "alias set")

        return self.db.write(work)

    def remove_alias(
        self, name: str, *, known: Callable[[str | None], bool] = lambda before: True, who: str
    ) -> None:
        folded = folded_name(name)

        def work(conn: Connection) -> None:
            before = store.all_aliases(conn)
            if folded not in before:
                raise NotFound(f"there is no alias @{folded}; see: presswatch alias list")
            if not known(before[folded]):
                raise Outdated(f"@{folded} is not as it was looked at: somebody saved it meanwhile")
            after = {key: query for key, query in before.items() if key != folded}
            users = users_of(conn, folded, before) + [
                key for key, body in after.items() if folded in used(body, before)
            ]
            if users:
                raise Conflict(f"@{folded} is used by {', '.join(sorted(users))}; change these first")
            store.remove_alias(conn, folded)
            self._renew(conn, folded, before, after, who, "alias remove")

        self.db.write(work)

    def _renew(
        self,
        conn: Connection,
        name: str,
        before: Mapping[str, str],
        after: Mapping[str, str],
        who: str,
        action: str,
    ) -> list[str]:
        users, now = users_of(conn, name, {**before, **after}), self.clock()
        for watch_id in users:
            self._save(conn, existing(conn, watch_id), who=who, why=f"@{name} changed", action="watch edit")
        if not users:
            store.next_generation(conn, now)
        audit.record(
            conn,
            who=who,
            action=action,
            subject=f"@{name}",
            before=before.get(name),
            after=after.get(name),
            now=now,
        )
        return users

    def _save(self, conn: Connection, watch: Watch, *, who: str, why: str, action: str) -> Saved:
        aliases, now = store.all_aliases(conn), self.clock()
        query = parse(watch.query, mode="watch", aliases=aliases)
        before = store.find_watch(conn, watch.id, removed=True)
        saved = replace(watch, version=store.last_version(conn, watch.id) + 1)
        store.save_watch(
            conn,
            saved,
            used={name: aliases[name] for name in used(watch.query, aliases)},
            generation=store.next_generation(conn, now),
            now=now,
            who=who,
            why=why,
        )
        audit.record(
            conn,
            who=who,
            action=action,
            subject=watch.id,
            before=asdict(before) if before else None,
            after=asdict(saved),
            now=now,
        )
        return Saved(saved, query)


def existing(conn: Connection, watch_id: str) -> Watch:
    watch = store.find_watch(conn, watch_id)
    if watch is None:
        raise no_watch(watch_id)
    return watch


def no_watch(watch_id: str) -> NotFound:
    return NotFound(f"there is no watch {watch_id}; see: presswatch watch list")


def used(query: str, aliases: Mapping[str, str]) -> frozenset[str]:
    """Names of the aliases that a query uses, directly or through others."""
    return frozenset(_names(parse(query, mode="search", aliases=aliases).node))


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Alias):
        yield node.name
    for part in parts_of(node):
        yield from _names(part)


def users_of(conn: Connection, name: str, aliases: Mapping[str, str]) -> list[str]:
    return [watch.id for watch in store.all_watches(conn) if name in used(watch.query, aliases)]


def check_alias(name: str, query: str, aliases: Mapping[str, str]) -> None:
    """Raises ``QueryError`` with the place in the alias's own text, or what is wrong with aliases that it uses."""
    for text in (query, f"@{name}"):
        try:
            parse(text, mode="search", aliases=aliases)
        except QueryError as error:
            # A part of a query need not stand on its own: NOT and filters are grounded by what uses them.
            if error.code != "not_grounded":
                raise QueryError(
                    error.code, error.position, subject=text if text == query else query
                ) from error


def folded_name(name: str) -> str:
    folded = alias_name(name.removeprefix("@"))
    if folded is None:
        raise PresswatchError(
            f"{name!r} is no name for an alias: a letter, then letters, digits, '_' or '-', at most 50"
        )
    return folded
