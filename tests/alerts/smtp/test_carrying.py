"""What reaches the server, over how many connections, and what its answers mean for a message."""

from __future__ import annotations

import asyncio

import pytest
from post_office import CUT, PostOffice, Taken

from alerts.channels.smtp import Step

BIG = b"x" * 70 + b"\r\n"


def test_a_message_arrives_byte_for_byte_with_the_bare_sender_on_the_envelope(desk, office, make_message):
    message = make_message()

    assert desk.send(desk.channel(office.port), message) == [None]

    assert office.taken == [Taken("desk@office.example", ("ann@x.example",), message.raw)]


def test_dots_and_lone_line_ends_arrive_as_lines(desk, office, make_message):
    message = make_message(body=b".\r\n..two\r\n.\nalone\r.\rend")

    desk.send(desk.channel(office.port), message)

    head = make_message(body=b"").raw
    assert [taken.raw for taken in office.taken] == [head + b".\r\n..two\r\n.\r\nalone\r\n.\r\nend\r\n"]


def test_several_messages_share_a_connection(desk, office, make_message):
    messages = [make_message(f"r{n}@x.example", n=n) for n in range(5)]

    assert desk.send(desk.channel(office.port), *messages) == [None] * 5

    assert (office.connections, [taken.message_id for taken in office.taken]) == (
        1, [message.message_id for message in messages],
    )  # fmt: skip


def test_a_server_that_has_enough_of_a_connection_is_called_again(desk, make_message):
    messages = [make_message(f"r{n}@x.example", n=n) for n in range(5)]
    with PostOffice(per_line=2) as office:
        assert desk.send(desk.channel(office.port), *messages) == [None] * 5

    assert (office.connections, len(office.taken)) == (3, 5)


def test_a_connection_that_died_between_two_messages_is_replaced(desk, office, make_message):
    channel = desk.channel(office.port)

    async def send_two() -> None:
        await channel.send(make_message(n=1))
        office.hang_up()
        await channel.send(make_message(n=2))
        await channel.close()

    asyncio.run(send_two())

    assert (office.connections, len(office.taken)) == (2, 2)


def test_after_a_refusal_the_connection_goes_on(desk, office, make_message):
    office.answers("rcpt gone@x.example", "550 5.1.1 no such user")
    office.answers("data spam@x.example", "554 5.7.1 refused")
    messages = [make_message(f"{name}@x.example") for name in ("gone", "spam", "ann")]

    gone, spam, ann = desk.send(desk.channel(office.port), *messages)

    assert (gone is None, spam is None, ann) == (False, False, None)
    assert (office.connections, [taken.recipients for taken in office.taken]) == (1, [("ann@x.example",)])


@pytest.mark.parametrize(
    ("what", "answer", "traits", "said"),
    [
        ("mail desk@office.example", "451 4.3.0 busy", "retry", "come back later"),
        ("mail desk@office.example", "421 4.3.2 shutting down", "retry", "come back later"),
        ("mail desk@office.example", "550 5.7.1 not your address", "retry halts", "PRESSWATCH_MAIL_FROM"),
        ("mail desk@office.example", "530 5.7.0 log in first", "retry halts", "PRESSWATCH_SMTP_URL"),
        ("rcpt ann@x.example", "451 4.7.1 greylisted", "retry", "tried for five days"),
        ("rcpt ann@x.example", "421 4.3.2 closing", "retry", "tried for five days"),
        ("rcpt ann@x.example", "452 4.2.2 over quota", "retry", "mailbox is full"),
        ("rcpt ann@x.example", "550 5.1.1 no such user", "", "presswatch digest edit"),
        ("rcpt ann@x.example", "553 5.6.7 needs SMTPUTF8", "", "refuses this recipient"),
        ("rcpt ann@x.example", "554 5.7.1 Relay access denied", "", "outbox retry"),
        ("data ann@x.example", "451 4.3.0 disk full", "retry", "come back later"),
        ("data ann@x.example", "552 5.3.4 too large", "", "1 KB is too big"),
        ("data ann@x.example", "554 5.7.1 looks like spam", "", "refuses the content"),
        ("rcpt ann@x.example", CUT, "retry", "the message did not leave"),
        ("data ann@x.example", CUT, "retry unknown", "it may have arrived"),
    ],
)  # fmt: skip
def test_each_answer_says_whether_the_message_is_sent_again_and_what_to_do(
    desk, office, make_message, what, answer, traits, said
):
    office.answers(what, answer)

    (error,) = desk.send(desk.channel(office.port), make_message())

    kept = " ".join(name for name in ("retry", "unknown", "halts") if getattr(error, name))
    assert (error.channel, kept) == ("smtp", traits)
    assert said in str(error)


def test_a_message_beyond_the_size_that_the_server_names_is_not_even_handed_over(desk, make_message):
    with PostOffice(limit=1000) as office:
        (error, small) = desk.send(
            desk.channel(office.port), make_message(body=BIG * 100), make_message("bob@x.example")
        )

    assert (error.retry, error.halts, small) == (False, False, None)
    assert "the message of 8 KB is too big for the server: 552" in str(error)
    assert [taken.recipients for taken in office.taken] == [("bob@x.example",)]


def test_errors_repeat_neither_addresses_nor_what_could_steer_a_terminal(desk, office, make_message):
    office.answers("rcpt ann@x.example", "550 5.1.1 <ann@x.example>: \x1b[31munknown, says ann@x.example.")

    (error,) = desk.send(desk.channel(office.port), make_message())

    assert "ann" not in str(error)
    assert str(error).isprintable()
    assert (error.__cause__, error.__suppress_context__) == (None, True)


def test_domains_beyond_ascii_are_written_in_their_registered_form(desk, office, make_message):
    desk.send(desk.channel(office.port), make_message("ann@例子.example"))

    assert [taken.recipients for taken in office.taken] == [("ann@xn--fsqu00a.example",)]


def test_errors_speak_the_language_of_the_service(desk, office, make_message):
    office.answers("rcpt ann@x.example", "550 5.1.1 no such user")

    (error,) = desk.send(desk.channel(office.port, language="zh"), make_message())

    assert str(error).startswith("服务器永远不收这个收件人：550 5.1.1 no such user。核对地址")


def test_the_conversation_can_be_followed_step_by_step(desk, office, make_message):
    office.answers("rcpt ann@x.example", "550 5.1.1 no such user")
    steps: list[Step] = []

    desk.send(desk.channel(office.port, told=steps.append), make_message())

    assert steps == [
        Step("connect", f"127.0.0.1:{office.port}"),
        Step("hello", "post.example"),
        Step("mail", "250 2.1.0 ok"),
        Step("rcpt", "550 5.1.1 no such user", ok=False),
    ]
