"""Where a request may go, by its spelling and by its number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FetchError
from crawler.address import is_allowed, is_public, parse_target


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.31.0.1", "192.168.0.1",
        "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1", "2001::1", "fc00::1", "fd00:ec2::254",
        "fe80::1", "fe80::1%eth0", "ff02::1", "localhost", "",
    ],
)  # fmt: skip
def test_what_is_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "203.119.25.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_what_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://0/", "http://127.0.0.0x1/",
        "http://１２７.1/",
    ],
)  # fmt: skip
def test_unusual_spellings_of_numbers_are_refused(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        parse_target(url)

    assert (caught.value.outcome, caught.value.error_class) == ("rejected", "refused-address")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://１２７.0.0.1:81/", "127.0.0.1:81"),
        ("http://127。0。0。1/", "127.0.0.1:80"),
        ("http://127.0.0.1\t:81/x", "127.0.0.1:81"),
        ("http://127.0.0.1:81#@news.example/", "127.0.0.1:81"),
        ("http://news.example@127.0.0.1:81/", "127.0.0.1:81"),
        ("http://[::ffff:127.0.0.1]/", "[::ffff:7f00:1]:80"),
        ("https://LOCALHOST./", "localhost:443"),
    ],
)
def test_disguised_hosts_are_seen_through(url: str, place: str) -> None:
    target = parse_target(url)

    assert target.place == place
    assert not is_allowed(target.host, target.port, target.place, frozenset())


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://news.example/", "javascript:alert(1)", "data:text/plain,x", "//news.example/", "news",
        "http://", "http://news.example:99999/", "http://a.example\\@b.example/", "http://[fe80::1%25eth0]/",
        "http://news.example/%0d%0aX-Injected:1", "http://news.example/\x00",
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_rejected(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        parse_target(url)

    assert caught.value.outcome == "rejected"


def test_what_is_sent_is_ascii_and_without_credentials() -> None:
    target = parse_target("https://reader:pw@例子.中国/新闻 1?q=专利&x=%D6%D0#top")

    assert target.url == "https://xn--fsqu00a.xn--fiqs8s/%E6%96%B0%E9%97%BB%201?q=%E4%B8%93%E5%88%A9&x=%D6%D0"
    assert target.credentials


@given(st.text(max_size=60))
def test_parsing_raises_nothing_but_fetch_errors(text: str) -> None:
    for url in (text, f"http://{text}", f"http://news.example/{text}"):
        try:
            assert parse_target(url).url.isascii()
        except FetchError as error:
            assert len(str(error).splitlines()) == 1
            str(error).encode()


def test_an_allowed_place_is_allowed_as_it_is_asked_for() -> None:
    allowed = frozenset({"10.0.0.5:8080", "intranet.example:80"})

    assert is_allowed("10.0.0.5", 8080, "10.0.0.5:8080", allowed)
    assert is_allowed("10.0.0.9", 80, "intranet.example:80", allowed)
    assert not is_allowed("10.0.0.5", 8080, "evil.example:8080", allowed)
    assert not is_allowed("10.0.0.5", 80, "10.0.0.5:80", allowed)


def test_ports_of_other_services_are_refused_even_on_the_open_internet() -> None:
    assert is_allowed("1.1.1.1", 8443, "news.example:8443", frozenset())
    assert not is_allowed("1.1.1.1", 25, "news.example:25", frozenset())
