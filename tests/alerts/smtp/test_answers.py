from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import smtp, smtp_answers
from alerts.channels.smtp_answers import (
    WORDS,
    Refusal,
    in_lines,
    key_of_answer,
    key_of_certificate,
    on_the_wire,
    quoted,
    secrets_of,
)

STAGES = ("connect", "tls", "hello", "login", "mail", "rcpt", "data")
ODD_BYTES = st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"a", b"..", b"\xe4"])).map(b"".join)


def received(wire: bytes) -> bytes:
    """What a server makes of it, by RFC 5321 4.5.2."""
    lines = wire.split(b"\r\n")
    end = lines.index(b".")
    assert lines[end + 1 :] == [b""], "the end of the message is the end of what was sent"
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:end])


@given(ODD_BYTES)
def test_a_server_receives_the_lines_of_the_message_and_nothing_ends_it_early(raw: bytes) -> None:
    lines = in_lines(raw)

    assert received(on_the_wire(lines)) == lines
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", lines)
    assert in_lines(lines) == lines


@given(st.sampled_from(STAGES), st.integers(-1, 999), st.text(max_size=40))
def test_every_answer_has_a_sentence_in_both_languages(stage, code, text):
    key = key_of_answer(stage, code, text)
    refusal = Refusal(stage, key, code=code, server="s:1", host="s", text=text, seconds="1", kilobytes=1)

    assert all(refusal.sentence(language) for language in ("zh", "en"))
    assert not refusal.unknown
    assert refusal.halts == (stage in STAGES[:4] or key in ("sender_refused", "login_wanted"))


@given(st.integers(500, 599), st.text(max_size=40))
def test_what_a_server_refuses_a_recipient_for_is_never_taken_for_passing(code, text):
    error = Refusal("rcpt", key_of_answer("rcpt", code, text), code=code, server="", text="").as_error(
        "smtp", "en"
    )

    assert error.retry == (code in (530, 538))


@given(st.integers(400, 499), st.text(max_size=40))
def test_what_a_server_cannot_do_now_is_tried_again(code, text):
    refusal = Refusal("rcpt", key_of_answer("rcpt", code, text), code=code, server="", text="")

    assert refusal.as_error("smtp", "en").retry


@pytest.mark.parametrize("module", [smtp, smtp_answers])
def test_every_key_that_is_named_has_its_words(module):
    source = Path(module.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'_(?:refusal|silent)\([^"()]*"\w+", "(\w+)"|return "(\w+_\w+)"', source))

    assert {key for pair in named for key in pair if key} <= set(WORDS.phrases)


def test_certificates_are_judged_by_what_is_wrong_with_them():
    assert [key_of_certificate(code) for code in (9, 10, 18, 19, 20, 62, 64)] == [
        "not_yet_valid", "expired", "untrusted", "untrusted", "untrusted", "other_host", "other_host",
    ]  # fmt: skip


@given(st.text(min_size=1, max_size=20), st.text(min_size=4, max_size=20))
def test_secrets_are_not_quoted_in_any_form(user, password):
    import base64

    plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    secrets = secrets_of(user, password)

    said = quoted(f"535 {plain} and {base64.b64encode(password.encode()).decode()}", secrets)

    assert said == "535 … and …"
    assert password not in quoted(f"[{password}]", secrets)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("5.1.1 <ann@x.example>: unknown", "5.1.1 …@…: unknown"),
        ("RCPT TO:<ann.b+c@x.example> no", "RCPT TO:…@… no"),
        ("'ann@x.example', ann@y.example", "'…@…', …@…"),
        ("one\r\ntwo\x1b[2J", "one two [2J"),
    ],
)
def test_addresses_and_controls_are_not_quoted(text, shown):
    assert quoted(text, ()) == shown
