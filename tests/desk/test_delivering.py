"""What becomes of frozen mail: whatever a server answers, each person gets each message, once where that can be known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from desk_house import Desk, open_desk
from post_office import CUT, PostOffice
from sqlalchemy import select

from alerts.channels import Channel
from alerts.channels.smtp import Patience, SmtpChannel
from core.errors import Conflict, NotFound
from core.mailserver import MailServer
from core.types import Message
from desk.delivering import TRIED_FOR, retry_delay
from storage.audit import recent
from storage.db import Database
from storage.digests import OutboxLine
from storage.tables import deliveries

ANN, BOB = "ann@x.example", "bob@x.example"
PATIENCE = Patience(*[timedelta(seconds=5)] * 3)


@dataclass
class Office:
    """A desk that sends to a mail server of the test."""

    desk: Desk
    server: MailServer
    post: PostOffice
    way: type[SmtpChannel] = SmtpChannel

    def sends(self, *recipients: str) -> list[OutboxLine]:
        """A digest to these; gives its messages as they are in the outbox."""
        digesting = self.desk.digesting
        digesting.edit(replace(digesting.states()[0].subscription, to=recipients), who="test")
        self.desk.clock.pass_time(seconds=1)
        digesting.send("daily")
        return self.lines()[-max(1, len(recipients)) :]

    def lines(self) -> list[OutboxLine]:
        return [line for _, lines in reversed(self.desk.digesting.history("daily")) for line in lines]

    def states(self) -> list[tuple[str, str, int]]:
        return [(line.recipient, line.state, line.attempts) for line in self.lines()]

    def outcomes(self) -> list[str]:
        with self.desk.db.read() as conn:
            return list(conn.execute(select(deliveries.c.outcome).order_by(deliveries.c.id)).scalars())

    def logs_in_with(self, password: str) -> None:
        self.server = replace(self.server, user="desk", password=password)

    def opened(self) -> Channel:
        return self.way(self.server, sender="desk@office.example", patience=PATIENCE)


@pytest.fixture
def office(db: Database, tmp_path: Path) -> Iterator[Office]:
    made: list[Office] = []
    with (
        PostOffice(accounts={"desk": "right"}) as post,
        open_desk(db, tmp_path, mail=lambda: made[0].opened()) as desk,
    ):
        made.append(Office(desk, MailServer("127.0.0.1", post.port, "none"), post))
        yield made[0]


def test_each_recipient_gets_a_message_of_their_own_over_one_connection(office: Office) -> None:
    office.sends(ANN, BOB)

    assert office.desk.deliver() == ["sent", "sent"]

    assert [taken.recipients for taken in office.post.taken] == [(ANN,), (BOB,)]
    assert [BOB.encode() in office.post.taken[0].raw, ANN.encode() in office.post.taken[1].raw] == [
        False,
        False,
    ]
    assert (office.post.connections, office.desk.mails(), office.desk.deliver()) == (1, [], [])


def test_a_digest_without_recipients_goes_to_the_folder_all_the_same(office: Office) -> None:
    office.sends()

    assert office.desk.deliver() == ["sent"]

    assert (len(office.desk.mails()), office.post.connections) == (1, 0)


def test_each_recipient_has_an_outcome_of_their_own(office: Office) -> None:
    office.post.answers("rcpt ann@x.example", "550 5.1.1 no such user")
    office.post.answers("rcpt bob@x.example", "451 4.7.1 greylisted")
    office.sends(ANN, BOB, "cyd@x.example")

    office.desk.deliver()

    assert office.states() == [(ANN, "failed", 1), (BOB, "queued", 1), ("cyd@x.example", "sent", 1)]
    assert office.outcomes() == ["refused", "failed", "delivered"]
    assert [(line.recipient, line.error) for line in office.desk.delivering.undelivered()] == [
        (ANN, "the server refuses this recipient for good: 550 5.1.1 no such user; check the address and correct "
              "or remove it with presswatch digest edit"),
        (BOB, "the server says: come back later (step 'recipient'): 451 4.7.1 greylisted; it is tried for five days"),
    ]  # fmt: skip


def test_greylisting_is_waited_out(office: Office) -> None:
    office.post.answers(f"rcpt {ANN}", *["451 4.7.1 greylisted"] * 2)
    office.sends(ANN)

    tries = []
    for seconds in (0, 14, 1, 59, 1):
        office.desk.clock.pass_time(seconds=seconds)
        tries.append(office.desk.deliver())

    assert tries == [["queued"], [], ["queued"], [], ["sent"]]


def test_a_full_mailbox_is_given_up_after_five_days_visibly(office: Office) -> None:
    office.post.answers(f"rcpt {ANN}", "452 4.2.2 full", always=True)
    (line,) = office.sends(ANN)
    clock, began = office.desk.clock, office.desk.clock()

    waits: list[timedelta] = []
    while office.desk.deliver() == ["queued"]:
        waits.append(due(office.lines()[-1]) - clock())
        clock.now = due(office.lines()[-1])

    assert [wait.total_seconds() for wait in waits[:7]] == [15, 60, 240, 960, 3840, 14400, 14400]
    assert clock() - began == TRIED_FOR
    assert office.lines() == [
        replace(line, state="failed", attempts=len(waits) + 1, next_at=None, error=office.lines()[0].error)
    ]
    assert (office.desk.deliver(), len(office.desk.delivering.undelivered())) == ([], 1)


def due(line: OutboxLine) -> datetime:
    assert line.next_at is not None
    return line.next_at


def test_tries_end_when_five_days_are_over_and_never_before() -> None:
    delays = [retry_delay(attempts) for attempts in range(50)]
    given = [delay for delay in delays if delay is not None]

    assert sum(given, timedelta()) == TRIED_FOR
    assert delays == [*given, *[None] * (50 - len(given))]


def test_after_an_unknown_outcome_the_same_message_comes_again_and_no_other(office: Office) -> None:
    office.post.answers(f"data {ANN}", CUT)
    (line,) = office.sends(ANN)

    office.desk.deliver()
    office.desk.clock.pass_time(seconds=15)
    office.desk.deliver()

    first, second = office.post.taken
    assert (first, first.message_id) == (second, line.message_id)
    assert office.outcomes() == ["unknown", "delivered"]
    assert office.desk.deliver() == []


def test_a_kill_between_sending_and_noting_it_repeats_the_same_message(office: Office) -> None:
    office.sends(ANN)
    raw: list[Message] = []

    class Dying(SmtpChannel):
        async def send(self, message: Message) -> None:
            await super().send(message)
            raw.append(message)
            raise asyncio.CancelledError

    office.way = Dying
    with pytest.raises(asyncio.CancelledError):
        office.desk.deliver()
    office.way = SmtpChannel

    assert office.desk.deliver() == ["sent"]
    assert [taken.raw for taken in office.post.taken] == [raw[0].raw] * 2


def test_a_server_that_does_not_let_us_in_holds_all_mail_and_loses_none(office: Office) -> None:
    office.logs_in_with("wrong")
    office.sends(ANN, BOB)

    tries = []
    for _ in range(8):
        office.desk.deliver()
        hold = office.desk.delivering.hold()
        assert hold is not None
        tries.append((hold.until - office.desk.clock()).total_seconds())
        assert office.desk.deliver() == []
        office.desk.clock.now = hold.until
    office.desk.clock.pass_time(days=30)
    office.desk.deliver()

    # One look at the server each time, whoever waits; no message is counted as tried.
    assert (tries, len(office.post.logins)) == ([15, 60, 240, 900, 900, 900, 900, 900], 9)
    assert office.states() == [(ANN, "queued", 0), (BOB, "queued", 0)]
    assert office.post.senders == []

    office.logs_in_with("right")
    office.desk.clock.pass_time(minutes=15)
    assert office.desk.deliver() == ["sent", "sent"]
    assert office.desk.delivering.hold() is None


def test_held_mail_says_why_it_waits_also_where_it_was_not_tried(office: Office) -> None:
    office.logs_in_with("wrong")
    office.sends(ANN, BOB)

    office.desk.deliver()

    hold = office.desk.delivering.hold()
    assert hold is not None
    assert "refuses name or password" in hold.why
    assert [(line.error, line.next_at) for line in office.desk.delivering.undelivered()] == [
        (hold.why, hold.until)
    ] * 2


def test_while_mail_is_held_the_folder_still_gets_its_digests(office: Office) -> None:
    office.logs_in_with("wrong")
    office.sends(ANN)
    office.desk.deliver()
    office.sends()

    assert office.desk.deliver() == ["sent"]
    assert office.desk.delivering.hold() is not None


def test_a_new_service_looks_at_a_held_server_at_once(office: Office) -> None:
    office.logs_in_with("wrong")
    office.sends(ANN)
    office.desk.deliver()
    office.logs_in_with("right")

    assert office.desk.deliver() == []
    office.desk.delivering.look_again()
    assert office.desk.deliver() == ["sent"]


def test_retry_sends_at_once_whatever_was_said_before(office: Office) -> None:
    office.post.answers(f"rcpt {ANN}", "550 5.1.1 no such user", "451 4.7.1 greylisted")
    (line,) = office.sends(ANN)
    office.desk.deliver()

    states = [asyncio.run(office.desk.delivering.retry(line.id)) for _ in range(2)]

    assert [(line.state, line.attempts) for line in states] == [("queued", 1), ("sent", 1)]
    with pytest.raises(Conflict, match="was delivered; it is not sent again"):
        asyncio.run(office.desk.delivering.retry(line.id))
    with pytest.raises(NotFound, match="there is no message 99; see: presswatch outbox list"):
        asyncio.run(office.desk.delivering.retry(99))


def test_retry_looks_at_a_held_server_and_a_good_answer_frees_all(office: Office) -> None:
    office.logs_in_with("wrong")
    first, _ = office.sends(ANN, BOB)
    office.desk.deliver()
    office.logs_in_with("right")

    retried = asyncio.run(office.desk.delivering.retry(first.id))

    assert (retried.state, office.desk.deliver()) == ("sent", ["sent"])


def test_what_is_dropped_is_never_sent_and_the_audit_knows_who_did_it(office: Office) -> None:
    first, second = office.sends(ANN, BOB)

    dropped = office.desk.delivering.drop(first.id, who="cli:eva")

    assert (dropped.state, office.desk.deliver()) == ("dropped", ["sent"])
    assert [taken.recipients for taken in office.post.taken] == [(BOB,)]
    assert [line.id for line in office.desk.delivering.undelivered()] == []
    with office.desk.db.read() as conn:
        entry = recent(conn, 1)[0]
    assert (entry.who, entry.action, entry.subject) == ("cli:eva", "outbox drop", first.message_id)
    with pytest.raises(Conflict, match="nor can it be taken back"):
        office.desk.delivering.drop(second.id, who="cli:eva")


def test_what_is_dropped_while_a_round_is_under_way_is_not_sent(office: Office) -> None:
    _, second = office.sends(ANN, BOB)

    class Meanwhile(SmtpChannel):
        async def send(self, message: Message) -> None:
            office.desk.delivering.drop(second.id, who="test")
            await super().send(message)

    office.way = Meanwhile

    assert office.desk.deliver() == ["sent", "dropped"]
    assert [taken.recipients for taken in office.post.taken] == [(ANN,)]


def test_two_rounds_at_once_send_each_message_once(office: Office) -> None:
    office.sends(ANN, BOB)

    async def both() -> None:
        await asyncio.gather(office.desk.delivering.deliver(), office.desk.delivering.deliver())

    asyncio.run(both())

    assert [taken.recipients for taken in office.post.taken] == [(ANN,), (BOB,)]


def test_one_message_that_nobody_can_send_does_not_keep_back_the_others(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.sends(ANN, BOB)

    class Broken(SmtpChannel):
        async def send(self, message: Message) -> None:
            if message.recipient == ANN:
                raise ZeroDivisionError
            await super().send(message)

    office.way = Broken

    assert office.desk.deliver() == ["queued", "sent"]
    assert "a bug kept a message back" in caplog.text


def test_the_log_names_no_recipient(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "presswatch")
    office.post.answers(f"rcpt {ANN}", f"550 5.1.1 <{ANN}>: unknown in virtual mailbox table")
    office.sends(ANN, BOB)
    office.desk.deliver()

    told = [str(vars(record)) for record in caplog.records if record.name.startswith("presswatch")]
    assert told
    assert not any("x.example" in line for line in told)
