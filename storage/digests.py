"""Digests, their issues, the ledger of what each person was told, and the outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from core.types import Message, Names, Subscription
from storage.tables import deliveries, digests, issues, ledger, outbox

OutboxState = Literal["queued", "sent", "failed", "dropped", "held"]
Outcome = Literal["delivered", "refused", "failed", "unknown"]
"""Of one try: ``refused`` = for good, ``failed`` = not this time, ``unknown`` = it may have arrived."""


@dataclass(frozen=True, slots=True)
class DigestState:
    subscription: Subscription
    next_due: datetime | None
    window_from: datetime
    """End of the last window."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Issue:
    id: int
    digest_id: str
    slot: str
    window_start: datetime
    window_end: datetime
    frozen_at: datetime
    stories: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    person: str
    article_id: int
    story_id: int | None
    version: int


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A message without its bytes: an issue may go to thousands."""

    id: int
    issue_id: int
    message_id: str
    recipient: str
    subject: str
    state: OutboxState
    attempts: int
    """Failed tries, and the good one."""
    next_at: datetime | None
    error: str | None
    created_at: datetime


_LINES = select(*(outbox.c[name] for name in OutboxLine.__dataclass_fields__))


def all_digests(conn: Connection) -> list[DigestState]:
    query = select(digests).where(digests.c.removed_at.is_(None)).order_by(digests.c.created_at, digests.c.id)
    return [_digest(row) for row in conn.execute(query).mappings()]


def find_digest(conn: Connection, digest_id: str) -> DigestState | None:
    query = select(digests).where(digests.c.id == digest_id, digests.c.removed_at.is_(None))
    row = conn.execute(query).mappings().first()
    return _digest(row) if row else None


def versions(conn: Connection) -> dict[str, int]:
    """How often each digest that is there was saved."""
    query = select(digests.c.id, digests.c.version).where(digests.c.removed_at.is_(None))
    return {row.id: row.version for row in conn.execute(query)}


def due_digests(conn: Connection, now: datetime) -> list[DigestState]:
    query = (
        select(digests)
        .where(digests.c.removed_at.is_(None), digests.c.next_due <= now)
        .order_by(digests.c.next_due, digests.c.id)
    )
    return [_digest(row) for row in conn.execute(query).mappings()]


def insert_digest(
    conn: Connection, subscription: Subscription, *, next_due: datetime, window_from: datetime, now: datetime
) -> None:
    """Also brings back one that was removed, with the new settings."""
    values = _row(subscription) | {"next_due": next_due, "updated_at": now, "removed_at": None}
    if conn.execute(select(digests.c.id).where(digests.c.id == subscription.id)).first():
        back = update(digests).where(digests.c.id == subscription.id)
        conn.execute(back.values(**values, version=digests.c.version + 1))
        return
    conn.execute(insert(digests).values(**values, window_from=window_from, created_at=now))


def update_digest(conn: Connection, subscription: Subscription, *, next_due: datetime, now: datetime) -> None:
    conn.execute(
        update(digests)
        .where(digests.c.id == subscription.id)
        .values(**_row(subscription), next_due=next_due, updated_at=now, version=digests.c.version + 1)
    )


def remove_digest(conn: Connection, digest_id: str, now: datetime) -> None:
    conn.execute(update(digests).where(digests.c.id == digest_id).values(removed_at=now, updated_at=now))


def close_window(conn: Connection, digest_id: str, *, end: datetime, next_due: datetime | None) -> None:
    """``next_due`` None = it stays due when it was: an issue out of turn takes no slot's place."""
    values = {"window_from": end} | ({"next_due": next_due} if next_due else {})
    conn.execute(update(digests).where(digests.c.id == digest_id).values(**values))


