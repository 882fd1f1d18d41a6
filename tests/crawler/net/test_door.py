"""The door against a real server: what it brings back, what it refuses, and what it never sends."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import brotli
import pytest
import zstandard

from core.errors import ConfigError, FetchError
from crawler.door import Door, DoorSettings, Request, Response
from crawler.hostbook import MemoryHostBook, Robots

FEED = b"<rss><channel><title>News</title></channel></rss>"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def kind(error: Any) -> tuple[str, str]:
    assert isinstance(error, FetchError), error
    return error.error_class, error.outcome


def test_a_document_comes_with_its_validators(site: Any, visitor: Any) -> None:
    site.page(
        "/feed", FEED, ETag='"1"', Last_Modified="Tue, 24 Nov 2026 08:00:00 GMT", Content_Type="text/xml"
    )

    response = visitor.get(site.url("/feed"))

    assert replace(response, headers={}, ms=0) == Response(
        url=site.url("/feed"),
        status=200,
        headers={},
        body=FEED,
        etag='"1"',
        last_modified="Tue, 24 Nov 2026 08:00:00 GMT",
    )
    assert response.content_type == "text/xml"


def test_an_unchanged_document_is_told_so(site: Any, visitor: Any) -> None:
    site.page("/feed", status=304)

    response = visitor.get(Request(site.url("/feed"), etag='"1"', last_modified="yesterday"))

    assert response.not_modified and response.body == b""
    assert site.seen[-1].headers["if-none-match"] == '"1"'
    assert site.seen[-1].headers["if-modified-since"] == "yesterday"


def test_unchanged_is_no_answer_to_a_first_request(site: Any, visitor: Any) -> None:
    site.page("/feed", status=304)

    assert kind(visitor.fail(site.url("/feed"))) == ("http-304", "transient")


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(FEED)),
        ("deflate", zlib.compress(FEED)),
        ("br", brotli.compress(FEED)),
        ("zstd", zstandard.ZstdCompressor().compress(FEED)),
    ],
)
def test_packed_documents_are_unpacked(site: Any, visitor: Any, coding: str, packed: bytes) -> None:
    site.page("/feed", packed, Content_Encoding=coding)

    assert visitor.get(site.url("/feed")).body == FEED
    assert site.seen[-1].headers["accept-encoding"] == "gzip, deflate, br, zstd"


def test_a_bomb_is_cut(site: Any, visitor: Any) -> None:
    site.page("/feed", gzip.compress(bytes(50_000_000)), Content_Encoding="gzip")

    assert kind(visitor.fail(site.url("/feed"))) == ("too-large", "bounded")


def test_a_body_that_breaks_off_is_an_error(site: Any, visitor: Any) -> None:
    site.page("/feed", FEED, Content_Length="500")
    site.answers["/feed"] = stopping(site.answers["/feed"])

    assert kind(visitor.fail(site.url("/feed"))) == ("truncated", "transient")


def test_an_announced_giant_is_not_read(site: Any, visitor: Any) -> None:
    site.page("/feed", FEED, Content_Length="1000000000")

    assert kind(visitor.fail(site.url("/feed"))) == ("too-large", "bounded")


def test_an_endless_body_is_cut(site: Any, visitor: Any) -> None:
    async def endless(seen: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    site.answers["/feed"] = endless

    assert kind(visitor.fail(site.url("/feed"))) == ("too-large", "bounded")


def test_endless_headers_are_cut(site: Any, visitor: Any) -> None:
    many = b"".join(b"X-%d: a\r\n" % number for number in range(500))
    site.answers["/many"] = b"HTTP/1.1 200 OK\r\n" + many + b"Content-Length: 0\r\n\r\n"
    site.answers["/long"] = b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000 + b"\r\nContent-Length: 0\r\n\r\n"

    assert kind(visitor.fail(site.url("/many"))) == ("too-large", "bounded")
    assert kind(visitor.fail(site.url("/long"))) == ("too-large", "bounded")


def test_an_empty_document_is_an_error(site: Any, visitor: Any) -> None:
    site.page("/feed", b" \r\n ")

    assert kind(visitor.fail(site.url("/feed"))) == ("empty", "transient")


def test_silence_ends_after_its_own_time(site: Any, hasty_visitor: Any, silence: Any) -> None:
    site.answers["/feed"] = silence

    error = hasty_visitor.fail(site.url("/feed"))

    assert kind(error) == ("timeout", "bounded")
    assert error.ms >= 500


def test_a_trickle_ends_after_the_total_time(site: Any, hasty_visitor: Any) -> None:
    async def trickle(seen: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    site.answers["/feed"] = trickle

    error = hasty_visitor.fail(site.url("/feed"))

    assert kind(error) == ("timeout", "bounded")
    assert error.ms >= 1400


def test_a_closed_connection_and_nonsense_are_named(site: Any, visitor: Any) -> None:
    async def hang_up(seen: Any, writer: asyncio.StreamWriter) -> None:
        return

    site.answers["/closed"] = hang_up
    site.answers["/nonsense"] = b"no HTTP at all\r\n\r\n"

    assert kind(visitor.fail(site.url("/closed"))) == ("closed", "transient")
    assert kind(visitor.fail(site.url("/nonsense"))) == ("protocol", "transient")


def test_a_refused_connection_is_named_without_the_path(make_visitor: Any) -> None:
    error = make_visitor("127.0.0.1:1").fail("http://127.0.0.1:1/feed?token=abc")

    assert kind(error) == ("connect", "transient")
    assert str(error) == "no connection (Connection refused): 127.0.0.1:1"


def test_a_name_that_does_not_exist(make_visitor: Any) -> None:
    error = make_visitor(resolver="127.0.0.1:1", resolve_timeout=timedelta(seconds=1)).fail(
        "http://news.example/"
    )

    assert error.error_class == "dns"


def test_redirects_are_followed_and_remembered_when_all_are_permanent(site: Any, visitor: Any) -> None:
    site.page("/old", status=301, Location="/newer")
    site.page("/newer", status=308, Location="feed")
    site.page("/found", status=302, Location="/newer")
    site.page("/feed", FEED)

    moved, found = visitor.visit(site.url("/old"), site.url("/found"))

    assert (moved.url, moved.moved_to) == (site.url("/feed"), site.url("/feed"))
    assert (found.url, found.moved_to) == (site.url("/feed"), None)


def test_a_redirect_in_the_bytes_of_another_charset_is_followed_as_sent(site: Any, visitor: Any) -> None:
    location = "/新闻".encode("gb18030")
    site.answers["/old"] = b"HTTP/1.1 302 X\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    site.page("/%D0%C2%CE%C5", FEED)

    assert visitor.get(site.url("/old")).url == site.url("/%D0%C2%CE%C5")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/a", ("redirect-loop", "transient")),
        ("", ("bad-redirect", "transient")),
        ("http://reader:secret@news.example/", ("bad-redirect", "rejected")),
        ("file:///etc/passwd", ("refused-scheme", "rejected")),
        ("/b%0d%0aX-Injected:%20yes", ("bad-address", "rejected")),
        ("http://127.1/", ("refused-address", "rejected")),
    ],
)
def test_redirects_that_lead_nowhere(
    site: Any, visitor: Any, location: str, expected: tuple[str, str]
) -> None:
    site.page("/a", status=302, Location=location)

    error = visitor.fail(site.url("/a"))

    assert kind(error) == expected
    assert "secret" not in str(error)


def test_redirects_end_after_ten(site: Any, visitor: Any) -> None:
    for number in range(20):
        site.page(f"/{number}", status=302, Location=f"/{number + 1}")

    assert kind(visitor.fail(site.url("/0"))) == ("redirect-loop", "transient")
    assert site.paths() == ["/robots.txt", *(f"/{number}" for number in range(11))]


def test_a_redirect_into_a_private_network_does_not_connect(
    site: Any, other_site: Any, make_visitor: Any
) -> None:
    """The other site would answer: it is the proof that nobody asked."""
    site.page("/feed", status=302, Location=other_site.url("/secret"))
    site.page("/name", status=302, Location=f"http://localhost:{other_site.port}/secret")
    other_site.page("/secret", FEED)

    refused = make_visitor(site.place).visit(site.url("/feed"), site.url("/name"))

    assert [kind(error) for error in refused] == [("refused-address", "rejected")] * 2
    assert other_site.connections == 0


def test_an_allowed_number_is_not_allowed_under_another_name(site: Any, make_visitor: Any) -> None:
    site.page("/feed", FEED)
    visitor = make_visitor(site.place)

    assert kind(visitor.fail(f"http://localhost:{site.port}/feed")) == ("refused-address", "rejected")
    assert site.connections == 0
    assert make_visitor(f"localhost:{site.port}").get(f"http://localhost:{site.port}/feed").body == FEED


def test_headers_of_the_pack_never_reach_another_origin(site: Any, other_site: Any, visitor: Any) -> None:
    site.page("/feed", status=302, Location="/here")
    site.page("/here", status=302, Location=other_site.url("/there"))
    other_site.page("/there", FEED)

    visitor.get(
        Request(
            site.url("/feed"), headers={"Authorization": "Bearer t", "Accept-Language": "zh-CN", "Host": "x"}
        )
    )

    assert [seen.headers.get("authorization") for seen in site.seen] == [None, "Bearer t", "Bearer t"]
    assert site.seen[-1].headers["accept-language"] == "zh-CN"
    assert site.seen[-1].headers["host"] == site.place
    assert [seen.headers.get("authorization") for seen in other_site.seen] == [None, None]


def test_we_say_who_we_are_and_bring_nothing_along(site: Any, visitor: Any) -> None:
    site.page("/first", status=302, Location="/feed", Set_Cookie="visitor=7")
    site.page("/feed", FEED)

    visitor.get(site.url("/first").replace("http://", "http://reader:secret@"))

    last = site.seen[-1].headers
    assert last["user-agent"] == "Presswatch/1.0 (+https://desk.example)"
    assert {"cookie", "referer", "authorization"} & set(last) == set()


def test_a_header_that_cannot_be_sent_is_the_operators_to_correct(site: Any, visitor: Any) -> None:
    error = visitor.fail(Request(site.url("/feed"), headers={"X": "a\r\nInjected: b"}))

    assert kind(error) == ("bad-header", "permanent")


def test_a_proxy_of_the_environment_is_not_used(
    site: Any, visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    site.page("/feed", FEED)

    assert visitor.get(site.url("/feed")).body == FEED


def test_the_set_proxy_is_used(site: Any, make_visitor: Any) -> None:
    site.answers["http://news.example/feed"] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews"

    assert make_visitor(proxy=site.url("")).get("http://news.example/feed").body == b"news"


def test_certificates_are_verified(tls_site: Any, certificates: Any, make_visitor: Any) -> None:
    tls_site.page("/feed", FEED)

    error = make_visitor(tls_site.place).fail(tls_site.url("/feed"))
    response = make_visitor(tls_site.place, ca_file=certificates.ca).get(tls_site.url("/feed"))

    assert kind(error) == ("tls", "transient")
    assert response.body == FEED


def test_a_certificate_file_that_is_none_is_the_operators_to_correct(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")

    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=f"PRESSWATCH_CA_FILE: .*{name}"):
            Door(DoorSettings("Presswatch/1", ca_file=tmp_path / name), MemoryHostBook(), lambda: NOW)


def test_a_name_server_is_given_by_its_number() -> None:
    with pytest.raises(ConfigError, match="PRESSWATCH_RESOLVER"):
        Door(DoorSettings("Presswatch/1", resolver="dns.example:53"), MemoryHostBook(), lambda: NOW)


def test_what_robots_forbid_is_not_asked_for(site: Any, visitor: Any) -> None:
    site.page("/robots.txt", "User-agent: Presswatch\nDisallow: /private/\nUser-agent: *\nDisallow: /")
    site.page("/feed", FEED)
    site.page("/private/feed", FEED)

    allowed, forbidden = visitor.visit(site.url("/feed"), site.url("/private/feed"))

    assert allowed.body == FEED
    assert kind(forbidden) == ("robots", "rejected")
    assert site.paths() == ["/robots.txt", "/feed"]


def test_robots_are_asked_for_once_a_day(site: Any, make_visitor: Any) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /private/")
    site.page("/feed", FEED)
    book = MemoryHostBook()

    for hours in (0, 23, 25):
        make_visitor(site.place, book=book, clock=lambda hours=hours: NOW + timedelta(hours=hours)).get(
            site.url("/feed")
        )

    assert site.paths() == ["/robots.txt", "/feed", "/feed", "/robots.txt", "/feed"]


def test_without_robots_everything_may_be_asked_for(site: Any, visitor: Any) -> None:
    site.page("/robots.txt", status=403)
    site.page("/feed", FEED)

    assert visitor.get(site.url("/feed")).body == FEED


def test_robots_that_cannot_be_read_now_put_the_host_off(site: Any, visitor: Any) -> None:
    site.page("/robots.txt", status=500)
    site.page("/feed", FEED)

    assert kind(visitor.fail(site.url("/feed"))) == ("robots-unreadable", "transient")
    assert site.paths() == ["/robots.txt"]


def test_a_week_old_copy_serves_while_robots_cannot_be_read(site: Any, make_visitor: Any) -> None:
    site.page("/robots.txt", status=500)
    site.page("/feed", FEED)
    book = MemoryHostBook()
    asyncio.run(book.save_robots(site.place, Robots(NOW, 200, "User-agent: *\nDisallow: /private")))

    later = make_visitor(site.place, book=book, clock=lambda: NOW + timedelta(days=3))
    got, forbidden = later.visit(site.url("/feed"), site.url("/private"))

    assert got.body == FEED
    assert kind(forbidden) == ("robots", "rejected")


def test_the_beginning_of_endless_robots_counts(site: Any, visitor: Any) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /private\n" + "Disallow: /aaaaaaaaaa\n" * 100_000)

    assert kind(visitor.fail(site.url("/private"))) == ("robots", "rejected")


def test_robots_bind_where_a_redirect_leads(site: Any, other_site: Any, visitor: Any) -> None:
    site.page("/feed", status=302, Location=other_site.url("/private"))
    other_site.page("/robots.txt", "User-agent: *\nDisallow: /private")

    assert kind(visitor.fail(site.url("/feed"))) == ("robots", "rejected")
    assert other_site.paths() == ["/robots.txt"]


class RecordingBook(MemoryHostBook):
    """Says 'now' to everyone and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.reservations: list[tuple[str, float]] = []

    async def reserve(self, host: str, delay: timedelta, now: datetime) -> datetime:
        self.reservations.append((host, delay.total_seconds()))
        return now


