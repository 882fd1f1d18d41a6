"""The one way out: every document from the web, feed, page or robots.txt, comes through here.

For each hop of a request the address is judged by its spelling, the host's robots.txt asked for and its turn waited
for; then the *connected* address is judged when the socket is made, so that no name can resolve to something else in
between. Only this file knows sockets and the HTTP library.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import quote

import aiodns
import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from yarl import URL

from core.clock import Clock
from core.errors import FetchError
from core.types import Outcome
from core.urls import scrub
from crawler.address import Target, is_allowed, literal, refuse_address
from crawler.answers import REDIRECTS, failure, validator
from crawler.courtesy import Courtesy
from crawler.decoding import ACCEPTED, Unpacked, too_large, unpack
from crawler.exchange import Answer, DoorSettings, Request, Response, about
from crawler.hostbook import HostBook, Robots
from crawler.journey import Journey, begin
from crawler.robots import MAX_BYTES as MAX_ROBOTS

_ACCEPT = (
    "text/html,application/xhtml+xml,application/atom+xml,application/rss+xml,application/xml;q=0.9,*/*;q=0.8"
)
_GOOD = (200, 203)
_MAX_ROBOTS_HOPS = 5
"""RFC 9309, 2.3.1.2."""
_UNPACKED_IN_PLACE = 64 * 1024
"""Larger bodies are unpacked in a thread: a bomb of 20 MB takes 60 ms, in which the loop would stand still."""

__all__ = ["Door", "DoorSettings", "Request", "Response"]

Knock = Callable[[Target], Awaitable[None]]
Read = Callable[[aiohttp.ClientResponse], Awaitable[bytes]]

_asked: ContextVar[str] = ContextVar("asked", default="")
"""``host:port`` of the request that a connection is being made for."""


class Door:
    def __init__(self, settings: DoorSettings, book: HostBook, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._courtesy = Courtesy(
            user_agent=settings.user_agent,
            host_delay=settings.host_delay,
            book=book,
            clock=clock,
            fetch_robots=self._fetch_robots,
        )
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, request: Request) -> Response:
        """The whole document, or that it is unchanged. Raises ``FetchError`` for everything else."""
        journey = begin(request, self._settings.max_hops)
        try:
            answer = await self._travel(journey, self._courtesy.ask, self._read_whole)
            return await self._respond(journey, answer)
        except FetchError as error:
            error.ms = round(journey.seconds * 1000)
            raise

    async def _respond(self, journey: Journey, answer: Answer) -> Response:
        request, target = journey.request, journey.target
        unchanged = answer.status == 304 and bool(request.etag or request.last_modified)
        refusal = None if unchanged else failure(answer.status, answer.headers, target.url, self._clock())
        if refusal is not None:
            await self._courtesy.hold(target, refusal)
            raise refusal
        try:
            unpacked = Unpacked(b"") if unchanged else await self._unpack(answer)
        except FetchError as error:
            raise about(error, scrub(target.url)) from error
        return Response(
            url=target.url,
            status=answer.status,
            headers=answer.headers,
            body=unpacked.body,
            not_modified=unchanged,
            ms=round(journey.seconds * 1000),
            moved_to=journey.moved_to,
            etag=validator(answer.headers.get("etag")),
            last_modified=validator(answer.headers.get("last-modified")),
            warnings=unpacked.warnings,
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _fetch_robots(self, target: Target) -> Robots:
        journey = begin(Request(f"{target.origin}/robots.txt"), _MAX_ROBOTS_HOPS)
        answer = await self._travel(journey, self._courtesy.pace, self._read_beginning)
        if 400 <= answer.status < 500 and answer.status != 429:
            return Robots(self._clock(), answer.status)
        error = failure(answer.status, answer.headers, journey.target.url, self._clock())
        if error is not None:
            raise error
        text = unpack(answer.body, answer.headers.get("content-encoding", ""), MAX_ROBOTS).body.decode(
            "utf-8", "replace"
        )
        return Robots(self._clock(), answer.status, text.lstrip("\ufeff").replace("\0", ""))

    async def _travel(self, journey: Journey, knock: Knock, read: Read) -> Answer:
        while True:
            target = journey.target
            if literal(target.host) and not is_allowed(
                target.host, target.port, target.place, self._settings.allow
            ):
                raise refuse_address(target)
            await knock(target)
            answer = await self._ask(journey, read)
            if answer.status not in REDIRECTS:
                return answer
            journey.follow(answer)

    async def _ask(self, journey: Journey, read: Read) -> Answer:
        total = self._settings.total_timeout.total_seconds()
        began = perf_counter()
        try:
            async with asyncio.timeout(max(total - journey.seconds, 0.001)):
                return await self._exchange(journey.target, journey.headers(), read)
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            raise _fault(exc, journey.target, self._settings) from exc
        except FetchError as error:
            raise about(error, scrub(journey.target.url)) from error
        finally:
            journey.seconds += perf_counter() - began

    async def _exchange(self, target: Target, headers: Mapping[str, str], read: Read) -> Answer:
        if self._session is None:
            self._session = _open_session(self._settings)
        _asked.set(target.place)
        async with self._session.get(
            URL(target.url, encoded=True), headers=headers, proxy=self._settings.proxy, allow_redirects=False
        ) as response:
            body = await read(response) if response.status in _GOOD else b""
            return Answer(response.status, _headers_of(response), body)

    async def _read_whole(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self._settings.max_bytes
        if (response.content_length or 0) > limit:
            raise too_large(limit)
        body = await _read(response, limit)
        if len(body) > limit:
            raise too_large(limit)
        return body

    async def _read_beginning(self, response: aiohttp.ClientResponse) -> bytes:
        return (await _read(response, MAX_ROBOTS))[:MAX_ROBOTS]

    async def _unpack(self, answer: Answer) -> Unpacked:
        coding, limit = answer.headers.get("content-encoding", ""), self._settings.max_bytes
        if len(answer.body) > _UNPACKED_IN_PLACE:
            unpacked = await asyncio.to_thread(unpack, answer.body, coding, limit)
        else:
            unpacked = unpack(answer.body, coding, limit)
        if not unpacked.body.strip():
            raise FetchError("the answer is empty", error_class="empty", status=answer.status)
        return unpacked


class _Refused(OSError):
    """This address may not be connected to."""


class _Resolver(AbstractResolver):
    """Gives only addresses that may be connected to, and gives up in time.

    It asks the name servers itself: the system's own call blocks a thread for as long as a dead name server likes, and
    a few of those would hold up the names of all other hosts.
    """

    def __init__(self, settings: DoorSettings) -> None:
        servers = [settings.resolver] if settings.resolver else None
        self._dns = aiodns.DNSResolver(nameservers=servers, timeout=2.0, tries=2)
        self._patience, self._allow = settings.resolve_timeout.total_seconds(), settings.allow
        self._guarded = settings.proxy is None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        try:
            async with asyncio.timeout(self._patience):
                addresses = await self._look_up(host, port, family)
        except TimeoutError as exc:
            raise OSError(0, "the name server does not answer") from exc
        except aiodns.error.DNSError as exc:
            raise OSError(exc.args[0], str(exc.args[-1])) from exc
        usable = [
            one for one in addresses if not self._guarded or is_allowed(one, port, _asked.get(), self._allow)
        ]
        if not usable:
            raise _Refused(host)
        return [_resolved(host, one, port) for one in usable]

    async def _look_up(self, host: str, port: int, family: int) -> list[str]:
        try:
            return await self._addresses(host, port, family)
        except aiodns.error.DNSError as exc:
            alias = await self._alias_of(host) if exc.args[0] == aiodns.error.ARES_ENODATA else None
            # A broken reply fails every question that is under way over the same socket, whoever's it was.
            again = host if exc.args[0] == aiodns.error.ARES_EBADRESP else alias
            if again is None:
                raise
        return await self._addresses(again, port, family)

    async def _addresses(self, host: str, port: int, family: int) -> list[str]:
        found = await self._dns.getaddrinfo(
            host, family=socket.AddressFamily(family), port=port, type=socket.SOCK_STREAM
        )
        return [node.addr[0].decode("ascii") for node in found.nodes]

    async def _alias_of(self, host: str) -> str | None:
        """A name server that does not itself go on to where an alias leads answers with the alias alone."""
        try:
            answer = await self._dns.query_dns(host, "CNAME")
        except aiodns.error.DNSError:
            return None
        names = [record.data.cname for record in answer.answer if hasattr(record.data, "cname")]
        return names[0] if names and names[0] != host else None

    async def close(self) -> None:
        await self._dns.close()


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


def _open_session(settings: DoorSettings) -> aiohttp.ClientSession:
    def open_socket(info: Any) -> socket.socket:
        family, kind, proto, _, address = info
        if not is_allowed(address[0], address[1], _asked.get(), settings.allow):
            raise _Refused(address[0])
        return socket.socket(family, kind, proto)

    connector = aiohttp.TCPConnector(
        limit=0,
        ssl=_tls(settings.ca_file),
        resolver=_Resolver(settings),
        ttl_dns_cache=60,
        socket_factory=None if settings.proxy else open_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        headers={"User-Agent": settings.user_agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPTED},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(
            total=None,
            connect=settings.connect_timeout.total_seconds(),
            sock_read=settings.idle_timeout.total_seconds(),
        ),
        max_line_size=settings.max_header_line,
        max_field_size=settings.max_header_line,
        max_headers=settings.max_header_lines,
    )


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    # A bare container or a new Python on macOS has no certificates at all.
    if not paths.cafile and not (paths.capath and any(Path(paths.capath).iterdir())):
        context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Up to the first chunk beyond ``limit``."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            break
    return bytes(body)


def _headers_of(response: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {_text(value)}" if key in headers else _text(value)
    return headers


def _text(value: str) -> str:
    """Bytes that are no UTF-8 (the library keeps them as surrogates) are shown percent-escaped, as an address needs them."""
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return quote(raw, safe="".join(map(chr, range(32, 127))))


_FAULTS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str, Outcome, str], ...] = (
    (aiohttp.ConnectionTimeoutError, "connect", "bounded", "no connection within {connect:.0f} s"),
    (aiohttp.SocketTimeoutError, "timeout", "bounded", "no byte for {idle:.0f} s"),
    (TimeoutError, "timeout", "bounded", "not finished within {total:.0f} s"),
    (
        (aiohttp.ClientSSLError, ssl.SSLError),
        "tls",
        "transient",
        "the connection cannot be made secure ({detail})",
    ),
    (aiohttp.ClientConnectorDNSError, "dns", "transient", "the name cannot be resolved ({detail})"),
    (
        (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError),
        "proxy",
        "transient",
        "the proxy failed ({detail})",
    ),
    (aiohttp.ClientConnectorError, "connect", "transient", "no connection ({detail})"),
    (
        aiohttp.ServerDisconnectedError,
        "closed",
        "transient",
        "the server closed the connection without an answer",
    ),
    (aiohttp.ClientPayloadError, "truncated", "transient", "the answer broke off before its end"),
    (aiohttp.ClientOSError, "reset", "transient", "the connection broke ({detail})"),
    (aiohttp.ClientResponseError, "protocol", "transient", "the answer is no proper HTTP"),
    ((aiohttp.InvalidURL, ValueError), "bad-address", "rejected", "the address cannot be asked for"),
    (Exception, "protocol", "transient", "the request failed ({detail})"),
)


_OF_THE_HOST = frozenset({"tls", "dns", "proxy", "connect"})


def _fault(exc: Exception, target: Target, settings: DoorSettings) -> FetchError:
    """Wraps what the library raised, once."""
    causes = tuple(_causes(exc))
    if any(isinstance(cause, _Refused) for cause in causes):
        return refuse_address(target)
    if any(_is_header_limit(cause) for cause in causes):
        return about(
            FetchError("the headers are too large", error_class="too-large", outcome="bounded"),
            scrub(target.url),
        )
    error_class, outcome, why = next(fault[1:] for fault in _FAULTS if isinstance(exc, fault[0]))
    said = why.format(
        connect=settings.connect_timeout.total_seconds(),
        idle=settings.idle_timeout.total_seconds(),
        total=settings.total_timeout.total_seconds(),
        detail=_detail(causes[-1] if error_class in ("tls", "connect", "dns") else exc),
    )
    place = target.key if error_class in _OF_THE_HOST else scrub(target.url)
    return about(FetchError(said, error_class=error_class, outcome=outcome), place)


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or getattr(exc, "os_error", None)


def _is_header_limit(exc: BaseException) -> bool:
    return isinstance(exc, LineTooLong) or (
        isinstance(exc, HttpProcessingError) and "Too many headers" in exc.message
    )


def _detail(exc: BaseException) -> str:
    """One line in words, without the addresses that the library mixes in."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return exc.verify_message
    if isinstance(exc, ssl.SSLError):
        return (exc.reason or "").replace("_", " ").lower() or "the handshake failed"
    if isinstance(exc, aiodns.error.DNSError):
        return str(exc.args[-1])
    if isinstance(exc, OSError) and exc.errno in errno.errorcode:
        return os.strerror(exc.errno or 0)
    return getattr(exc, "strerror", None) or type(exc).__name__
