"""The rules in force, and what they say of an article.

A watch is edited while others write. So an article is matched outside the transaction that stores it, and the
generation of the rules is read again inside: when it is newer, the article is matched again there (DESIGN 4.8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from threading import Lock

from sqlalchemy import Connection

from core.types import Document, Watch
from matching.matcher import Match, Matcher, compile_queries
from matching.parser import parse
from storage import watches as store
from storage.hits import Hit


@dataclass(frozen=True, slots=True)
class Rules:
    generation: int
    watches: Mapping[str, Watch]
    matcher: Matcher

    def judge(self, document: Document, now: datetime) -> dict[str, Match]:
        return self.matcher.match(document, now)


class RuleBook:
    """The rules in force, compiled once per generation; safe to ask from several threads."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._rules: Rules | None = None
        self._lock = Lock()

    def current(self, conn: Connection) -> Rules:
        generation = store.current_generation(conn)
        with self._lock:
            if self._rules is None or self._rules.generation != generation:
                self._rules = load_rules(conn, generation, self.zone)
            return self._rules


def load_rules(conn: Connection, generation: int, zone: tzinfo) -> Rules:
    aliases = store.all_aliases(conn)
    watches = {watch.id: watch for watch in store.all_watches(conn)}
    queries = {watch.id: parse(watch.query, mode="watch", aliases=aliases) for watch in watches.values()}
    return Rules(generation, watches, compile_queries(queries, zone=zone))


def settle(
    article_id: int,
    before: Sequence[Hit],
    matches: Mapping[str, Match],
    watches: Mapping[str, Watch],
    *,
    now: datetime,
    final_by: datetime | None,
    silent: bool = False,
) -> tuple[list[Hit], list[Hit]]:
    """(new hits, changed hits). ``final_by`` None = the verdict is final, the page was read or there is none.

    A hit that is lost changes its state and is never deleted; one that comes back counts from now.
    """
    known = {hit.watch_id: hit for hit in before}
    made = [
        Hit(
            article_id=article_id,
            watch_id=watch_id,
            watch_version=watches[watch_id].version,
            state="pending" if final_by else "live",
            spans=match.spans,
            clause=match.clause,
            at=now,
            final_by=final_by,
            silent=silent,
        )
        for watch_id, match in matches.items()
    ]
    new = [hit for hit in made if hit.watch_id not in known]
    kept = [_kept(known[hit.watch_id], hit) for hit in made if hit.watch_id in known]
    lost = [
        replace(hit, state="lost", final_by=None)
        for hit in before
        if hit.watch_id not in matches and hit.state != "lost"
    ]
    return new, [hit for hit in kept if hit != known[hit.watch_id]] + lost


def _kept(old: Hit, now: Hit) -> Hit:
    if old.state == "lost":
        return replace(now, silent=old.silent)
    if old.state == "live":
        return replace(now, state="live", final_by=None, at=old.at, silent=old.silent)
    return replace(now, final_by=old.final_by if now.final_by else None, at=old.at, silent=old.silent)
