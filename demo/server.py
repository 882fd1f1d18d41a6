"""The newsroom: one small web server on loopback per outlet, whose articles can be published, edited and made to fail."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Self

from core.clock import Clock, utc_now
from demo import articles, pages
from demo.articles import Edit, Outlet, Piece
from demo.pages import Printed

LOOPBACK = "127.0.0.1"
HEAD_SECONDS = 10
FEED, FRONT, ROBOTS = "/feed.xml", "/news/", "/robots.txt"
RSS, ATOM = "application/rss+xml", "application/atom+xml"


@dataclass(frozen=True, slots=True)
class Request:
    """One line of the log. ``status`` is what was answered."""

    outlet: str
    method: str
    path: str
    status: int
    agent: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    kind: str = "text/plain"
    body: bytes = b""


class Newsroom:
    """``async with Newsroom() as newsroom``: the dates of its articles count back from the moment it opens.

    With ``pieces`` given it prints these in place of the packaged ones.
    """

    def __init__(
        self,
        clock: Clock = utc_now,
        *,
        outlets: Sequence[Outlet] | None = None,
        pieces: Sequence[Piece] | None = None,
    ) -> None:
        self._clock = clock
        self.outlets = {outlet.id: outlet for outlet in (articles.outlets() if outlets is None else outlets)}
        self.pieces = {piece.id: piece for piece in (articles.pieces() if pieces is None else pieces)}
        self.requests: list[Request] = []
        self._fails = {outlet.id: outlet.fails for outlet in self.outlets.values() if outlet.fails}
        self._printed: dict[str, Printed] = {}
        self._servers: dict[str, asyncio.Server] = {}

    async def __aenter__(self) -> Self:
        self.opened = self._clock()
        for piece in self.pieces.values():
            if not piece.held:
                self._print(piece, self.opened - piece.age)
        for outlet in self.outlets.values():
            self._servers[outlet.id] = await asyncio.start_server(partial(self._serve, outlet), LOOPBACK, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers.values():
            server.close()
        for server in self._servers.values():
            await server.wait_closed()

    @property
    def printed(self) -> tuple[Printed, ...]:
        """Everything that can be read now, newest first."""
        return tuple(sorted(self._printed.values(), key=lambda one: one.published, reverse=True))

    @property
    def allow_hosts(self) -> str:
        """For PRESSWATCH_ALLOW_HOSTS."""
        return ",".join(self.base(outlet_id).removeprefix("http://") for outlet_id in self._servers)

    def base(self, outlet_id: str) -> str:
        port = self._servers[outlet_id].sockets[0].getsockname()[1]
        return f"http://{LOOPBACK}:{port}"

    def source_url(self, outlet_id: str) -> str:
        return self.base(outlet_id) + (FRONT if self.outlets[outlet_id].style == "list" else FEED)

    def url(self, piece_id: str) -> str:
        return self.base(self.pieces[piece_id].outlet) + self._printed[piece_id].path

    def publish(self, piece: Piece | str) -> str:
        """Prints a held piece, or one of your own, dated now; returns its address."""
        if isinstance(piece, str):
            piece = self.pieces[piece]
        self.pieces[piece.id] = piece
        self._print(piece, self._clock())
        return self.url(piece.id)

    def edit(self, piece_id: str, change: Edit | None = None) -> None:
        """Changes headline and text under the same address; without ``change`` as the packaged article provides."""
        change = change or self.pieces[piece_id].edit
        if change is None:
            raise ValueError(f"{piece_id} has no edit of its own; say what to change")
        one = self._printed[piece_id]
        text = "\n\n".join(one.paragraphs)
        for old, new in change.replace.items():
            text = text.replace(old, new)
        self._printed[piece_id] = replace(
            one, title=change.title, paragraphs=tuple(text.split("\n\n")), updated=self._clock()
        )

    def retract(self, piece_id: str) -> None:
        """Gone from feed, list and site."""
        del self._printed[piece_id]

    def fail(self, outlet_id: str, status: int = HTTPStatus.SERVICE_UNAVAILABLE) -> None:
        self._fails[outlet_id] = int(status)

    def recover(self, outlet_id: str) -> None:
        self._fails.pop(outlet_id, None)

    @property
    def failing(self) -> frozenset[str]:
        return frozenset(self._fails)

    def _print(self, piece: Piece, published: datetime) -> None:
        path = f"/{published:%Y/%m/%d}/{piece.id}.html"
        self._printed[piece.id] = Printed(
            piece, path, piece.title, piece.paragraphs, published.replace(microsecond=0)
        )

    async def _serve(
        self, outlet: Outlet, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
            writer.write(self._answer(outlet, head.decode("latin-1")))
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # The other side went away or never asked; a newsroom shrugs.
        finally:
            writer.close()

    def _answer(self, outlet: Outlet, head: str) -> bytes:
        first, *rest = head.split("\r\n")
        method, path, *_ = [*first.split(" "), "", ""]
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)
        }
        answer = self._find(outlet, path.partition("?")[0]) if method in ("GET", "HEAD") else Answer(405)
        tag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
        if answer.status == HTTPStatus.OK and headers.get("if-none-match") == tag:
            answer = Answer(304, answer.kind)
        self.requests.append(Request(outlet.id, method, path, answer.status, headers.get("user-agent", "")))
        return as_bytes(answer, tag, with_body=method == "GET")

    def _find(self, outlet: Outlet, path: str) -> Answer:
        own = [one for one in self.printed if one.piece.outlet == outlet.id]
        if path == ROBOTS:
            return Answer(200, body=b"User-agent: *\nAllow: /\n")
        if outlet.id in self._fails:
            return Answer(self._fails[outlet.id], body=b"The outlet has trouble.\n")
        if path == FEED and outlet.style != "list":
            return self._feed(outlet, own)
        if path in ("/", FRONT):
            return as_page(outlet, pages.front(outlet, own))
        for one in own:
            if path == one.path:
                return as_page(
                    outlet, pages.article(outlet, one, [other for other in own if other is not one])
                )
        return Answer(404, body=b"No such page.\n")

    def _feed(self, outlet: Outlet, own: Sequence[Printed]) -> Answer:
        base = self.base(outlet.id)
        if outlet.style == "atom":
            return Answer(200, ATOM, pages.atom(outlet, base, own, self.opened).encode())
        return Answer(200, RSS, pages.rss(outlet, base, own).encode())


def as_page(outlet: Outlet, text: str) -> Answer:
    return Answer(200, f"text/html; charset={outlet.declared}", text.encode(outlet.printed))


def as_bytes(answer: Answer, tag: str, *, with_body: bool) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", "Connection: close"]
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return ("\r\n".join([*lines, f"ETag: {tag}"]) + "\r\n\r\n").encode()
    lines += [f"Content-Type: {answer.kind}", f"Content-Length: {len(answer.body)}"]
    if answer.status == HTTPStatus.OK:
        lines.append(f"ETag: {tag}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + (answer.body if with_body else b"")
