"""How the end of a fetch is told: as a value, also when it failed. Shared by the feed reader and the spiders."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.errors import FetchError, ParseError
from core.types import Found, Page, PageFound, Parsed, Reading, Source, SourceState
from core.urls import origin_of
from crawler.answers import fresh_for
from crawler.exchange import Request, Response

_LONGEST_ERROR = 500
_DAY = timedelta(days=1).total_seconds()


@dataclass(slots=True)
class Effort:
    """What an attempt has taken so far."""

    ms: int = 0
    size_bytes: int = 0
    status: int | None = None

    def add(self, response: Response) -> None:
        self.ms += response.ms
        self.size_bytes += len(response.body)
        self.status = response.status

    def spend(self, ms: int) -> None:
        self.ms += ms


def first_request(source: Source, state: SourceState, now: datetime) -> Request:
    """Of the address a source is read at; it says what we have, but for once a day.

    A server that says 'not modified' whatever happens is so found out within a day; the hour differs by source.
    """
    url = (state.resolved_url if source.kind == "auto" else None) or source.url
    headers = source.headers if origin_of(url) == origin_of(source.url) else {}
    if _whole_answer_is_due(source.id, state.checked_at, now):
        return Request(url, headers=headers)
    return Request(url, etag=state.etag, last_modified=state.last_modified, headers=headers)


def _whole_answer_is_due(source_id: str, checked_at: datetime | None, now: datetime) -> bool:
    if checked_at is None:
        return True
    shift = int.from_bytes(hashlib.sha256(source_id.encode()).digest()[:4], "big") % _DAY
    return (now.timestamp() + shift) // _DAY != (checked_at.timestamp() + shift) // _DAY


def is_unchanged(state: SourceState, response: Response) -> bool:
    return response.not_modified or body_hash(response.body) == state.body_hash


def body_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def unchanged(state: SourceState, response: Response, effort: Effort, now: datetime) -> Found:
    return Found(
        source_id=state.source_id,
        fetched_at=now,
        outcome="not-modified",
        status=response.status,
        etag=response.etag or state.etag,
        last_modified=response.last_modified or state.last_modified,
        body_hash=state.body_hash,
        ttl=fresh_for(response.headers),
        resolved_url=state.resolved_url,
        resolved_kind=state.resolved_kind,
        size_bytes=effort.size_bytes,
        ms=effort.ms,
    )


def found(
    state: SourceState,
    response: Response,
    parsed: Parsed,
    effort: Effort,
    now: datetime,
    *,
    warnings: Sequence[str] = (),
) -> Found:
    """``response`` is the one whose bytes and validators are remembered: of several pages, the first."""
    said = (*response.warnings, *parsed.warnings, *warnings)
    return Found(
        source_id=state.source_id,
        fetched_at=now,
        outcome="degraded" if said else "ok",
        status=response.status,
        error=_line("; ".join(said)) if said else None,
        error_class="degraded" if said else None,
        entries=parsed.entries,
        etag=response.etag,
        last_modified=response.last_modified,
        body_hash=body_hash(response.body),
        ttl=parsed.ttl or fresh_for(response.headers),
        resolved_url=state.resolved_url,
        resolved_kind=state.resolved_kind,
        size_bytes=effort.size_bytes,
        ms=effort.ms,
    )


def failed(source_id: str, error: FetchError | ParseError, effort: Effort, now: datetime) -> Found:
    fetch_error = error if isinstance(error, FetchError) else None
    return Found(
        source_id=source_id,
        fetched_at=now,
        outcome=error.outcome,
        status=fetch_error.status if fetch_error else effort.status,
        error=_line(str(error)),
        error_class=error.error_class,
        retry_after=fetch_error.retry_after if fetch_error else None,
        size_bytes=effort.size_bytes,
        ms=effort.ms + (fetch_error.ms if fetch_error else 0),
    )


def page_read(page: Page, reading: Reading, response: Response, now: datetime) -> PageFound:
    return PageFound(
        article_id=page.article_id,
        fetched_at=now,
        outcome="degraded" if response.warnings else "ok",
        status=response.status,
        error=_line("; ".join(response.warnings)) or None,
        error_class="degraded" if response.warnings else None,
        reading=reading,
    )


def page_failed(page: Page, error: FetchError | ParseError, now: datetime) -> PageFound:
    fetch_error = error if isinstance(error, FetchError) else None
    return PageFound(
        article_id=page.article_id,
        fetched_at=now,
        outcome=error.outcome,
        status=fetch_error.status if fetch_error else None,
        error=_line(str(error)),
        error_class=error.error_class,
        retry_after=fetch_error.retry_after if fetch_error else None,
    )


def own_fault() -> FetchError:
    """For what is no fault of the source; the exception itself is in the log."""
    return FetchError("an error of Presswatch itself; the log has the details", error_class="bug")


@lru_cache(maxsize=64)
def zone_named(name: str | None, default: tzinfo) -> tzinfo:
    return ZoneInfo(name) if name else default


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_ERROR else text[: _LONGEST_ERROR - 1] + "…"
