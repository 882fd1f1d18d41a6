"""News sites on loopback: each a server of its own that may fall silent, and that remembers who came when."""

from __future__ import annotations

import random
import socket
import socketserver
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape as xml_escape

from core.types import Fetch

LOOPBACK = "127.0.0.1"
LISTED = 400
"""Items of a feed, newest first: more than a test publishes while a service is down."""
MARK = "plant"
SYLLABLES = (
    "ba",
    "ce",
    "do",
    "fi",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ro",
    "si",
    "tu",
    "ve",
    "wo",
    "zi",
)

Mood = Literal["well", "silent", "pages-silent"]


@dataclass(frozen=True, slots=True)
class Story:
    """One invented report; its number stands in headline and text, so that it is found wherever it is told."""

    number: int
    subject: str
    published: float

    @property
    def mark(self) -> str:
        return f"{MARK}{self.number:06d}"

    @property
    def title(self) -> str:
        return f"{self.subject} {self.mark}: {' '.join(self._words(6, 'title'))}"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        first = f"{self.subject} opens desk {self.mark} in {' '.join(self._words(30, 'one'))}."
        return first, f"{' '.join(self._words(45, 'two'))}."

    def _words(self, count: int, part: str) -> list[str]:
        draw = random.Random(f"{self.number} {part}")
        return ["".join(draw.choices(SYLLABLES, k=draw.randint(2, 4))) for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Visit:
    """``at`` by the monotonic clock of this machine."""

    path: str
    at: float


class Outlet:
    """One site: a feed and its pages."""

    def __init__(self, outlet_id: str, host: str = LOOPBACK) -> None:
        self.id = outlet_id
        self.mood: Mood = "well"
        self.visits: list[Visit] = []
        self.stories: list[Story] = []
        self.ending = threading.Event()
        self._server = _Server((LOOPBACK, 0), self)
        self.place = f"{host}:{self._server.server_address[1]}"

    @property
    def feed_url(self) -> str:
        return f"http://{self.place}/feed.xml"

    def open(self) -> None:
        self._server.server_activate()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.ending.set()
        if self._server.is_open:
            self._server.shutdown()
        self._server.server_close()

    def publish(self, number: int, subject: str = "TISC") -> Story:
        story = Story(number, subject, time.time())
        self.stories.append(story)
        return story

    def url(self, story: Story) -> str:
        return f"http://{self.place}/a/{story.number}.html"

    def pages_asked(self) -> list[Visit]:
        return [visit for visit in list(self.visits) if visit.path.startswith("/a/")]

    def hangs(self, path: str) -> bool:
        return self.mood == "silent" or (self.mood == "pages-silent" and path.startswith("/a/"))

    def answer(self, path: str) -> tuple[int, str, str]:
        if path == "/feed.xml":
            return 200, "application/rss+xml", self._feed()
        for story in list(self.stories):
            if path == f"/a/{story.number}.html":
                return 200, "text/html; charset=utf-8", _page(story)
        return 404, "text/plain", "no such page"

    def _feed(self) -> str:
        items = "".join(
            f"<item><title>{xml_escape(story.title)}</title><link>{self.url(story)}</link>"
            f'<guid isPermaLink="false">{self.id}-{story.number}</guid>'
            f"<pubDate>{formatdate(story.published)}</pubDate>"
            f"<description>{xml_escape(story.paragraphs[0])}</description></item>"
            for story in self.stories[: -LISTED - 1 : -1]
        )
        return f'<rss version="2.0"><channel><title>{self.id}</title><link>http://{self.place}/</link>{items}</channel></rss>'


class _Server(ThreadingHTTPServer):
    request_queue_size = 64
    is_open = False

    def __init__(self, address: tuple[str, int], outlet: Outlet) -> None:
        super().__init__(address, _Answering, bind_and_activate=False)
        self.outlet = outlet
        self.server_bind()

    def server_activate(self) -> None:
        super().server_activate()
        self.is_open = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked was killed meanwhile: that is what these tests are for."""


class _Answering(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        outlet = self.server.outlet
        outlet.visits.append(Visit(self.path, time.monotonic()))
        if outlet.hangs(self.path):
            # Until it is well again or taken down; then the connection is cut without a word.
            while outlet.hangs(self.path) and not outlet.ending.wait(0.1):
                pass
            return
        status, kind, text = outlet.answer(self.path)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The visits are the log."""


def _page(story: Story) -> str:
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in story.paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(story.title)}</title></head>'
        f"<body><main><article><h1>{escape(story.title)}</h1>{text}</article></main></body></html>"
    )


class NameServer(socketserver.ThreadingUDPServer):
    """Says of every name that it is this machine, or, as long as it is not ``well``, that it does not know."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Naming)
        self.well = False
        self.place = f"{LOOPBACK}:{self.server_address[1]}"


class _Naming(socketserver.BaseRequestHandler):
    server: NameServer

    def handle(self) -> None:
        asked, back = self.request
        header, question = asked[:12], asked[12:]
        end = question.index(b"\0") + 5
        is_address = question[end - 4 : end - 2] == b"\0\x01"
        known = self.server.well and is_address
        flags = b"\x81\x80" if self.server.well else b"\x81\x82"
        counts = b"\0\x01" + (b"\0\x01" if known else b"\0\0") + b"\0\0\0\0"
        answer = b"\xc0\x0c\0\x01\0\x01\0\0\0\x01\0\x04" + socket.inet_aton(LOOPBACK) if known else b""
        back.sendto(header[:2] + flags + counts + question[:end] + answer, self.client_address)


@contextmanager
def names() -> Iterator[NameServer]:
    with NameServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def town(count: int = 1, host: str = LOOPBACK) -> Iterator[list[Outlet]]:
    """``host`` may hold ``{n}``."""
    outlets = [Outlet(f"outlet-{n}", host.format(n=n)) for n in range(1, count + 1)]
    try:
        for outlet in outlets:
            outlet.open()
        yield outlets
    finally:
        for outlet in outlets:
            outlet.close()


def write_pack(folder: Path, outlets: Sequence[Outlet], fetch: Fetch) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sources = "".join(
        f"  - {{id: {its.id}, name: {its.id}, url: '{its.feed_url}', kind: feed, every: 1s, fetch: {fetch}}}\n"
        for its in outlets
    )
    (folder / "sources.yaml").write_text(f"sources:\n{sources}", encoding="utf-8")
    (folder / "watches.yaml").write_text(
        "watches:\n  - {id: tisc, name: TISC, query: TISC}\n"
        "digests:\n  - {id: daily, to: [], watches: all, schedule: '08:30 daily', when_empty: skip}\n",
        encoding="utf-8",
    )
