"""The one way out: every document from the web, feed, page or robots.txt, comes through here.

The *connected* address is judged when the socket is made, so that no name can resolve to something else in between.
Only this file knows sockets and the HTTP library; the rules of a passage stand in ``passage``.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiodns
import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from yarl import URL

from core.clock import Clock
from core.errors import ConfigError, FetchError
from core.types import Outcome
from core.urls import scrub
from crawler.address import Target, is_allowed, literal, refuse_address
from crawler.decoding import ACCEPTED, too_large
from crawler.exchange import Answer, DoorSettings, Portion, Request, Response, about
from crawler.hostbook import HostBook
from crawler.passage import Passage

__all__ = ["Door", "DoorSettings", "Request", "Response"]

_ACCEPT = (
    "text/html,application/xhtml+xml,application/atom+xml,application/rss+xml,application/xml;q=0.9,*/*;q=0.8"
)
_GOOD = (200, 203)

_asked: ContextVar[str] = ContextVar("asked", default="")
"""``host:port`` of the request that a connection is being made for."""


class Door:
    def __init__(self, settings: DoorSettings, book: HostBook, clock: Clock) -> None:
        """Raises ``ConfigError`` for a certificate file or a name server that cannot be used."""
        self._settings = settings
        self._tls = _tls(settings.ca_file)
        self._name_servers = _name_servers(settings.resolver)
        self._passage = Passage(settings, book, clock, self._exchange)
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, request: Request) -> Response:
        """The whole document, or that it is unchanged. Raises ``FetchError`` for everything else."""
        return await self._passage.fetch(request)

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _exchange(
        self, target: Target, headers: Mapping[str, str], portion: Portion, seconds: float
    ) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(target, headers, portion)
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            raise _fault(exc, target, self._settings) from exc

    async def _ask(self, target: Target, headers: Mapping[str, str], portion: Portion) -> Answer:
        if self._session is None:
            self._session = _open_session(self._settings, self._tls, self._name_servers)
        _asked.set(target.place)
        async with self._session.get(
            URL(target.url, encoded=True), headers=headers, proxy=self._settings.proxy, allow_redirects=False
        ) as response:
            body = await _read(response, portion, scrub(target.url)) if response.status in _GOOD else b""
            return Answer(response.status, _headers_of(response), body)


class _Refused(OSError):
    """This address may not be connected to."""


class _Resolver(AbstractResolver):
    """Gives only addresses that may be connected to, and gives up in time.

    It asks the name servers itself: the system's own call blocks a thread for as long as a dead name server likes, and
    a few of those would hold up the names of all other hosts.
    """

    def __init__(self, settings: DoorSettings, name_servers: list[str] | None) -> None:
        self._servers = name_servers
        self._dns = self._channel()
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
            return await _addresses(self._dns, host, port, family)
        except aiodns.error.DNSError as exc:
            if exc.args[0] == aiodns.error.ARES_EBADRESP:
                return await self._look_up_alone(host, port, family)
            alias = await self._alias_of(host) if exc.args[0] == aiodns.error.ARES_ENODATA else None
            if alias is None:
                raise
        return await _addresses(self._dns, alias, port, family)

    async def _look_up_alone(self, host: str, port: int, family: int) -> list[str]:
        """A broken reply fails every question under way over the same socket; one by itself fails for its own only."""
        dns = self._channel()
        try:
            return await _addresses(dns, host, port, family)
        finally:
            await dns.close()

    def _channel(self) -> aiodns.DNSResolver:
        return aiodns.DNSResolver(nameservers=self._servers, timeout=2.0, tries=2)

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


async def _addresses(dns: aiodns.DNSResolver, host: str, port: int, family: int) -> list[str]:
    found = await dns.getaddrinfo(
        host, family=socket.AddressFamily(family), port=port, type=socket.SOCK_STREAM
    )
    return [node.addr[0].decode("ascii") for node in found.nodes]


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


def _open_session(
    settings: DoorSettings, tls: ssl.SSLContext, name_servers: list[str] | None
) -> aiohttp.ClientSession:
    def open_socket(info: Any) -> socket.socket:
        family, kind, proto, _, address = info
        if not is_allowed(address[0], address[1], _asked.get(), settings.allow):
            raise _Refused(address[0])
        return socket.socket(family, kind, proto)

    connector = aiohttp.TCPConnector(
        limit=0,
        ssl=tls,
        resolver=_Resolver(settings, name_servers),
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
        try:
            context.load_verify_locations(ca_file)
        except OSError as exc:
            raise ConfigError(
                f"{ca_file} cannot be read as certificates ({_detail(exc)}); give a PEM file",
                key="PRESSWATCH_CA_FILE",
            ) from exc
    return context


def _name_servers(resolver: str | None) -> list[str] | None:
    if resolver is None:
        return None
    host, _, port = resolver.rpartition(":")
    if literal(host.strip("[]")) is None or not port.isdecimal():
        raise ConfigError(
            f"{resolver!r} is no IP number with a port, like 10.0.0.53:53", key="PRESSWATCH_RESOLVER"
        )
    return [resolver]


async def _read(response: aiohttp.ClientResponse, portion: Portion, shown_url: str) -> bytes:
    limit = portion.max_bytes
    if not portion.beginning_will_do and (response.content_length or 0) > limit:
        raise about(too_large(limit), shown_url)
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            break
    if size > limit and not portion.beginning_will_do:
        raise about(too_large(limit), shown_url)
    return b"".join(chunks)[:limit]


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
