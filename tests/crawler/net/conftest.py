"""A small web server on loopback that can be as wrong as it likes, and a door that may talk to it."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from core.clock import utc_now
from core.errors import FetchError
from crawler.door import Door, DoorSettings, Request, Response
from crawler.hostbook import HostBook, MemoryHostBook
from crawler.parse.article import parse_article
from crawler.parse.discover import feeds_of
from crawler.parse.lists import parse_list
from crawler.parse.sitemap import parse_sitemap
from crawler.readers.feed import parse_feed
from crawler.readers.search import parse_search

Answer = bytes | Callable[["Seen", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    path: str
    headers: dict[str, str]


@dataclass
class Site:
    """Answers by path; any path it does not know gets 404. Everything it is asked for is kept in ``seen``."""

    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, path: str) -> str:
        return f"{'https' if self.tls else 'http'}://{self.place}{path}"

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def page(self, path: str, body: bytes | str = b"", status: int = 200, **headers: str) -> None:
        body = body.encode() if isinstance(body, str) else body
        lines = {"Content-Type": "text/html", "Content-Length": str(len(body))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.answers[path] = f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body

    def start(self) -> Site:
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait(10)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, self.host, 0, ssl=self.tls))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                pairs = (line.partition(": ") for line in lines if line)
                seen = Seen(first.split(" ")[1], {name.lower(): value for name, _, value in pairs})
                self.seen.append(seen)
                answer = self.answers.get(seen.path, b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
                if not isinstance(answer, bytes):
                    await answer(seen, writer)
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def say_nothing(seen: Seen, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site().start()
    yield server
    server.stop()


@pytest.fixture
def other_site() -> Iterator[Site]:
    server = Site().start()
    yield server
    server.stop()


@pytest.fixture
def silence() -> Answer:
    return say_nothing


SETTINGS = DoorSettings(
    "Presswatch/1.0 (+https://desk.example)",
    host_delay=timedelta(0),
    max_bytes=100_000,
)


@dataclass
class Visitor:
    """Makes requests one after another through one door; a failure is a value."""

    settings: DoorSettings = SETTINGS
    book: HostBook = field(default_factory=MemoryHostBook)
    clock: Callable[[], datetime] = utc_now

    def visit(self, *wanted: str | Request) -> list[Response | FetchError]:
        async def go() -> list[Response | FetchError]:
            door = Door(self.settings, self.book, self.clock)
            try:
                return [await _outcome(door, each) for each in wanted]
            finally:
                await door.aclose()

        return asyncio.run(go())

    def get(self, wanted: str | Request) -> Response:
        (got,) = self.visit(wanted)
        assert isinstance(got, Response), got
        return got

    def fail(self, wanted: str | Request) -> FetchError:
        (got,) = self.visit(wanted)
        assert isinstance(got, FetchError), got
        return got


async def _outcome(door: Door, wanted: str | Request) -> Response | FetchError:
    try:
        return await door.fetch(Request(wanted) if isinstance(wanted, str) else wanted)
    except FetchError as error:
        return error


@pytest.fixture
def visitor(site: Site, other_site: Site) -> Visitor:
    """May talk to both sites."""
    return Visitor(settings=allowing(site.place, other_site.place))


@pytest.fixture
def hasty_visitor(site: Site, other_site: Site) -> Visitor:
    """The same with little patience."""
    hasty = {"idle_timeout": timedelta(milliseconds=500), "total_timeout": timedelta(milliseconds=1500)}
    return Visitor(settings=allowing(site.place, other_site.place, **hasty))


def allowing(*places: str, **changes: Any) -> DoorSettings:
    return replace(SETTINGS, allow=frozenset(places), **changes)


@pytest.fixture
def make_visitor() -> Callable[..., Visitor]:
    def make(*places: str, book: HostBook | None = None, clock: Any = utc_now, **changes: Any) -> Visitor:
        return Visitor(allowing(*places, **changes), book or MemoryHostBook(), clock)

    return make


@dataclass(frozen=True)
class Certificates:
    ca: Path
    leaf: Path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of an office and a server certificate of it for 127.0.0.1."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = tmp_path_factory.mktemp("tls")

    def issue(name: str, issuer: str, key: Any, signer: Any, *extensions: Any) -> Any:
        start = datetime.now(UTC) - timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=30))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    ca_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    key_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = issue(
        "office",
        "office",
        ca_key,
        ca_key,
        (x509.BasicConstraints(True, None), True),
        (usage, True),
        (key_id, False),
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id)
    leaf = issue("site", "office", leaf_key, ca_key, (names, False), (issuer_id, False))
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "leaf.pem").write_bytes(
        leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    return Certificates(folder / "ca.pem", folder / "leaf.pem")


@pytest.fixture
def tls_site(certificates: Certificates) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.leaf)
    server = Site(tls=context).start()
    yield server
    server.stop()


@dataclass
class KeepingSink:
    """Keeps what it is handed; may fail as a full disk does."""

    found_all: list[Any] = field(default_factory=list)
    pages_all: list[Any] = field(default_factory=list)
    error: Exception | None = None

    async def found(self, found: Any) -> None:
        if self.error:
            raise self.error
        self.found_all.append(found)

    async def page(self, found: Any) -> None:
        if self.error:
            raise self.error
        self.pages_all.append(found)

    def outcomes(self) -> dict[Any, str]:
        pairs: Sequence[tuple[Any, str]] = [(f.source_id, f.outcome) for f in self.found_all]
        return dict(pairs) | {page.article_id: page.outcome for page in self.pages_all}


@pytest.fixture
def sink() -> KeepingSink:
    return KeepingSink()


class InlineParsers:
    """The real parsers, without processes of their own; each takes a millisecond."""

    async def feed(self, body: bytes, *, spent: Any = None, **named: Any) -> Any:
        return self._counted(spent, parse_feed(body, **named))

    async def search(self, body: bytes, *, spent: Any = None, **named: Any) -> Any:
        return self._counted(spent, parse_search(body, **named))

    async def sitemap(self, body: bytes, *, spent: Any = None, **named: Any) -> Any:
        return self._counted(spent, parse_sitemap(body, **named))

    async def listing(self, body: bytes, *, spent: Any = None, **named: Any) -> Any:
        return self._counted(spent, parse_list(body, **named))

    async def article(self, body: bytes, *, spent: Any = None, **named: Any) -> Any:
        return self._counted(spent, parse_article(body, **named))

    async def discover(self, body: bytes, *, spent: Any = None, **named: Any) -> Any:
        return self._counted(spent, feeds_of(body, **named))

    def _counted(self, spent: Any, value: Any) -> Any:
        if spent:
            spent(1)
        return value


@pytest.fixture
def parsers() -> InlineParsers:
    return InlineParsers()
