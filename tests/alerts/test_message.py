from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.message import Envelope, compose, stable_id
from alerts.render import MAIL_LIMIT, Rendered, encoded_size, render
from core.errors import DeliveryError
from core.types import Message

ENVELOPE = Envelope(
    message_id="<daily.2026-11-24T08-30.abc@office.example>",
    date=datetime(2026, 11, 24, 0, 30, tzinfo=UTC),
    sender="Presswatch 监测 <presswatch@office.example>",
    recipient="reader@office.example",
    digest_id="daily",
    language="zh",
)
RENDERED = Rendered("[WIPO–北京] 日报 11-24 · 1 则新报道 · 头条", "正文\n", "<p>正文</p>\n")


def parsed(message):
    return message_from_bytes(message.raw, policy=default)


def test_message_says_on_its_outside_what_it_is():
    mail = parsed(compose(RENDERED, ENVELOPE))

    assert {name: str(mail[name]) for name in mail} == {
        "Date": "Tue, 24 Nov 2026 00:30:00 +0000",
        "From": "Presswatch 监测 <presswatch@office.example>",
        "To": "reader@office.example",
        "Subject": RENDERED.subject,
        "Message-ID": ENVELOPE.message_id,
        "List-ID": "<daily.office.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "X-Presswatch-Digest": "daily",
        "MIME-Version": "1.0",
        "Content-Type": str(mail["Content-Type"]),
        "Content-Language": "zh-CN",
    }
    assert mail.get_content_type() == "multipart/alternative"


def test_both_parts_come_back_as_they_were_written(news):
    rendered = render(news.full_day(), base_url="https://watch.example")

    plain, html = parsed(compose(rendered, ENVELOPE)).iter_parts()

    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert {part["Content-Transfer-Encoding"] for part in (plain, html)} == {"base64"}
    assert plain.get_content().replace("\r\n", "\n") == rendered.text
    assert html.get_content().replace("\r\n", "\n") == rendered.html


def test_same_values_make_the_same_bytes(news):
    rendered = render(news.full_day(), base_url="https://watch.example")

    assert compose(rendered, ENVELOPE) == compose(rendered, ENVELOPE)


def test_lines_end_with_crlf_and_are_short(news):
    raw = compose(render(news.full_day("en"), base_url="https://watch.example"), ENVELOPE).raw

    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert raw.isascii()


def test_size_is_foretold(news):
    rendered = render(news.full_day(), base_url="https://watch.example")
    size = len(compose(rendered, ENVELOPE).raw)

    assert size <= encoded_size(rendered) <= size + 2000
    assert size <= MAIL_LIMIT


def test_message_without_recipient_has_no_to_line():
    message = compose(RENDERED, replace(ENVELOPE, recipient=""))

    assert message == Message(ENVELOPE.message_id, "", RENDERED.subject, message.raw)
    assert parsed(message)["To"] is None


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "a@b@c",
        "a b@office.example",
        "a@office.example, b@office.example",
        "a@x\r\nBcc: b@y.example",
        "张@office.example",
        "@x",
        "",
    ],
)
def test_address_that_is_none_is_refused_once_and_for_all(address):
    broken = replace(ENVELOPE, recipient=address) if address else replace(ENVELOPE, sender=address)

    with pytest.raises(DeliveryError) as caught:
        compose(RENDERED, broken)

    assert caught.value.retry is False
    assert "\n" not in str(caught.value)


def test_domains_beyond_ascii_get_their_registered_form():
    mail = parsed(compose(RENDERED, replace(ENVELOPE, recipient="a@例子.example")))

    assert mail["To"].addresses[0].addr_spec == "a@xn--fsqu00a.example"


@settings(max_examples=80, deadline=None)
@given(subject=st.text(max_size=150))
def test_no_subject_can_add_a_header(subject):
    message = compose(replace(RENDERED, subject=subject), ENVELOPE)

    mail = parsed(message)
    assert str(mail["Subject"]) == message.subject
    assert mail.keys() == parsed(compose(RENDERED, ENVELOPE)).keys()


def test_message_id_is_stable_and_tells_nobodys_address():
    made = stable_id("daily", "2026-11-24T08:30", "reader@office.example", "Presswatch <p@office.example>")

    assert made == stable_id("daily", "2026-11-24T08:30", "reader@office.example", "p@office.example")
    assert re.fullmatch(r"<daily\.2026-11-24T08-30\.[0-9a-f]{20}@office\.example>", made)
    assert made != stable_id("daily", "2026-11-24T08:30", "other@office.example", "p@office.example")
    assert re.fullmatch(
        r"<x-y\.[0-9a-f]{20}@localhost>", stable_id("日报", "x y", "", "presswatch@localhost")
    )


def test_a_long_message_id_stays_on_the_line_of_its_name():
    message_id = f"<{'weekly-of-the-beijing-desk.' * 4}@press.office.example>"

    raw = compose(RENDERED, replace(ENVELOPE, message_id=message_id)).raw

    assert f"\r\nMessage-ID: {message_id}\r\n".encode() in raw
