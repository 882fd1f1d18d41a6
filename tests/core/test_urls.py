"""Addresses: one spelling per document, and nothing secret in a log line."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.urls import canonical, host_of, is_web, join, origin_of, scrub, site_of

PARTS = st.text(alphabet="aZ09-._~%/?#&=;:@+,!'()*[]\\ \t中文é\u3000😀\udc80", max_size=30)
ADDRESSES = st.one_of(
    st.text(max_size=80),
    st.builds(
        lambda scheme, host, rest: f"{scheme}://{host}{rest}",
        st.sampled_from(["http", "HTTPS", "Http", "ftp", "javascript"]),
        st.sampled_from(
            [
                "News.Example",
                "user:pw@a.example:80",
                "例子.中国",
                "[::1]:443",
                "a..b",
                "x:99999",
                "１２７.0.0.1",
            ]
        ),
        PARTS,
    ),
)


@given(ADDRESSES)
@example("http://a.example/x;jsessionid=1;jsessionid=2")
@example("http://a.example/?utm%5Fsource=x")
@example("http://a.example/a/%2e%2e/b")
def test_canonical_is_idempotent(url: str) -> None:
    assert canonical(canonical(url)) == canonical(url)


@given(ADDRESSES)
def test_canonical_keeps_web_addresses_on_their_host_and_scheme(url: str) -> None:
    if is_web(url) and is_web(canonical(url)):
        assert origin_of(canonical(url)) == origin_of(url)


@given(ADDRESSES)
def test_what_is_shown_is_one_short_line(url: str) -> None:
    shown = scrub(url)

    assert len(shown) <= 300
    assert "\n" not in shown and "\x1b" not in shown
    shown.encode()


@given(ADDRESSES, ADDRESSES)
def test_a_joined_link_is_a_web_address_or_none(base: str, href: str) -> None:
    link = join(base, href)

    assert link is None or (is_web(link) and urlsplit(link).username is None)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://News.Example:80", "http://news.example/"),
        ("https://news.example:8443/a/./b/../c", "https://news.example:8443/a/c"),
        ("https://reader:secret@news.example/a", "https://news.example/a"),
        ("https://news.example/a?utm_source=x&id=7&spm=1.2&fbclid=z#comments", "https://news.example/a?id=7"),
        ("https://news.example/a?from=timeline&isappinstalled=0", "https://news.example/a"),
        ("https://news.example/a?from=2026-01-02", "https://news.example/a?from=2026-01-02"),
        ("https://news.example/a?sid=1234", "https://news.example/a?sid=1234"),
        ("https://news.example/a?sid=9f8e7d6c5b4a3f21", "https://news.example/a"),
        ("https://news.example/a;jsessionid=0A1B?x=1", "https://news.example/a?x=1"),
        ("https://news.example/新闻", "https://news.example/%E6%96%B0%E9%97%BB"),
        ("https://news.example/%7Ea/%e6%96%b0", "https://news.example/~a/%E6%96%B0"),
        ("https://例子.中国/", "https://xn--fsqu00a.xn--fiqs8s/"),
        ("https://news.example/#/detail/12", "https://news.example/#/detail/12"),
        (" urn:isbn:1 ", "urn:isbn:1"),
    ],
)
def test_canonical_spelling(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("../b?x=1", "https://news.example/b?x=1"),
        ("//other.example/c", "https://other.example/c"),
        ("\\\\other.example\\c", "https://other.example/c"),
        (" my file.pdf\n", "https://news.example/a/my%20file.pdf"),
        ("https://user:pw@other.example/", "https://other.example/"),
        ("javascript:alert(1)", None),
        ("java\tscript:alert(1)", None),
        ("mailto:a@b.example", None),
        ("http://[::1", None),
        ("", "https://news.example/a/"),
    ],
)
def test_links_are_followed_as_a_browser_would(href: str, expected: str | None) -> None:
    assert join("https://news.example/a/", href) == expected


def test_site_and_host() -> None:
    assert host_of("https://WWW.News.Example:8443/a") == "www.news.example"
    assert site_of("https://WWW.News.Example:8443/a") == "news.example"
    assert host_of("not an address") == ""


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://reader:secret@news.example/a", "https://news.example/a"),
        ("https://news.example/?api_key=abc123&page=2", "https://news.example/?api_key=***&page=2"),
        ("https://news.example/a?x=1&access_token=t#y", "https://news.example/a?x=1&access_token=***#y"),
        ("ftp://u:p@files.example/\x1b[31m", "ftp://files.example/\\u001b[31m"),
        ("https://news.example/" + "a" * 400, "https://news.example/" + "a" * 278 + "…"),
    ],
)
def test_secrets_are_not_shown(url: str, expected: str) -> None:
    assert scrub(url) == expected
