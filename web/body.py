"""What a request may bring: little enough, of a kind that is asked for, and whole before anybody looks at it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1_000_000
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_MOST_FIELDS = 20


def is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


class Bounded:
    """Reads the body; more than 1 MB is 413, and what is neither JSON (API) nor a plain form (pages) is 415."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Request, int], Response]) -> None:
        self.app, self.refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        body = await whole(request, receive)
        if body is None:
            await self.refuse(request, 413)(scope, receive, send)
            return
        if body and not is_wanted(request):
            await self.refuse(request, 415)(scope, receive, send)
            return
        rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return rest.pop() if rest else await receive()

        await self.app(scope, replay, send)


async def whole(request: Request, receive: Receive) -> bytes | None:
    """None = it is too long, or its sender went away."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:12]) > MOST_BYTES:
        return None
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def is_wanted(request: Request) -> bool:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return kind == (JSON if is_api(request.url.path) else FORM)


async def form_of(request: Request) -> dict[str, str]:
    """The last value of each field. Nothing for what cannot be read."""
    try:
        text = (await request.body()).decode("ascii")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, encoding="utf-8"))
    except ValueError:
        return {}