def test_each_hop_takes_its_turn(site: Any, other_site: Any, make_visitor: Any) -> None:
    site.page("/robots.txt", "User-agent: *\nCrawl-delay: 7")
    other_site.page("/robots.txt", "User-agent: *\nCrawl-delay: 86400")
    site.page("/feed", status=302, Location=other_site.url("/feed"))
    other_site.page("/feed", FEED)
    book = RecordingBook()

    make_visitor(site.place, other_site.place, book=book, host_delay=timedelta(seconds=2)).get(
        site.url("/feed")
    )

    assert book.reservations == [
        (site.place, 2),
        (site.place, 7),
        (other_site.place, 2),
        (other_site.place, 30),
    ]


def test_the_turn_is_waited_for_and_not_counted(site: Any, make_visitor: Any) -> None:
    """Robots, first and second leave at 0, 150 and 300 ms of a clock that stands still: 150 ms and 300 ms of waiting."""
    site.page("/feed", FEED)
    visitor = make_visitor(site.place, clock=lambda: NOW, host_delay=timedelta(milliseconds=150))
    began = perf_counter()

    first, second = visitor.visit(site.url("/feed"), site.url("/feed"))

    passed = (perf_counter() - began) * 1000
    assert passed >= 450
    assert first.ms + second.ms <= passed - 450 + 1


