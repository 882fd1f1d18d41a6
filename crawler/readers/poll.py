"""Reads one source that is a feed, or finds out what a source is. Trouble of the source is a value, never raised."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Literal

from core.clock import Clock
from core.errors import FetchError, ParseError, SourceError
from core.types import ArticleRule, Found, ListRule, Parsed, Reading, Source, SourceState
from core.urls import origin_of
from crawler.door import Door
from crawler.exchange import Request, Response
from crawler.outcomes import (
    Effort,
    failed,
    first_request,
    found,
    is_unchanged,
    own_fault,
    unchanged,
    zone_named,
)
from crawler.parse.sniff import kind_of
from crawler.parsers import Parsers
from crawler.readers.search import refusal_in

log = logging.getLogger("presswatch.crawler")

DocumentKind = Literal["auto", "feed", "sitemap", "listing", "search", "article"]
_LOOKED_AT = 10_000
_FEEDS_TRIED = 3
"""Of those that a page offers; most offer one, the next ones are comments and categories."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A document as it was fetched and what it says, nothing stored."""

    response: Response
    content: Parsed | Reading


class FeedReader:
    def __init__(self, door: Door, pool: Parsers, clock: Clock, *, zone: tzinfo) -> None:
        """``zone``: of dates that carry none, where a source does not say."""
        self._door, self._pool, self._clock, self._zone = door, pool, clock, zone

    async def poll(self, source: Source, state: SourceState) -> Found:
        effort = Effort()
        try:
            if source.kind == "auto":
                return await self._poll_unknown(source, state, effort)
            return await self._poll_feed(source, state, effort)
        except (FetchError, ParseError) as error:
            return failed(source.id, error, effort, self._clock())
        except Exception:
            log.exception("reading a source failed", extra={"source": source.id})
            return failed(source.id, own_fault(), effort, self._clock())

    async def fetch_document(
        self, url: str, *, kind: DocumentKind = "auto", source: Source | None = None
    ) -> Opened:
        """What is at an address, read with the rules of ``source`` if one is given. Raises ``SourceError``."""
        same_site = source is not None and origin_of(url) == origin_of(source.url)
        response = await self._door.fetch(
            Request(url, headers=source.headers if source and same_site else {})
        )
        content = await read_document(
            self._pool,
            response.body,
            url=response.url,
            content_type=response.content_type,
            kind="search" if kind == "auto" and source is not None and _is_search_at(source, url) else kind,
            encoding=source.encoding if source else None,
            zone=zone_named(source.timezone if source else None, self._zone),
            list_rule=source.list if source else None,
            article_rule=source.article if source else None,
            lang=source.lang if source else None,
        )
        return Opened(response, content)

    async def _poll_feed(self, source: Source, state: SourceState, effort: Effort) -> Found:
        response = await self._fetch(first_request(source, state, self._clock()), effort)
        if is_unchanged(state, response):
            return unchanged(state, response, effort, self._clock())
        parsed = await self._read_feed(source, response, effort)
        # A search finds nothing on most days.
        emptied = not parsed.entries and state.entries_seen > 0 and source.kind != "search"
        warnings = (f"the feed is empty; it had {state.entries_seen} entries before",) if emptied else ()
        return found(state, response, parsed, effort, self._clock(), warnings=warnings)

    async def _poll_unknown(self, source: Source, state: SourceState, effort: Effort) -> Found:
        if state.resolved_kind == "feed":
            try:
                return await self._poll_feed(source, state, effort)
            except (FetchError, ParseError) as error:
                if error.outcome != "permanent" and error.error_class != "not-a-feed":
                    raise
        return await self._resolve(source, replace(state, resolved_url=None, resolved_kind=None), effort)

    async def _resolve(self, source: Source, state: SourceState, effort: Effort) -> Found:
        """The address itself if it is a feed, else the first feed that the page offers, else the page as a list."""
        response = await self._fetch(Request(source.url, headers=source.headers), effort)
        try:
            parsed = await self._read_feed(source, response, effort)
            return self._resolved(state, source.url, response, parsed, effort)
        except ParseError as error:
            if error.error_class != "not-a-feed":
                raise
        if kind_of(response.body[:_LOOKED_AT], response.content_type) == "sitemap":
            parsed = await self._read_sitemap(source, response, effort)
            return self._resolved(state, source.url, response, parsed, effort)
        offered = await self._pool.discover(
            response.body, url=response.url, content_type=response.content_type
        )
        for url in [url for url in offered if url != source.url][:_FEEDS_TRIED]:
            try:
                at_feed = await self._fetch(Request(url), effort)
                parsed = await self._read_feed(source, at_feed, effort)
            except SourceError as error:
                log.info("an offered feed cannot be read", extra={"source": source.id, "error": str(error)})
                continue
            return self._resolved(state, url, at_feed, parsed, effort)
        parsed = await self._pool.listing(
            response.body,
            url=response.url,
            content_type=response.content_type,
            encoding=source.encoding,
            rule=source.list,
            zone=zone_named(source.timezone, self._zone),
            spent=effort.spend,
        )
        return self._resolved(state, source.url, response, parsed, effort)

    def _resolved(
        self, state: SourceState, url: str, response: Response, parsed: Parsed, effort: Effort
    ) -> Found:
        known = replace(state, resolved_url=url, resolved_kind=parsed.kind)
        return found(known, response, parsed, effort, self._clock())

    async def _fetch(self, request: Request, effort: Effort) -> Response:
        response = await self._door.fetch(request)
        effort.add(response)
        return response

    async def _read_feed(self, source: Source, response: Response, effort: Effort) -> Parsed:
        read = self._pool.feed
        if source.kind == "search":
            read = self._pool.search
            if (refusal := refusal_in(response)) is not None:
                raise refusal
        return await read(
            response.body,
            url=response.url,
            content_type=response.content_type,
            encoding=source.encoding,
            zone=zone_named(source.timezone, self._zone),
            spent=effort.spend,
        )

    async def _read_sitemap(self, source: Source, response: Response, effort: Effort) -> Parsed:
        return await self._pool.sitemap(
            response.body,
            url=response.url,
            content_type=response.content_type,
            encoding=source.encoding,
            zone=zone_named(source.timezone, self._zone),
            spent=effort.spend,
        )


def _is_search_at(source: Source, url: str) -> bool:
    return source.kind == "search" and source.list is None and url == source.url


async def read_document(
    pool: Parsers,
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    zone: tzinfo,
    kind: DocumentKind = "auto",
    encoding: str | None = None,
    list_rule: ListRule | None = None,
    article_rule: ArticleRule | None = None,
    lang: str | None = None,
) -> Parsed | Reading:
    """Bytes from anywhere, read as what they are said or seen to be. Raises ``ParseError``."""
    seen: str | None = kind
    if kind == "auto":
        seen = await asyncio.to_thread(kind_of, body, content_type)
    if seen == "listing":
        return await pool.listing(
            body, url=url, content_type=content_type, encoding=encoding, rule=list_rule, zone=zone
        )
    if seen in ("article", None):
        return await pool.article(
            body,
            url=url,
            content_type=content_type,
            encoding=encoding,
            rule=article_rule,
            zone=zone,
            lang=lang,
        )
    read = {"sitemap": pool.sitemap, "search": pool.search}.get(seen, pool.feed)
    return await read(body, url=url, content_type=content_type, encoding=encoding, zone=zone)
