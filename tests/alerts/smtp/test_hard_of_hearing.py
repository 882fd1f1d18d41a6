"""Servers that turn away, fall silent, talk nonsense or are not mail servers at all."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from post_office import CUT, SILENCE, Script

from alerts.channels.smtp import Patience

SHORT = Patience(*[timedelta(seconds=1)] * 3)
MEETS = ("220 hi", "250 here")
TAKES = (*MEETS, "250 ok", "250 ok", "354 go")


@pytest.mark.parametrize(
    ("talk", "traits", "said"),
    [
        (("421 4.3.2 not now",), "retry halts", "turns us away: 421 4.3.2 not now"),
        (("554 5.7.1 not you",), "retry halts", "turns us away: 554 5.7.1 not you"),
        (("SSH-2.0-OpenSSH_9",), "retry halts", "is not a mail server"),
        ((CUT,), "retry halts", "cut the connection at the step 'greeting'"),
        ((SILENCE,), "retry halts", "said nothing for 1 s"),
        (("220 hi", CUT), "retry halts", "cut the connection at the step 'greeting'"),
        (("220 hi", "421 closing"), "retry halts", "turns us away: 421 closing"),
        (("220 hi", "500 what", "500 what"), "retry halts", "turns us away: 500 what"),
        ((*MEETS, CUT), "retry", "cut the connection at the step 'sender'"),
        ((*MEETS, "250 ok", SILENCE), "retry", "said nothing for 1 s at the step 'recipient'"),
        ((*MEETS, "250 ok", "250 ok", CUT), "retry", "cut the connection at the step 'message'"),
        ((*MEETS, "250 ok", "250 ok", "250 what"), "retry", "does not belong to the step 'message': 250 what"),
        ((*MEETS, "299 ok"), "retry", "does not belong to the step 'sender'"),
        ((*MEETS, "nonsense"), "retry", "does not belong to the step 'sender'"),
        ((*TAKES, "552 5.3.4 too much"), "", "too big for the server"),
        ((*TAKES, "421 4.3.2 closing"), "retry", "come back later"),
        ((*TAKES, CUT), "retry unknown", "the connection was cut after the message"),
        ((*TAKES, SILENCE), "retry unknown", "no receipt came in 1 s"),
        ((*TAKES, "nonsense"), "retry unknown", "makes no sense"),
        ((*TAKES, "354 go on"), "retry unknown", "makes no sense: 354 go on"),
    ],
)  # fmt: skip
def test_what_a_server_does_is_told_with_what_follows(desk, make_message, talk, traits, said):
    with Script(*talk) as script:
        patience = SHORT if SILENCE in talk else desk.patience
        (error,) = desk.send(desk.channel(script.port, patience=patience), make_message())

    kept = " ".join(name for name in ("retry", "unknown", "halts") if getattr(error, name))
    assert said in str(error)
    assert kept == traits


def test_a_server_from_before_ehlo_is_greeted_its_way(desk, make_message):
    talk = ("220 hi", "500 what", "250 hello", "250 ok", "250 ok", "354 go", "250 taken", "221 bye")
    with Script(*talk) as script:
        assert desk.send(desk.channel(script.port), make_message()) == [None]

    assert script.heard[:2] == [b"EHLO [127.0.0.1]", b"HELO [127.0.0.1]"]
    assert script.heard[-1] == b"QUIT"


def test_a_long_answer_is_read_to_its_end(desk, make_message):
    answer = "\n".join([*["250-blah"] * 300, "250 taken"])
    with Script(*TAKES, answer, "221 bye") as script:
        assert desk.send(desk.channel(script.port), make_message()) == [None]


def test_a_port_where_nobody_is_says_what_to_check(desk, make_message):
    with socket.create_server(("127.0.0.1", 0)) as taken_and_left:
        port = taken_and_left.getsockname()[1]

    (error,) = desk.send(desk.channel(port), make_message())

    assert str(error) == (
        f"nothing answers on 127.0.0.1:{port}; check the port (587 with smtp://, 465 with smtps://) "
        "and whether the mail server runs"
    )
    assert (error.retry, error.halts) == (True, True)


def test_the_wait_for_a_receipt_is_longer_than_any_other():
    patience = Patience()

    assert patience.connect <= patience.answer < patience.receipt == timedelta(minutes=10)
