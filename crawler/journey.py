"""The way of one request over its redirects: where next, what is sent there, and when it is enough."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from core.errors import FetchError
from core.urls import scrub
from crawler.address import Target, parse_target
from crawler.answers import PERMANENT_REDIRECTS
from crawler.exchange import Answer, Request

# How a request is framed, and who we are, is not the pack's to say; nor is where a reader came from.
_OURS = frozenset(
    {
        "host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "expect", "accept-encoding",
        "user-agent", "referer", "range", "if-none-match", "if-modified-since",
    }
)  # fmt: skip
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(slots=True)
class Journey:
    request: Request
    max_hops: int
    first: Target
    target: Target
    seconds: float = 0.0
    """Spent on the wire so far."""
    hops: int = 0
    permanent: bool = True
    _seen: set[str] = field(default_factory=set)

    def follow(self, answer: Answer) -> None:
        """Goes on to where a redirect leads. Raises ``FetchError`` when it leads nowhere, in circles or too far."""
        self._seen.add(self.target.url)
        self.hops += 1
        if self.hops > self.max_hops:
            raise self._lost("redirect-loop", f"more than {self.max_hops} redirects")
        location = answer.headers.get("location", "").strip()
        if not location:
            raise self._lost("bad-redirect", f"HTTP {answer.status} without saying where to")
        try:
            target = parse_target(urljoin(self.target.url, location))
        except ValueError:
            raise self._lost("bad-redirect", "a redirect to something that is no address") from None
        if target.credentials:
            raise FetchError(
                f"a redirect to an address with a password in it was not followed: {scrub(self.first.url)}",
                error_class="bad-redirect",
                outcome="rejected",
            )
        if target.url in self._seen:
            raise self._lost("redirect-loop", "a redirect in circles")
        self.permanent = self.permanent and answer.status in PERMANENT_REDIRECTS
        self.target = target

    def headers(self) -> Mapping[str, str]:
        """What this hop is sent of the request's own headers."""
        sent = dict(_usable(self.request)) if self.target.origin == self.first.origin else {}
        if self.request.etag:
            sent["If-None-Match"] = self.request.etag
        if self.request.last_modified:
            sent["If-Modified-Since"] = self.request.last_modified
        return sent

    @property
    def moved_to(self) -> str | None:
        return self.target.url if self.hops and self.permanent else None

    def _lost(self, error_class: str, why: str) -> FetchError:
        return FetchError(f"{why}: {scrub(self.first.url)}", error_class=error_class)


def begin(request: Request, max_hops: int) -> Journey:
    target = parse_target(request.url)
    return Journey(request, max_hops, target, target)


def _usable(request: Request) -> Mapping[str, str]:
    for name, value in request.headers.items():
        if not _HEADER_NAME.fullmatch(name) or not value.isprintable():
            raise FetchError(
                f"the header {name[:40]!r} of the source cannot be sent; correct it with: presswatch source edit",
                error_class="bad-header",
                outcome="permanent",
            )
    return {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
