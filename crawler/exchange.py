"""What goes through the door and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from core.errors import FetchError


@dataclass(frozen=True, slots=True)
class DoorSettings:
    user_agent: str
    host_delay: timedelta = timedelta(seconds=2)
    allow: frozenset[str] = frozenset()
    """Exact ``host:port`` of places that are not of the open internet and may be fetched from all the same."""
    resolver: str | None = None
    """``host:port`` of a DNS server; None = the system's."""
    ca_file: Path | None = None
    """Certificates of an office's own authority, trusted beside the public ones."""
    proxy: str | None = None
    """An outgoing proxy; the check of the connected address is then its."""
    max_bytes: int = 20_000_000
    """Of a body, as sent and unpacked."""
    max_header_line: int = 16_384
    max_header_lines: int = 100
    max_hops: int = 10
    resolve_timeout: timedelta = timedelta(seconds=8)
    connect_timeout: timedelta = timedelta(seconds=10)
    idle_timeout: timedelta = timedelta(seconds=25)
    total_timeout: timedelta = timedelta(seconds=60)
    """All hops of a request together, without waiting for the host's turn."""


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent to the origin of ``url`` only, whatever it redirects to."""


@dataclass(frozen=True, slots=True)
class Response:
    url: str
    """Where the document was found after all redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """Unpacked; b'' when not modified."""
    not_modified: bool = False
    ms: int = 0
    """Of all hops, without waiting for robots.txt and the host's turn."""
    moved_to: str | None = None
    """The new address when every hop was a permanent redirect."""
    etag: str | None = None
    last_modified: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def content_type(self) -> str | None:
        return self.headers.get("content-type")


@dataclass(frozen=True, slots=True)
class Portion:
    """How much of a body is wanted."""

    max_bytes: int
    beginning_will_do: bool = False
    """Of a longer body, its first bytes are taken; else a longer one is an error."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one hop brought; the body is only read of a good answer, and is as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def about(error: FetchError, shown_url: str) -> FetchError:
    """The same error with the address it is about."""
    return FetchError(
        f"{error}: {shown_url}",
        error_class=error.error_class,
        outcome=error.outcome,
        status=error.status,
        retry_after=error.retry_after,
    )
