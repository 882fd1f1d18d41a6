"""What the API answers, for its description. Members may be added later: a program must overlook what it does not know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Page(BaseModel):
    total: int
    next: str | None = Field(description="Cursor of the next page; null = this is the last one.")


class Names(BaseModel):
    zh: str
    en: str


class Span(BaseModel):
    """Half-open, in code points."""

    field: str
    start: int
    end: int


class Hit(BaseModel):
    id: str
    version: int
    spans: list[Span]


class Article(BaseModel):
    id: int
    url: str | None
    canonical_url: str | None
    title: str
    text: str
    summary: str
    author: str | None
    lang: str | None
    published: str | None
    published_precision: str | None
    published_from: str | None
    site_name: str | None
    origin: str | None
    first_seen: str
    source: str
    watches: list[Hit]
    story: dict[str, Any] | None


class FoundArticle(Article):
    spans: list[Span]


class Articles(Page):
    total_exact: bool
    complete: bool = Field(description="False: judging stopped for time; 'next' goes on.")
    items: list[FoundArticle]


class ArticleWithVersions(Article):
    versions: list[dict[str, Any]]
    reprints: list[dict[str, Any]]


class Watch(BaseModel):
    id: str
    name: Names
    query: str
    priority: str
    version: int


class WatchLine(Watch):
    hits: int
    last_hit: str | None


class OneWatch(Watch):
    canonical: str
    warnings: list[dict[str, Any]]


class Watches(Page):
    items: list[WatchLine]


class WatchVersion(BaseModel):
    watch_id: str
    version: int
    name: Names
    query: str
    aliases: dict[str, str]
    priority: str
    at: str
    who: str
    why: str


class WatchVersions(Page):
    items: list[WatchVersion]


class Alias(BaseModel):
    name: str
    query: str
    etag: str


class Aliases(Page):
    items: list[Alias]


class SavedAlias(Alias):
    watches: list[str] = Field(description="Those that use it and have a new version now.")


class Source(BaseModel):
    id: str
    name: Names
    url: str
    kind: str
    type: str
    tier: int
    enabled: bool
    headers: dict[str, str | None] = Field(description="Values are shown to operators only.")
    version: int
    state: dict[str, Any]


class Sources(Page):
    items: list[Source]


class Digest(BaseModel):
    id: str
    name: Names
    to: list[str] | None = Field(description="Shown to operators only.")
    recipients: int
    watches: list[str] | str
    schedule: str
    timezone: str
    language: str
    version: int
    next_due: str | None


class Digests(Page):
    items: list[Digest]


class Preview(BaseModel):
    id: str
    subject: str
    text: str
    html: str


class Stats(BaseModel):
    articles: int
    versions: int
    hits: int
    stories: int
    sources: int
    watches: int
    bytes: int | None


class Me(BaseModel):
    name: str
    role: str
    by: str
    csrf: str | None = Field(
        description="To be sent as X-CSRF-Token with each change when a cookie signs in."
    )


class Problem(BaseModel):
    """RFC 9457. Others beside these: code and position of a query, errors of values, current after 412."""

    type: str
    title: str
    status: int
    detail: str