def pass_slot(conn: Connection, state: DigestState, slot: str, following: datetime) -> None:
    """The digest goes on to its following slot when this one has its issue already; a slot is never filled twice."""
    if has_issue(conn, state.subscription.id, slot):
        same = (digests.c.id == state.subscription.id) & (digests.c.next_due == state.next_due)
        conn.execute(update(digests).where(same).values(next_due=following))


def insert_issue(
    conn: Connection,
    *,
    digest_id: str,
    slot: str,
    window: tuple[datetime, datetime],
    frozen_at: datetime,
    stories: int,
    content: Mapping[str, Any],
) -> int:
    made = conn.execute(
        insert(issues)
        .values(
            digest_id=digest_id,
            slot=slot,
            window_start=window[0],
            window_end=window[1],
            frozen_at=frozen_at,
            stories=stories,
            content=dict(content),
        )
        .returning(issues.c.id)
    )
    issue_id: int = made.scalar_one()
    return issue_id


def has_issue(conn: Connection, digest_id: str, slot: str) -> bool:
    query = select(issues.c.id).where(issues.c.digest_id == digest_id, issues.c.slot == slot)
    return conn.execute(query).first() is not None


def list_issues(conn: Connection, digest_id: str | None = None, limit: int = 50) -> list[Issue]:
    """Newest first."""
    query = select(issues).order_by(issues.c.id.desc()).limit(limit)
    if digest_id is not None:
        query = query.where(issues.c.digest_id == digest_id)
    names = Issue.__dataclass_fields__
    return [Issue(**{name: row[name] for name in names}) for row in conn.execute(query).mappings()]


def told_articles(conn: Connection, person: str, article_ids: Collection[int]) -> set[int]:
    ids = list(article_ids)
    told: set[int] = set()
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        query = select(ledger.c.article_id).where(ledger.c.person == person, ledger.c.article_id.in_(some))
        told.update(conn.execute(query).scalars())
    return told


def write_ledger(conn: Connection, told: Iterable[Told], issue_id: int, now: datetime) -> None:
    """Raises an integrity error when a person was told one of these in the meantime."""
    rows = [
        {
            "person": line.person,
            "article_id": line.article_id,
            "story_id": line.story_id,
            "version": line.version,
            "issue_id": issue_id,
            "told_at": now,
        }
        for line in told
    ]
    if rows:
        conn.execute(insert(ledger), rows)


def queue_messages(conn: Connection, messages: Sequence[Message], issue_id: int, now: datetime) -> None:
    rows = [
        {
            "issue_id": issue_id,
            "recipient": message.recipient,
            "message_id": message.message_id,
            "subject": message.subject,
            "raw": message.raw,
            "state": "queued",
            "next_at": now,
            "created_at": now,
        }
        for message in messages
    ]
    if rows:
        conn.execute(insert(outbox), rows)


def due_messages(
    conn: Connection, now: datetime, limit: int | None, *, issue_id: int | None = None, addressed: bool = True
) -> list[int]:
    """Ids, those first that have waited longest. ``addressed`` False = only messages for the folder."""
    query = select(outbox.c.id).where(outbox.c.state == "queued", outbox.c.next_at <= now)
    query = query.order_by(outbox.c.next_at, outbox.c.id).limit(limit)
    if issue_id is not None:
        query = query.where(outbox.c.issue_id == issue_id)
    if not addressed:
        query = query.where(outbox.c.recipient == "")
    return list(conn.execute(query).scalars())


def find_message(conn: Connection, outbox_id: int) -> Message:
    columns = (outbox.c.message_id, outbox.c.recipient, outbox.c.subject, outbox.c.raw)
    return Message(*conn.execute(select(*columns).where(outbox.c.id == outbox_id)).one())


def find_line(conn: Connection, outbox_id: int) -> OutboxLine | None:
    row = conn.execute(_LINES.where(outbox.c.id == outbox_id)).mappings().first()
    return OutboxLine(**row) if row else None


