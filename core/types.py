"""The values that travel between the rooms: frozen, without behaviour that needs a room to explain it.

Every ``datetime`` here is aware and, unless a field says otherwise, in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Language = Literal["zh", "en"]
Kind = Literal["feed", "sitemap", "listing", "search", "auto"]
Type = Literal["official", "media", "trade", "academic", "search"]
Fetch = Literal["full", "summary"]
Outcome = Literal["ok", "not-modified", "degraded", "transient", "permanent", "bounded", "rejected"]
Precision = Literal["minute", "day", "month"]
DateOrigin = Literal["feed", "sitemap", "list", "json-ld", "meta", "time", "text", "url", "first-seen"]
Priority = Literal["urgent", "normal", "background"]
Role = Literal["reader", "analyst", "operator"]
"""Each may do what those before it may: a reader reads, an analyst writes rules, an operator does everything."""
Field = Literal["title", "summary", "body"]
Novelty = Literal["new", "late", "archive"]
"""``new`` goes to the next digest, ``late`` to its section of late finds, ``archive`` is stored and searchable only."""

SUCCESSES: frozenset[str] = frozenset({"ok", "not-modified", "degraded"})


@dataclass(frozen=True, slots=True)
class Names:
    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class ListRule:
    """Where the entries of a list page stand. Selectors are CSS with ``::text`` and ``::attr(name)``."""

    item: str | None = None
    link: str | None = None
    title: str | None = None
    date: str | None = None
    pattern: str | None = None
    next: str | None = None
    pages: int = 1
    format: Literal["html", "hanweb", "json"] = "html"
    date_pattern: str | None = None


@dataclass(frozen=True, slots=True)
class ArticleRule:
    body: str | None = None
    title: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    id: str
    name: Names
    url: str
    kind: Kind = "auto"
    type: Type = "media"
    tier: int = 3
    lang: str | None = None
    every: str | None = None
    """As written (``30m`` or five cron fields in the service's zone); None = adaptive."""
    fetch: Fetch = "full"
    encoding: str | None = None
    timezone: str | None = None
    enabled: bool = True
    list: ListRule | None = None
    article: ArticleRule | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is known of a source's fetches. ``next_due`` None = never (ended by a 410, or not yet scheduled)."""

    source_id: str
    next_due: datetime | None = None
    checked_at: datetime | None = None
    succeeded_at: datetime | None = None
    outcome: Outcome | None = None
    status: int | None = None
    error: str | None = None
    failures: int = 0
    """Failed fetches in a row."""
    weight: float = 0.0
    """The same with soft errors counted as less than one; drives the back-off."""
    failing_since: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    interval: timedelta | None = None
    newest_at: datetime | None = None
    """Newest date any entry of the source has claimed, never later than its first sight."""
    first_done_at: datetime | None = None
    """End of the first good fetch; None = everything found next is a first find."""
    ended_at: datetime | None = None
    """When a 410 ended the schedule; a good answer lifts it."""
    resolved_url: str | None = None
    resolved_kind: Kind | None = None
    """What ``auto`` turned out to be."""
    entries_seen: int = 0
    """Entries in the last good answer."""


@dataclass(frozen=True, slots=True)
class DateClaim:
    """One date that somebody printed: ``value`` keeps the offset it was printed with, so that its day is the publisher's;
    with precision ``day`` it is the local midnight of that day."""

    value: datetime
    precision: Precision
    origin: DateOrigin


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, list page or sitemap, as the publisher printed it; all texts are plain text."""

    url: str | None
    title: str
    guid: str | None = None
    summary: str = ""
    text: str = ""
    """The feed's full content, else ''."""
    author: str | None = None
    published: DateClaim | None = None
    updated: datetime | None = None
    lang: str | None = None
    site_name: str | None = None
    """The outlet that an item is from, where the feed says so: results of a search are of many."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A read feed, sitemap or list page. ``warnings`` name defects that were survived; any makes the fetch ``degraded``."""

    kind: Kind
    format: str
    title: str
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()
    ttl: timedelta | None = None
    next_url: str | None = None
    further: tuple[str, ...] = ()
    """Documents that this one only names: sitemaps of an index, the JSON behind a page. Those to read first stand first."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an article page says. ``text`` keeps the contract of the query language: blocks divided by one blank line."""

    url: str
    canonical_url: str | None
    title: str
    text: str
    summary: str = ""
    author: str | None = None
    lang: str | None = None
    dates: tuple[DateClaim, ...] = ()
    """All candidates, most trusted first."""
    site_name: str | None = None
    origin: str | None = None
    """稿源 as printed."""


@dataclass(frozen=True, slots=True)
class Found:
    """The end of one fetch of a source: a value also when it failed. Handed to the sink."""

    source_id: str
    fetched_at: datetime
    outcome: Outcome
    status: int | None = None
    error: str | None = None
    error_class: str | None = None
    """Stable short name of the cause, e.g. ``dns``, ``connect``, ``timeout``, ``tls``, ``http-503``, ``not-a-feed``."""
    entries: tuple[Entry, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    retry_after: timedelta | None = None
    ttl: timedelta | None = None
    resolved_url: str | None = None
    resolved_kind: Kind | None = None
    size_bytes: int = 0
    ms: int = 0
    """Request to end of parsing, without waiting for pace, robots.txt or a free parser."""


@dataclass(frozen=True, slots=True)
class Page:
    """An article whose page is wanted."""

    article_id: int
    source_id: str
    url: str
    attempts: int = 0
    encoding: str | None = None
    timezone: str | None = None
    lang: str | None = None
    rule: ArticleRule | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageFound:
    """The end of one fetch of an article page; ``reading`` is None when it failed."""

    article_id: int
    fetched_at: datetime
    outcome: Outcome
    status: int | None = None
    error: str | None = None
    error_class: str | None = None
    retry_after: timedelta | None = None
    reading: Reading | None = None


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open, in code points of the original text of the field."""

    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """What a query is judged against. ``None`` or empty metadata makes its filter false."""

    title: str = ""
    summary: str = ""
    body: str = ""
    source: tuple[str, ...] = ()
    """The source's id, its names and the site's name."""
    site: str | None = None
    """Host of the address."""
    lang: str | None = None
    author: str | None = None
    url: str | None = None
    type: str | None = None
    tier: int | None = None
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    id: str
    name: Names
    query: str
    priority: Priority = "normal"
    version: int = 1


@dataclass(frozen=True, slots=True)
class Subscription:
    """A digest as configured: who is told what, when, and in which language."""

    id: str
    to: tuple[str, ...] = ()
    """Addresses; none = the folder and the page only."""
    watches: tuple[str, ...] | None = None
    """Ids; None = all."""
    schedule: str = "08:30 mon-fri"
    timezone: str = "Asia/Shanghai"
    language: Language = "zh"
    when_empty: Literal["say-so", "skip"] = "say-so"
    urgent_cap: int = 0
    cap: int = 0
    tier: int = 9
    name: Names = Names("WIPO–北京", "WIPO–Beijing")


@dataclass(frozen=True, slots=True)
class Message:
    """A frozen mail to one recipient: nothing in it may change after it was stored."""

    message_id: str
    """With angle brackets."""
    recipient: str
    """An address, or '' for the folder of a digest without recipients."""
    subject: str
    raw: bytes
    """The whole message, RFC 5322, CRLF line ends."""
