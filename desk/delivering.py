"""The outbox: sending what was frozen, and what becomes of each message.

A message is frozen bytes: however often it is sent, it is the same under the same Message-ID. What a server says of a
message counts for that message alone. When the server itself does not work, mail is held: nothing else is tried until
its time comes, no try counts, nothing is given up.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from alerts.channels import Channel
from core.clock import Clock
from core.errors import Conflict, DeliveryError, NotFound
from core.types import Message
from desk.restoring import HELD_ADVICE, held_since
from storage import audit
from storage import digests as store
from storage.db import Database
from storage.jobs import get_fact, set_fact

log = logging.getLogger("presswatch.digest")

RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 240, 960, 3840))
RETRY_MOST = timedelta(hours=4)
TRIED_FOR = timedelta(days=5)
HELD_MOST = timedelta(minutes=15)
"""Between two looks at a server that does not work: seldom enough for one that locks accounts."""
AT_ONCE = 500
HELD = "mail held"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why no mail leaves. ``failures`` in a row."""

    until: datetime
    failures: int
    why: str


@dataclass(frozen=True, slots=True)
class Delivering:
    db: Database
    clock: Clock
    folder: Channel
    mail: Callable[[], Channel] | None = None
    """Opens the way for messages with a recipient; None = they go to the folder, too."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False, compare=False)
    """Two rounds at a time would send the same messages."""

    async def deliver(self, limit: int = AT_ONCE) -> list[store.OutboxLine]:
        """Sends what is due; gives what became of it."""
        async with self.turn:
            ids = await self.db.read_async(lambda conn: self._due(conn, limit))
            await self._carry(ids)
        return await self.db.read_async(
            lambda conn: [line for id in ids if (line := store.find_line(conn, id))]
        )

    async def deliver_issue(self, issue_id: int) -> list[store.OutboxLine]:
        """For somebody who waits: with a look at a server that was held. Gives all messages of the issue."""
        async with self.turn:
            now = self.clock()
            await self._carry(
                await self.db.read_async(lambda conn: store.due_messages(conn, now, None, issue_id=issue_id))
            )
        return await self.db.read_async(
            lambda conn: self._with_hold(conn, store.messages_of(conn, [issue_id]))
        )

    async def retry(self, outbox_id: int) -> store.OutboxLine:
        """Sends one now and counts its tries anew. Raises ``Conflict`` for one that was delivered."""
        async with self.turn:
            await self.db.write_async(lambda conn: self._requeue(conn, outbox_id))
            await self._carry([outbox_id])
        return await self.db.read_async(
            lambda conn: self._with_hold(conn, [existing_line(conn, outbox_id)])[0]
        )

    def drop(self, outbox_id: int, *, who: str) -> store.OutboxLine:
        """Never sends it; what it tells stays told. Raises ``Conflict`` for one that was delivered."""

        def work(conn: Connection) -> store.OutboxLine:
            line = unsent_line(conn, outbox_id)
            store.drop(conn, outbox_id)
            audit.record(
                conn,
                who=who,
                action="outbox drop",
                subject=line.message_id,
                before={"state": line.state},
                after={"state": "dropped"},
                now=self.clock(),
            )
            return existing_line(conn, outbox_id)

        return self.db.write(work)

    def undelivered(self) -> list[store.OutboxLine]:
        with self.db.read() as conn:
            return self._with_hold(conn, store.undelivered(conn))

    def line(self, outbox_id: int) -> store.OutboxLine:
        with self.db.read() as conn:
            return existing_line(conn, outbox_id)

    def hold(self) -> Hold | None:
        """Why no mail leaves; None = it does, or there is no server."""
        with self.db.read() as conn:
            return hold_of(conn) if self.mail is not None else None

    def look_again(self) -> None:
        """At the start of a service: the settings may be better now."""
        self.db.write(release)

    def _due(self, conn: Connection, limit: int) -> list[int]:
        if held_since(conn):
            return []
        now, hold = self.clock(), hold_of(conn)
        held = self.mail is not None and hold is not None and hold.until > now
        return store.due_messages(conn, now, limit, addressed=not held)

    def _requeue(self, conn: Connection, outbox_id: int) -> None:
        unsent_line(conn, outbox_id)
        if held_since(conn):
            raise Conflict(HELD_ADVICE)
        store.requeue(conn, outbox_id, self.clock())

    def _with_hold(self, conn: Connection, lines: Sequence[store.OutboxLine]) -> list[store.OutboxLine]:
        """Those that nobody tried yet wait for the server, and say why."""
        hold = hold_of(conn) if self.mail is not None else None
        return [
            replace(line, next_at=hold.until, error=hold.why)
            if hold and line.state == "queued" and line.recipient and not line.attempts
            else line
            for line in lines
        ]

    async def _carry(self, ids: Sequence[int]) -> None:
        halted: Channel | None = None
        async with self._ways() as way_of:
            for outbox_id in ids:
                line, message = await self.db.read_async(partial(_load, outbox_id=outbox_id))
                # It may have been dropped since the round began.
                if line.state != "queued" or way_of(line) is halted:
                    continue
                channel = way_of(line)
                if not await self._send(channel, line, message):
                    halted = channel

    @asynccontextmanager
    async def _ways(self) -> AsyncIterator[Callable[[store.OutboxLine], Channel]]:
        opened: list[Channel] = []

        def way_of(line: store.OutboxLine) -> Channel:
            if self.mail is None or not line.recipient:
                return self.folder
            if not opened:
                opened.append(self.mail())
            return opened[0]

        try:
            yield way_of
        finally:
            for channel in opened:
                await channel.close()

    async def _send(self, channel: Channel, line: store.OutboxLine, message: Message) -> bool:
        """False when the channel itself does not work."""
        error: DeliveryError | None = None
        try:
            await channel.send(message)
        except DeliveryError as failure:
            error = failure
        except Exception as bug:
            # One message that nobody can send must not keep back all that come after it.
            log.exception("a bug kept a message back", extra={"message_id": line.message_id})
            error = DeliveryError(
                f"{type(bug).__name__}; the log says where, please report it",
                channel=channel.name,
                retry=True,
            )
        state = await self.db.write_async(lambda conn: _record(conn, line, channel.name, error, self.clock()))
        if error is not None:
            facts = {"message_id": line.message_id, "state": state, "error": str(error)}
            log.warning("mail is held" if error.halts else "message not delivered", extra=facts)
        return error is None or not error.halts


def _load(conn: Connection, outbox_id: int) -> tuple[store.OutboxLine, Message]:
    return existing_line(conn, outbox_id), store.find_message(conn, outbox_id)


def _record(
    conn: Connection, line: store.OutboxLine, channel: str, error: DeliveryError | None, now: datetime
) -> store.OutboxState:
    if error is not None and error.halts:
        store.note_try(conn, line.id, str(error), now)
        _hold(conn, str(error), now)
        return "queued"
    if line.recipient:
        release(conn)
    if error is None:
        store.mark_sent(conn, line.id, channel, now)
        return "sent"
    delay = retry_delay(line.attempts) if error.retry else None
    outcome: store.Outcome = "unknown" if error.unknown else "failed" if error.retry else "refused"
    store.mark_failed(conn, line.id, outcome, str(error), now + delay if delay else None, now)
    return "queued" if delay else "failed"


def _hold(conn: Connection, why: str, now: datetime) -> None:
    before = hold_of(conn)
    failures = before.failures if before else 0
    until = now + min(_delay(failures), HELD_MOST)
    set_fact(conn, HELD, json.dumps([until.isoformat(), failures + 1, why]))


def hold_of(conn: Connection) -> Hold | None:
    told = get_fact(conn, HELD)
    if not told:
        return None
    until, failures, why = json.loads(told)
    return Hold(datetime.fromisoformat(until), failures, why)


def release(conn: Connection) -> None:
    if get_fact(conn, HELD):
        set_fact(conn, HELD, "")


def existing_line(conn: Connection, outbox_id: int) -> store.OutboxLine:
    line = store.find_line(conn, outbox_id)
    if line is None:
        raise NotFound(f"there is no message {outbox_id}; see: presswatch outbox list")
    return line


def unsent_line(conn: Connection, outbox_id: int) -> store.OutboxLine:
    line = existing_line(conn, outbox_id)
    if line.state == "sent":
        raise Conflict(f"message {outbox_id} was delivered; it is not sent again, nor can it be taken back")
    return line


def retry_delay(attempts: int) -> timedelta | None:
    """After so many failed tries before this one: 15 s, 1 min, 4 min … 4 h; None when five days are over."""
    left = TRIED_FOR - sum((_delay(tried) for tried in range(attempts)), timedelta())
    return min(_delay(attempts), left) if left > timedelta() else None


def _delay(attempts: int) -> timedelta:
    return next(iter(RETRY_AFTER[attempts:]), RETRY_MOST)
