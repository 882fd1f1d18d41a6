"""Names are judged by what they resolve to, against a name server on loopback that lies."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest

from core.errors import FetchError
from crawler.door import Door, Request

A, CNAME, AAAA = 1, 5, 28


@dataclass
class NameServer:
    """Answers by the first label; ``broken`` gets bytes that are no reply, an unknown one does not exist."""

    addresses: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    _socket: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        self._socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                question, peer = self._socket.recvfrom(2048)
                self._socket.sendto(self._reply(question), peer)
            except OSError:
                return

    def _reply(self, question: bytes) -> bytes:
        label = question[13 : 13 + question[12]].decode().lower()
        if label == "broken":
            return question[:2] + b"\x85\x80" + b"\xff" * 40
        end = question.index(b"\0", 12) + 5
        kind = int.from_bytes(question[end - 4 : end - 2], "big")
        records = [
            (A if number.version == 4 else AAAA, number.packed)
            for number in map(ip_address, self.addresses.get(label, []))
            if kind == (A if number.version == 4 else AAAA)
        ]
        if label in self.aliases:
            wire = b"".join(bytes([len(part)]) + part.encode() for part in self.aliases[label].split("."))
            records = [(CNAME, wire + b"\0")]
        code = 0 if label in self.addresses or label in self.aliases else 3
        answers = b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(data)) + data for kind, data in records
        )
        return (
            question[:2]
            + struct.pack(">HHHHH", 0x8580 | code, 1, len(records), 0, 0)
            + question[12:end]
            + answers
        )


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer()
    server.start()
    yield server
    server.stop()


def outcome(error: FetchError) -> tuple[str, str]:
    return error.error_class, error.outcome


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fd00::1"],
        ["127.0.0.1", "::1"],
    ],
)
def test_a_name_that_leads_inside_is_refused(
    site: Any, names: NameServer, make_visitor: Any, addresses: list[str]
) -> None:
    """The site of the first address is allowed under its number, and would answer."""
    names.addresses["news"] = addresses
    site.page("/feed", b"news")

    error = make_visitor(site.place, resolver=names.place).fail(f"http://news.example:{site.port}/feed")

    assert outcome(error) == ("refused-address", "rejected")
    assert site.connections == 0


def test_an_alias_that_leads_inside_is_refused(site: Any, names: NameServer, make_visitor: Any) -> None:
    names.aliases["news"] = "localhost"

    error = make_visitor(site.place, resolver=names.place).fail(f"http://news.example:{site.port}/feed")

    assert outcome(error) == ("refused-address", "rejected")
    assert site.connections == 0


def test_an_allowed_name_may_lead_inside(site: Any, names: NameServer, make_visitor: Any) -> None:
    names.addresses["news"] = ["127.0.0.1"]
    site.page("/feed", b"news")

    visitor = make_visitor(f"news.example:{site.port}", resolver=names.place)

    assert visitor.get(f"http://news.example:{site.port}/feed").body == b"news"


def test_a_name_that_does_not_exist_is_told_in_words(names: NameServer, make_visitor: Any) -> None:
    error = make_visitor(resolver=names.place).fail("http://nothing.example/feed?token=abc")

    assert outcome(error) == ("dns", "transient")
    assert str(error) == "the name cannot be resolved (Domain name not found): nothing.example"


def test_a_broken_reply_fails_its_own_name_only(site: Any, names: NameServer, make_visitor: Any) -> None:
    hosts = [f"news{number}.example:{site.port}" for number in range(20)]
    names.addresses |= {f"news{number}": ["127.0.0.1"] for number in range(20)}
    site.page("/feed", b"news")
    visitor = make_visitor(*hosts, resolver=names.place, total_timeout=timedelta(seconds=20))

    async def go() -> list[Any]:
        door = Door(visitor.settings, visitor.book, visitor.clock)
        wanted = [Request(f"http://{host}/feed") for host in ["broken.example", *hosts]]
        try:
            return await asyncio.gather(*map(door.fetch, wanted), return_exceptions=True)
        finally:
            await door.aclose()

    broken, *others = asyncio.run(go())

    assert outcome(broken) == ("dns", "transient")
    assert [other.body for other in others] == [b"news"] * 20
