from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mailserver import MailServer, parse_mail_server


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, "starttls")),
        ("smtp://Mail.Example:2525/?tls=starttls", MailServer("mail.example", 2525, "starttls")),
        ("smtps://mail.example", MailServer("mail.example", 465, "tls")),
        ("SMTPS://mail.example:4650/", MailServer("mail.example", 4650, "tls")),
        ("smtp://mail.example?tls=none", MailServer("mail.example", 25, "none")),
        ("smtp://a:b@mail.example", MailServer("mail.example", 587, "starttls", "a", "b")),
        ("smtp://a@b.example:c:d@mail.example", MailServer("mail.example", 587, "starttls", "a@b.example", "c:d")),
        ("smtp://a%40b:%2F%3F%23%25%3A@mail.example", MailServer("mail.example", 587, "starttls", "a@b", "/?#%:")),
        ("smtp://用户:密码@邮件.example", MailServer("xn--5nq051n.example", 587, "starttls", "用户", "密码")),
        ("smtp://[::1]:2525?tls=none", MailServer("::1", 2525, "none")),
        ("smtp://a:b@[::1]:25?tls=none", MailServer("::1", 25, "none", "a", "b")),
        ("smtp://a:b@localhost?tls=none", MailServer("localhost", 25, "none", "a", "b")),
        ("smtp://a:b@127.0.0.9:1?tls=none", MailServer("127.0.0.9", 1, "none", "a", "b")),
        ("smtp://a:b@mail.example?tls=none&clear-password=yes", MailServer("mail.example", 25, "none", "a", "b")),
    ],
)  # fmt: skip
def test_an_address_says_where_how_and_as_whom(text, server):
    assert parse_mail_server(text) == server


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mail.example", "is not the address of a mail server"),
        ("http://mail.example", "is not the address of a mail server"),
        ("smtp://", "is not the address of a mail server"),
        ("smtp://mail.example:smtp", "is not the address of a mail server"),
        ("smtp://mail.example/inbox", "is not the address of a mail server"),
        ("smtp://a:hun/ter2@mail.example", "%2F"),
        ("smtp://a:hunter2@mail.example\n", "is not the address of a mail server"),
        ("smtp://mail..example", "has no host"),
        ("smtp://-mail-.example", "has no host"),
        ("smtp://[1::2::3]", "has no host"),
        ("smtp://mail.example:0", "names a port"),
        ("smtp://mail.example:65536", "names a port"),
        ("smtp://hunter2@mail.example", "needs name and password before the @"),
        ("smtp://:hunter2@mail.example", "needs name and password before the @"),
        ("smtp://a:@mail.example", "needs name and password before the @"),
        ("smtp://a:100%hunter2@mail.example", "write it as %25"),
        ("smtp://a:%FFhunter2@mail.example", "not UTF-8"),
        ("smtp://a:%00hunter2@mail.example", "control characters"),
        ("smtp://mail.example?tls=maybe", "neither starttls nor none"),
        ("smtp://mail.example?tls=", "neither starttls nor none"),
        ("smtp://mail.example?tls=none&tls=starttls", "once"),
        ("smtp://mail.example?password=hunter2", "may end in"),
        ("smtps://mail.example?tls=none", "leave tls= away"),
        ("smtp://a:hunter2@mail.example?tls=none", "would send the password unencrypted over the network"),
        ("smtp://a:hunter2@10.0.0.1?tls=none", "would send the password unencrypted over the network"),
        ("smtp://a:hunter2@mail.example?clear-password=yes", "clear-password"),
        ("smtp://mail.example?tls=none&clear-password=yes", "clear-password"),
        ("smtp://a:hunter2@mail.example?tls=none&clear-password=no", "clear-password"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_repeating_a_secret(text, said):
    with pytest.raises(ValueError) as caught:  # the words are the point
        parse_mail_server(text)

    assert said in str(caught.value)
    assert "hun" not in str(caught.value)


@given(st.text(min_size=1, max_size=30).filter(str.isprintable), st.text(min_size=1).filter(str.isprintable))
def test_any_name_and_password_can_be_written(user, password):
    text = f"smtps://{quote(user, safe='')}:{quote(password, safe='')}@mail.example"

    assert parse_mail_server(text) == MailServer("mail.example", 465, "tls", user, password)


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text):
    for address in (text, f"smtp://{text}", f"smtp://{text}@mail.example", f"smtp://mail.example?{text}"):
        try:
            parse_mail_server(address)
        except ValueError as error:
            assert type(error) is ValueError


def test_neither_name_nor_password_is_shown():
    server = parse_mail_server("smtps://desk:hunter2@mail.example")

    assert (str(server), repr(server)) == (
        "mail.example:465", "MailServer(host='mail.example', port=465, security='tls')",
    )  # fmt: skip
    assert str(parse_mail_server("smtp://[::1]?tls=none")) == "[::1]:25"
