"""Who may come in. Whatever is not listed here as public needs a caller, also a route that is added tomorrow.

Without any user the service is its machine's own: whoever reaches it is the operator ``local``, as long as it listens on
loopback. With users every page and every answer of the API needs a session or a token.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import StorageError
from desk.caller import LOCAL, Caller, same
from desk.people import People
from web.body import SAFE, is_api
from web.limits import READS, WRITES, Limits
from web.security import host_name, is_loopback

log = logging.getLogger("presswatch.web")

PUBLIC = frozenset(("/healthz", "/readyz", "/login", "/logout"))
OPENAPI = "/api/v1/openapi.json"
ON_LOOPBACK = frozenset((OPENAPI,))
"""Open to whoever asks from this machine itself."""

Refuse = Callable[[Request, int], Response]


@dataclass(frozen=True, slots=True)
class Door:
    """What the gate knows of the service. ``base_url`` is the one name besides its Host under which forms may come."""

    people: People
    limits: Limits
    base_url: str
    on_loopback: bool

    @property
    def cookie(self) -> str:
        """With https the browser itself guarantees that nobody but this host has set it."""
        return "__Host-session" if self.is_secure else "session"

    @property
    def is_secure(self) -> bool:
        return self.base_url.lower().startswith("https:")

    def recognise(self, request: Request) -> Caller | None:
        """A token that is not valid is nobody, whatever cookie comes with it."""
        if not self.people.has_users():
            return LOCAL if self.on_loopback else None
        authorization = request.headers.get("authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            return self.people.by_token(token.strip()) if scheme.lower() == "bearer" else None
        secret = request.cookies.get(self.cookie)
        return self.people.by_session(secret) if secret else None

    def is_from_elsewhere(self, request: Request) -> bool:
        """Sent by a page of another site, as the browser itself says."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return True
        origin = request.headers.get("origin")
        if origin is None:
            return False
        return urlsplit(origin).netloc.lower() not in (
            request.headers.get("host", "").lower(),
            urlsplit(self.base_url).netloc.lower(),
        )


class Gate:
    def __init__(self, app: ASGIApp, door: Door, refuse: Refuse) -> None:
        self.app, self.door, self.refuse = app, door, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        answer = await run_sync(self._judge, request)
        await (answer or self.app)(scope, receive, send)

    def _judge(self, request: Request) -> Response | None:
        """None = come in."""
        path = request.url.path
        try:
            caller = self.door.recognise(request)
        except StorageError:
            log.exception("database cannot be read")
            caller = None
            if not is_public(path):
                return self.refuse(request, 503)
        request.state.caller = caller
        if request.method not in SAFE and self.door.is_from_elsewhere(request):
            return self.refuse(request, 403)
        if caller is None:
            open_here = is_public(path) or (path in ON_LOOPBACK and is_from_here(request))
            return None if open_here else self.refuse(request, 401)
        return self._judge_caller(request, caller)

    def _judge_caller(self, request: Request, caller: Caller) -> Response | None:
        writes = request.method not in SAFE
        if is_api(request.url.path) and caller.by != "local":
            if (
                writes
                and caller.by == "session"
                and not same(request.headers.get("x-csrf-token", ""), caller.csrf)
            ):
                return self.refuse(request, 403)
            wait = self.door.limits.take(WRITES if writes else READS, caller.who)
            if wait:
                refusal = self.refuse(request, 429)
                refusal.headers["retry-after"] = str(wait)
                return refusal
        return None


def is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith("/static/")


def is_from_here(request: Request) -> bool:
    """By an address and a name of loopback, and not passed on by a proxy, which would make everybody local."""
    passed_on = {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"} & set(
        request.headers.keys()
    )
    name = host_name(request.headers.get("host", ""))
    client = request.client.host if request.client else ""
    return not passed_on and name is not None and is_loopback(name) and is_loopback(client)


def caller_of(request: Request) -> Caller | None:
    found: Caller | None = getattr(request.state, "caller", None)
    return found
