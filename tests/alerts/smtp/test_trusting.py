"""Who gets a password or a mail: only a server that proves to be the one which was named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from post_office import CUT, SILENCE, PostOffice, Script

from alerts.channels.smtp import Patience, Step
from core.errors import ConfigError

SHORT = Patience(*[timedelta(seconds=1)] * 3)
LOGIN = {"user": "desk", "password": "hunter2"}


@pytest.mark.parametrize(("security", "wrapped"), [("starttls", False), ("tls", True)])
def test_an_office_with_its_own_authority_is_trusted_by_its_file(
    desk, authority, make_message, security, wrapped
):
    with PostOffice(authority.server("localhost"), wrapped, accounts={"desk": "hunter2"}) as office:
        channel = desk.channel(office.port, security, host="localhost", ca_file=authority.file, **LOGIN)
        outcomes = desk.send(channel, make_message(n=1), make_message(n=2))

    assert outcomes == [None, None]
    assert (office.connections, [taken.encrypted for taken in office.taken]) == (1, [True, True])
    assert office.logins == [("PLAIN", "desk", True)]


@pytest.mark.parametrize(("security", "wrapped"), [("starttls", False), ("tls", True)])
@pytest.mark.parametrize(
    ("name", "days", "knows_authority", "said"),
    [
        ("localhost", (-1, 30), False, "is not from an authority that this machine trusts"),
        ("other.example", (-1, 30), True, "is made out to another name"),
        ("localhost", (-9, -1), True, "has expired"),
        ("localhost", (1, 30), True, "is not valid yet"),
    ],
)
def test_a_certificate_that_proves_nothing_gets_nothing(
    desk, authority, make_message, security, wrapped, name, days, knows_authority, said
):
    tls = authority.server(name, days=days)
    with PostOffice(tls, wrapped, accounts={"desk": "hunter2"}) as office:
        ca_file = authority.file if knows_authority else None
        channel = desk.channel(office.port, security, host="localhost", ca_file=ca_file, **LOGIN)
        (error,) = desk.send(channel, make_message())

    assert said in str(error)
    assert "neither password nor mail was sent" in str(error)
    assert (error.retry, error.halts, error.unknown) == (True, True, False)
    assert (office.logins, office.senders, office.taken) == ([], [], [])


def test_where_starttls_was_taken_out_neither_password_nor_mail_is_sent(desk, make_message):
    with PostOffice(accounts={"desk": "hunter2"}) as office:
        (error,) = desk.send(desk.channel(office.port, "starttls", **LOGIN), make_message())

    assert "does not offer STARTTLS" in str(error)
    assert error.halts
    assert (office.logins, office.senders, office.taken) == ([], [], [])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("454 4.7.0 TLS not available", "refuses to encrypt: 454 4.7.0"),
        ("220 go ahead\n250 injected", "no encryption could be agreed"),
        (CUT, "cut the connection at the step 'TLS'"),
    ],
)
def test_a_server_that_offers_starttls_and_does_not_do_it_gets_nothing(desk, make_message, answer, said):
    with Script("220 hi", "250-here\n250-AUTH PLAIN\n250 STARTTLS", answer, "250 not TLS") as script:
        (error,) = desk.send(desk.channel(script.port, "starttls", **LOGIN), make_message())

    assert said in str(error)
    assert error.halts
    assert script.heard[:2] == [b"EHLO [127.0.0.1]", b"STARTTLS"]
    assert b"hunter2" not in b"".join(script.heard)
    assert not any(line.startswith((b"AUTH", b"MAIL")) for line in script.heard)


def test_tls_on_a_port_that_speaks_plainly_is_explained(desk, office, make_message):
    (error,) = desk.send(desk.channel(office.port, "tls"), make_message())

    assert "does not speak TLS from the first byte; write smtp://…?tls=starttls" in str(error)


def test_plain_talk_on_a_port_that_wants_tls_is_explained(desk, authority, make_message):
    with PostOffice(authority.server("localhost"), wrapped=True) as office:
        (error,) = desk.send(desk.channel(office.port, "starttls", patience=SHORT), make_message())

    assert "said nothing for 1 s; a port that wants TLS at once (often 465) is written smtps://" in str(error)


def test_the_steps_tell_the_version_of_tls_and_the_method_of_the_login(desk, authority, make_message):
    steps: list[Step] = []
    with PostOffice(authority.server("localhost"), accounts={"desk": "hunter2"}) as office:
        settings = {"host": "localhost", "ca_file": authority.file, "told": steps.append, **LOGIN}
        desk.send(desk.channel(office.port, "starttls", **settings), make_message())

    assert [step.stage for step in steps] == [
        "connect", "hello", "tls", "hello", "login", "mail", "rcpt", "data",
    ]  # fmt: skip
    assert [step.answer for step in steps[2:5]] == [
        "TLSv1.3", "post.example", "PLAIN: 235 2.7.0 Authentication successful",
    ]  # fmt: skip


def test_a_refused_login_is_tried_once_and_holds_everything(desk, make_message):
    with PostOffice(accounts={"desk": "another"}) as office:
        (error,) = desk.send(desk.channel(office.port, **LOGIN), make_message())

    assert "refuses name or password: 535 5.7.8" in str(error)
    assert (error.retry, error.halts) == (True, True)
    assert (office.logins, office.senders) == ([("PLAIN", "desk", False)], [])


@pytest.mark.parametrize(
    ("offer", "answer", "said"),
    [
        ("250 here", "", "lets nobody log in on this port"),
        ("250-here\n250 AUTH XOAUTH2 NTLM", "", "takes only these ways to log in: XOAUTH2 NTLM"),
        ("250-here\n250 AUTH LOGIN", "454 4.7.0 directory is down", "cannot check logins now: 454"),
        ("250-here\n250 AUTH PLAIN", "535 no: aHVudGVyMg== hunter2 AGRlc2sAaHVudGVyMg==", "535 no: … … …"),
        ("250-here\n250 AUTH PLAIN", SILENCE, "said nothing for 1 s at the step 'login'"),
    ],
)
def test_a_login_that_cannot_be_done_is_explained_without_the_password(
    desk, make_message, offer, answer, said
):
    with Script("220 hi", offer, answer, "221 bye") as script:
        patience = SHORT if answer == SILENCE else desk.patience
        (error,) = desk.send(desk.channel(script.port, patience=patience, **LOGIN), make_message())

    assert said in str(error)
    assert "hunter2" not in str(error)
    assert error.halts


def test_in_the_clear_the_password_stays_here_when_it_can(desk, make_message):
    challenge = "PDE3ODkuMTIzQHBvc3QuZXhhbXBsZT4="
    offer = "250-here\n250 AUTH PLAIN LOGIN CRAM-MD5"
    talk = (
        "220 hi",
        offer,
        f"334 {challenge}",
        "235 ok",
        "250 ok",
        "250 ok",
        "354 go",
        "250 taken",
        "221 bye",
    )
    with Script(*talk) as script:
        assert desk.send(desk.channel(script.port, **LOGIN), make_message()) == [None]

    assert script.heard[1] == b"AUTH CRAM-MD5"
    assert b"hunter2" not in b"".join(script.heard)


def test_a_file_without_certificates_is_named(desk, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing of the kind")

    with pytest.raises(ConfigError, match=r"PRESSWATCH_CA_FILE: .*ca\.pem cannot be read as certificates"):
        desk.channel(25, "tls", ca_file=tmp_path / "ca.pem")
