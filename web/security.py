"""What surrounds every answer: which Host is believed, the headers that let nothing run, and errors that tell nothing."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("presswatch.web")

CSP = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")


def host_name(host: str) -> str | None:
    """The name in a Host header, without port, brackets and final dot; None for what is no host."""
    match = _HOST.fullmatch(host)
    return match["name"].strip("[]").rstrip(".").lower() if match else None


def is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Headed:
    """Puts the headers on every answer, errors too. Pages are private to one reader; other routes may say otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "private, no-cache")
            await send(message)

        await self.app(scope, receive, send_headed)


class KnownHosts:
    """Refuses a Host that is neither loopback nor the service's own name: a page elsewhere could else read this one
    through a name that it points here (DNS rebinding). The port is left out: a proxy in front may drop it."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self.app = app
        self.own = (urlsplit(base_url).hostname or "").rstrip(".").lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._knows(Headers(scope=scope).getlist("host")):
            await self.app(scope, receive, send)
            return
        text = (
            "400 · 这个主机名不是本服务的。请用 PRESSWATCH_BASE_URL 里的地址打开。\n"
            "400 · This host name is not ours. Open the address that PRESSWATCH_BASE_URL names.\n"
        )
        await PlainTextResponse(text, 400)(scope, receive, send)

    def _knows(self, hosts: list[str]) -> bool:
        name = host_name(hosts[0]) if len(hosts) == 1 else None
        return name is not None and name != "" and (name == self.own or is_loopback(name))


class Caught:
    """A bug is logged here once, with its trace; the reader gets a page that tells nothing of it."""

    def __init__(self, app: ASGIApp, page: Callable[[Request], Response]) -> None:
        self.app, self.page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def note(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, note)
        except Exception:
            log.exception("page failed", extra={"path": scope.get("path")})
            if begun or scope["type"] != "http":
                raise
            await self.page(Request(scope))(scope, receive, send)
