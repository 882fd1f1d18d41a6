"""Storing what was found: an entry with its hits in one transaction, later its page as a version of the article.

All readers and spiders end here. Killed anywhere, the next fetch or the next page round goes on at the last mark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.clock import Clock
from core.types import SUCCESSES, Entry, Found, PageFound, Source, SourceState
from desk.batch import Batch, Brought, Verdicts, load_known, write_draft
from desk.drafts import from_changed_entry, from_entry, from_entry_alone, from_page
from desk.intake import Keys, decide, keys_of
from desk.judging import RuleBook
from desk.verdicts import FAILURES_UNTIL_FINAL, make_final, rejudge
from scheduler import policy
from storage import articles as store
from storage import hits as hit_store
from storage import sources as source_store
from storage.db import Database
from storage.search import reindex_article

ROWS_PER_TRANSACTION = 200


@dataclass(frozen=True, slots=True)
class Archive:
    db: Database
    rules: RuleBook
    clock: Clock
    min_interval: timedelta
    jitter: Callable[[], float]
    """Between 0 and 1."""

    async def store_found(self, found: Found, *, outage: bool = False) -> Brought:
        """The end of one fetch. A source that was removed meanwhile stores nothing.

        ``outage``: it could not be reached because our own network is down; that is not held against it.
        """
        source = await self.db.read_async(lambda conn: source_store.find_source(conn, found.source_id))
        if source is None:
            return Brought()
        entries = found.entries[::-1]  # older first, so that their ids are lower
        keys = keys_of(source, entries)
        ahead = await self.db.read_async(lambda conn: self._match_ahead(conn, source, found, entries, keys))
        listed = {its.url for its in keys if its.url}
        brought = Brought()
        for start in range(0, len(entries), ROWS_PER_TRANSACTION):
            part = slice(start, start + ROWS_PER_TRANSACTION)
            brought += await self._store_part(found, entries[part], keys[part], listed, ahead)
        await self.db.write_async(lambda conn: self._close(conn, found, brought.new, outage))
        return brought

    async def _store_part(
        self, found: Found, entries: Sequence[Entry], keys: Sequence[Keys], listed: set[str], ahead: Verdicts
    ) -> Brought:
        def work(conn: Connection) -> Brought:
            pair = _source_and_state(conn, found.source_id)
            if pair is None:
                return Brought()
            source, state = pair
            first = state.first_done_at is None
            batch = Batch(conn, source, self.rules.current(conn), first, found.fetched_at, ahead)
            return batch.store(entries, keys, listed)

        return await self.db.write_async(work)

    def _match_ahead(
        self, conn: Connection, source: Source, found: Found, entries: Sequence[Entry], keys: Sequence[Keys]
    ) -> Verdicts:
        """Matching takes longer than storing, so it is done before the transaction and checked within."""
        if not entries:
            return {}
        rules, seen = self.rules.current(conn), found.fetched_at
        verdicts = {}
        for decision in decide(source, entries, keys, load_known(conn, keys), (), seen):
            if decision.what == "new":
                draft = from_entry(source, decision.entry, first_fetch=False, seen=seen)
            elif decision.what == "changed" and decision.article is not None:
                article = store.find_article(conn, decision.article.id)
                if article is None:
                    continue
                draft = from_changed_entry(article, source, decision.entry, seen)
            else:
                continue
            verdicts[decision.entry.url, decision.entry_hash] = (
                rules.generation,
                rules.judge(draft.document, seen),
            )
        return verdicts

    def _close(self, conn: Connection, found: Found, new: int, outage: bool) -> None:
        pair = _source_and_state(conn, found.source_id)
        if pair is None:
            return
        after = self._next_state(*pair, found, new, outage)
        source_store.save_state(conn, after, None if found.outcome in SUCCESSES else found.error_class)
        source_store.log_fetch(conn, found, new)

    def _next_state(
        self, source: Source, state: SourceState, found: Found, new: int, outage: bool
    ) -> SourceState:
        now, jitter, floor = self.clock(), self.jitter(), self.min_interval
        if outage:
            return policy.after_outage(state, found, now=now, jitter=jitter, min_interval=floor)
        newest, zone = newest_claim(found, state.newest_at), self.rules.zone
        return policy.next_state(
            source,
            state,
            found,
            now=now,
            jitter=jitter,
            min_interval=floor,
            zone=zone,
            newest=newest,
            new=new,
        )

    async def hold_source(self, found: Found) -> None:
        """Nothing was asked: the source keeps its state and is due when its host may be asked again."""
        if found.retry_after is not None:
            until = self.clock() + found.retry_after
            await self.db.write_async(lambda conn: source_store.put_off(conn, found.source_id, until))

    async def hold_page(self, found: PageFound) -> None:
        """Nothing was asked: no failed try, but due when its host may be asked again."""
        if found.retry_after is not None:
            until = self.clock() + found.retry_after
            values = {"page_due": until}
            await self.db.write_async(lambda conn: store.update_article(conn, found.article_id, values))

    async def store_page(self, found: PageFound) -> int:
        """The end of one fetch of a page; number of new hits."""
        return await self.db.write_async(lambda conn: self._store_page(conn, found))

    def _store_page(self, conn: Connection, found: PageFound) -> int:
        article = store.find_article(conn, found.article_id)
        source = source_store.find_source(conn, article.source_id, removed=True) if article else None
        if article is None or source is None:
            return 0
        if found.reading is None:
            self._note_failure(conn, article, found)
            return 0
        rules = self.rules.current(conn)
        draft = from_page(article, source, found.reading, found.fetched_at)
        matches = rules.judge(draft.document, found.fetched_at)
        return write_draft(conn, rules, article, draft, matches, found.fetched_at)

    def _note_failure(self, conn: Connection, article: store.Stored, found: PageFound) -> None:
        attempts, now = article.page_attempts + 1, self.clock()
        due = policy.next_page_try(attempts, now, self.jitter(), found.retry_after)
        state = "wanted" if due else "failed"
        values = {"page_attempts": attempts, "page_error": found.error, "page_due": due, "page_state": state}
        store.update_article(conn, article.id, values)
        if attempts >= FAILURES_UNTIL_FINAL:
            make_final(conn, [article.id], now)
        if due is None:
            self._fall_back(conn, article, now)

    def _fall_back(self, conn: Connection, article: store.Stored, now: datetime) -> None:
        values = from_entry_alone(article, now)
        if values is None:
            return
        store.update_article(conn, article.id, values)
        reindex_article(
            conn,
            article.id,
            (article.title, article.summary, article.text),
            (values["title"], article.summary, article.text),
        )
        rejudge(conn, self.rules.current(conn), [article.id], now)

    async def settle_overdue(self, limit: int = 200) -> int:
        """Pending hits whose page took too long count from now on."""

        def work(conn: Connection) -> int:
            now = self.clock()
            overdue = hit_store.overdue_hits(conn, now, limit)
            make_final(conn, overdue, now)
            return len(overdue)

        return await self.db.write_async(work)

    async def rejudge_outdated(self, limit: int = 100) -> int:
        """Judges again what was first seen after a rule was saved but judged before; number of articles."""

        def work(conn: Connection) -> int:
            rules = self.rules.current(conn)
            outdated = store.outdated_articles(conn, rules.generation, limit)
            rejudge(conn, rules, outdated, self.clock())
            return len(outdated)

        return await self.db.write_async(work)


def newest_claim(found: Found, before: datetime | None) -> datetime | None:
    """Newest date that an entry claims; a date in the future says nothing."""
    claims = [
        e.published.value for e in found.entries if e.published and e.published.value <= found.fetched_at
    ]
    return max([*claims, before] if before else claims, default=None)


def _source_and_state(conn: Connection, source_id: str) -> tuple[Source, SourceState] | None:
    source = source_store.find_source(conn, source_id)
    state = source_store.find_state(conn, source_id)
    return (source, state) if source and state else None
