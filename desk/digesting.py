"""Digests: freezing what is told into the outbox; content, Message-ID and ledger in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from alerts.content import content_of
from alerts.digest import Digest, build
from alerts.facts import StoryInput
from alerts.message import Envelope, compose, stable_id
from alerts.render import Rendered, render
from core.clock import Clock
from core.errors import Conflict, NotFound
from core.schedule import Slot, parse_digest_schedule
from core.types import Message, Subscription
from desk.restoring import HELD_ADVICE, held_since
from desk.telling import facts_for, person_of, stories_for, watch_inputs
from desk.verdicts import make_final
from desk.versions import must_be_newest
from storage import audit
from storage import digests as store
from storage import hits as hit_store
from storage.db import Database

log = logging.getLogger("presswatch.digest")

FIRST_WINDOW = timedelta(days=3)
TICK = timedelta(microseconds=1)
TRIES = 3


@dataclass(frozen=True, slots=True)
class Frozen:
    """An issue that is in the outbox now."""

    digest_id: str
    slot: str
    stories: int
    messages: tuple[Message, ...]
    issue_id: int


@dataclass(frozen=True, slots=True)
class Digesting:
    db: Database
    clock: Clock
    base_url: str
    sender: str
    is_workday: Callable[[date], bool]

    def versions(self) -> dict[str, int]:
        """Each change of a digest makes the next one."""
        with self.db.read() as conn:
            return store.versions(conn)

    def states(self) -> list[store.DigestState]:
        with self.db.read() as conn:
            return store.all_digests(conn)

    def preview(self, digest_id: str) -> tuple[Digest, Rendered, Message]:
        """What would go out now to the first recipient; nothing is stored."""
        now = self.clock()
        with self.db.read() as conn:
            state = existing(conn, digest_id)
            address = next(iter(state.subscription.to), "")
            digest = build(
                state.subscription, facts_for(conn, state, person_of(state.subscription, address), now)
            )
        return digest, *self._message(digest, address, "preview", now)

    def freeze_due(self) -> list[Frozen]:
        """Every digest whose time has come; after a downtime one issue catches up for all slots that were missed."""
        now = self.clock()
        with self.db.read() as conn:
            due = [] if held_since(conn) else store.due_digests(conn, now)
        return [frozen for state in due if (frozen := self._freeze_slot(state, now))]

    def send(self, digest_id: str, to: str | None = None) -> Frozen:
        """Freezes an issue out of turn. ``to`` tells one person alone and leaves the digest's window as it is."""
        for _ in range(TRIES - 1):
            # Its own slot may come at the same moment; what that one told is not told by this one then.
            with suppress(Conflict):
                return self._send(digest_id, to)
        return self._send(digest_id, to)

    def _send(self, digest_id: str, to: str | None) -> Frozen:
        now = self.clock()
        with self.db.read() as conn:
            state = existing(conn, digest_id)
            if held_since(conn):
                raise Conflict(HELD_ADVICE)
        slot = f"manual {now.isoformat(timespec='milliseconds')}"
        if to is not None:
            alone = replace(state, subscription=replace(state.subscription, to=(to,)))
            return self._freeze(alone, slot, now, window_end=None)
        return self._freeze(state, slot, now, window_end=now)

    def _freeze_slot(self, state: store.DigestState, now: datetime) -> Frozen | None:
        assert state.next_due is not None
        slot = next_slot(state.subscription, state.next_due - TICK, self.is_workday).key
        following = next_slot(state.subscription, now, self.is_workday).at
        try:
            return self._freeze(state, slot, now, window_end=now, next_due=following)
        except Conflict:
            # Another process froze it, or told one of these people the same story just now: looked at again next time.
            log.warning(
                "digest not frozen, the data changed meanwhile", extra={"digest": state.subscription.id}
            )
            self.db.write(lambda conn: store.pass_slot(conn, state, slot, following))
            return None

    def _freeze(
        self,
        state: store.DigestState,
        slot: str,
        now: datetime,
        *,
        window_end: datetime | None,
        next_due: datetime | None = None,
    ) -> Frozen:
        self.db.write(lambda conn: make_final(conn, hit_store.overdue_hits(conn, now, 1000), now))
        with self.db.read() as conn:
            issue = self._compose(conn, state, slot, now)
        return self.db.write(lambda conn: self._store(conn, state, issue, next_due, window_end))

    def _compose(self, conn: Connection, state: store.DigestState, slot: str, now: datetime) -> _Issue:
        """Built on a snapshot: an article that is stored meanwhile is not in it, nor in the ledger, so it comes next."""
        subscription = state.subscription
        stories = stories_for(conn, state, watch_inputs(conn, subscription))
        # An address that stands there twice, perhaps in capitals, is one person, who is told once.
        people = {person_of(subscription, address): address for address in subscription.to or ("",)}
        copies = [self._copy(conn, state, stories, address, slot, now) for address in people.values()]
        return _Issue(slot, now, tuple(copies))

    def _copy(
        self,
        conn: Connection,
        state: store.DigestState,
        stories: Sequence[StoryInput],
        address: str,
        slot: str,
        now: datetime,
    ) -> _Copy:
        person = person_of(state.subscription, address)
        digest = build(state.subscription, facts_for(conn, state, person, now, stories=stories))
        message = self._message(digest, address, slot, now)[1] if digest.is_wanted else None
        return _Copy(person, digest, message)

    def _store(
        self,
        conn: Connection,
        state: store.DigestState,
        issue: _Issue,
        next_due: datetime | None,
        window_end: datetime | None,
    ) -> Frozen:
        subscription, first = state.subscription, issue.copies[0].digest
        messages = [copy.message for copy in issue.copies if copy.message]
        issue_id = store.insert_issue(
            conn,
            digest_id=subscription.id,
            slot=issue.slot,
            window=(first.window.start, first.window.end),
            frozen_at=issue.now,
            stories=first.new if window_end else 0,
            content=content_of(first),
        )
        told = [
            store.Told(copy.person, line.article_id, line.story_id, line.version)
            for copy in issue.copies
            for line in copy.digest.told_articles
        ]
        store.write_ledger(conn, told, issue_id, issue.now)
        store.queue_messages(conn, messages, issue_id, issue.now)
        if window_end is not None:
            store.close_window(conn, subscription.id, end=window_end, next_due=next_due)
        log.info("digest frozen", extra={"digest": subscription.id, "slot": issue.slot, "stories": first.new})
        return Frozen(subscription.id, issue.slot, first.new, tuple(messages), issue_id)

    def _message(self, digest: Digest, address: str, slot: str, now: datetime) -> tuple[Rendered, Message]:
        rendered = render(digest, base_url=self.base_url, has_recipient=bool(address))
        subscription = digest.subscription
        envelope = Envelope(
            message_id=stable_id(subscription.id, slot, address, self.sender),
            date=now,
            sender=self.sender,
            recipient=address,
            digest_id=subscription.id,
            language=subscription.language,
        )
        return rendered, compose(rendered, envelope)

    def add(self, subscription: Subscription, *, who: str) -> None:
        """Its first slot is the next one, its first window reaches back three days. Also brings back a removed one."""

        def work(conn: Connection) -> None:
            now = self.clock()
            if store.find_digest(conn, subscription.id) is not None:
                raise Conflict(f"there is a digest {subscription.id} already")
            due = next_slot(subscription, now, self.is_workday).at
            store.insert_digest(conn, subscription, next_due=due, window_from=now - FIRST_WINDOW, now=now)
            audit.record(
                conn,
                who=who,
                action="digest add",
                subject=subscription.id,
                before=None,
                after=plain(subscription),
                now=now,
            )

        self.db.write(work)

    def remove(self, digest_id: str, *, who: str) -> None:
        def work(conn: Connection) -> None:
            state, now = existing(conn, digest_id), self.clock()
            store.remove_digest(conn, digest_id, now)
            before = plain(state.subscription)
            audit.record(
                conn, who=who, action="digest remove", subject=digest_id, before=before, after=None, now=now
            )

        self.db.write(work)

    def edit(self, subscription: Subscription, *, expected: int | None = None, who: str) -> None:
        """``subscription`` is the whole new value; a changed schedule counts from now.

        Raises ``Outdated`` when the digest is not at the version ``expected``.
        """

        def work(conn: Connection) -> None:
            before, now = existing(conn, subscription.id), self.clock()
            must_be_newest(expected, store.versions(conn)[subscription.id], f"digest {subscription.id}")
            due = before.next_due
            if (before.subscription.schedule, before.subscription.timezone) != (
                subscription.schedule,
                subscription.timezone,
            ):
                due = next_slot(subscription, now, self.is_workday).at
            store.update_digest(conn, subscription, next_due=due or now, now=now)
            audit.record(
                conn,
                who=who,
                action="digest edit",
                subject=subscription.id,
                before=plain(before.subscription),
                after=plain(subscription),
                now=now,
            )

        self.db.write(work)

    def history(self, digest_id: str) -> list[tuple[store.Issue, list[store.OutboxLine]]]:
        """Newest first, each with its messages."""
        with self.db.read() as conn:
            existing(conn, digest_id)
            found = store.list_issues(conn, digest_id)
            messages = store.messages_of(conn, [issue.id for issue in found])
            return [(issue, [m for m in messages if m.issue_id == issue.id]) for issue in found]


@dataclass(frozen=True, slots=True)
class _Copy:
    person: str
    digest: Digest
    message: Message | None


@dataclass(frozen=True, slots=True)
class _Issue:
    slot: str
    now: datetime
    copies: tuple[_Copy, ...]


def existing(conn: Connection, digest_id: str) -> store.DigestState:
    state = store.find_digest(conn, digest_id)
    if state is None:
        raise NotFound(f"there is no digest {digest_id}; see: presswatch digest list")
    return state


def next_slot(subscription: Subscription, after: datetime, is_workday: Callable[[date], bool]) -> Slot:
    schedule = parse_digest_schedule(subscription.schedule)
    return schedule.next_after(after, ZoneInfo(subscription.timezone), is_workday)


def plain(subscription: Subscription) -> dict[str, Any]:
    return {
        "to": len(subscription.to),
        "watches": list(subscription.watches) if subscription.watches is not None else "all",
        "schedule": subscription.schedule,
        "timezone": subscription.timezone,
        "language": subscription.language,
        "when_empty": subscription.when_empty,
    }