def test_a_host_that_asks_for_an_hour_gets_it(site: Any, make_visitor: Any) -> None:
    site.page("/feed", status=429, Retry_After="3600")
    site.page("/other", FEED)
    book = MemoryHostBook()
    at = {"now": NOW}
    visitor = make_visitor(site.place, book=book, clock=lambda: at["now"])

    busy, held = visitor.visit(site.url("/feed"), site.url("/other"))
    at["now"] = NOW + timedelta(hours=1)
    after = visitor.get(site.url("/other"))

    assert (kind(busy), busy.retry_after) == (("http-429", "transient"), timedelta(hours=1))
    assert (kind(held), held.retry_after) == (("held", "transient"), timedelta(hours=1))
    assert str(held) == f"{site.place} asked to be left alone until 2026-11-24 09:00 UTC (HTTP 429)"
    assert after.body == FEED
    assert site.paths() == ["/robots.txt", "/feed", "/other"]


def test_a_dead_host_delays_no_other(site: Any, hasty_visitor: Any, silence: Any) -> None:
    site.page("/feed", FEED)
    site.answers["/dead"] = silence

    async def both() -> Response:
        door = Door(hasty_visitor.settings, hasty_visitor.book, hasty_visitor.clock)
        dead = asyncio.create_task(door.fetch(Request(site.url("/dead"))))
        await asyncio.sleep(0)
        response = await door.fetch(Request(site.url("/feed")))
        assert not dead.done()
        with pytest.raises(FetchError):
            await dead
        await door.aclose()
        return response

    assert asyncio.run(both()).body == FEED


def stopping(answer: bytes) -> Any:
    async def send_and_close(seen: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return send_and_close