def messages_of(conn: Connection, issue_ids: Collection[int]) -> list[OutboxLine]:
    query = _LINES.where(outbox.c.issue_id.in_(list(issue_ids))).order_by(outbox.c.id)
    return [OutboxLine(**row) for row in conn.execute(query).mappings()]


def undelivered(conn: Connection) -> list[OutboxLine]:
    query = _LINES.where(outbox.c.state.not_in(["sent", "dropped"])).order_by(outbox.c.id)
    return [OutboxLine(**row) for row in conn.execute(query).mappings()]


def outbox_counts(conn: Connection) -> dict[str, int]:
    query = select(outbox.c.state, func.count().label("n")).group_by(outbox.c.state)
    return {row.state: row.n for row in conn.execute(query)}


def mark_sent(conn: Connection, outbox_id: int, detail: str, now: datetime) -> None:
    _mark(conn, outbox_id, state="sent", next_at=None, error=None)
    _record(conn, outbox_id, "delivered", detail, now)


def mark_failed(
    conn: Connection, outbox_id: int, outcome: Outcome, detail: str, retry_at: datetime | None, now: datetime
) -> None:
    """Tried again at ``retry_at``; None = given up. One that was dropped meanwhile stays dropped."""
    _mark(conn, outbox_id, state="queued" if retry_at else "failed", next_at=retry_at, error=detail)
    _record(conn, outbox_id, outcome, detail, now)


def note_try(conn: Connection, outbox_id: int, detail: str, now: datetime) -> None:
    """Nobody said anything about the message itself: it stays due, and the try does not count."""
    conn.execute(update(outbox).where(outbox.c.id == outbox_id).values(error=detail))
    _record(conn, outbox_id, "failed", detail, now)


def requeue(conn: Connection, outbox_id: int, now: datetime) -> None:
    """As if it had never been tried."""
    values = {"state": "queued", "attempts": 0, "next_at": now}
    conn.execute(update(outbox).where(outbox.c.id == outbox_id).values(**values))


def drop(conn: Connection, outbox_id: int) -> None:
    conn.execute(update(outbox).where(outbox.c.id == outbox_id).values(state="dropped", next_at=None))


def _mark(conn: Connection, outbox_id: int, *, state: OutboxState, **values: Any) -> None:
    change = update(outbox).where(outbox.c.id == outbox_id)
    if state != "sent":
        change = change.where(outbox.c.state == "queued")
    conn.execute(change.values(attempts=outbox.c.attempts + 1, state=state, **values))


def _record(conn: Connection, outbox_id: int, outcome: Outcome, detail: str, now: datetime) -> None:
    conn.execute(insert(deliveries).values(outbox_id=outbox_id, at=now, outcome=outcome, detail=detail))


def _digest(row: RowMapping) -> DigestState:
    subscription = Subscription(
        id=row["id"],
        to=tuple(row["to"]),
        watches=tuple(row["watches"]) if row["watches"] is not None else None,
        schedule=row["schedule"],
        timezone=row["timezone"],
        language=row["language"],
        when_empty=row["when_empty"],
        urgent_cap=row["urgent_cap"],
        cap=row["cap"],
        tier=row["tier"],
        name=Names(row["name_zh"], row["name_en"]),
    )
    return DigestState(subscription, row["next_due"], row["window_from"], row["created_at"])


def _row(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "name_zh": subscription.name.zh,
        "name_en": subscription.name.en,
        "to": list(subscription.to),
        "watches": list(subscription.watches) if subscription.watches is not None else None,
        "schedule": subscription.schedule,
        "timezone": subscription.timezone,
        "language": subscription.language,
        "when_empty": subscription.when_empty,
        "urgent_cap": subscription.urgent_cap,
        "cap": subscription.cap,
        "tier": subscription.tier,
    }


def last_issue(conn: Connection) -> int:
    """0 = none was ever frozen."""
    highest: int | None = conn.execute(select(func.max(issues.c.id))).scalar_one()
    return highest or 0
