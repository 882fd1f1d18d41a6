"""The parsers as this room sees them: they run in other processes, and raise nothing but ``ParseError``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Protocol

from core.types import ArticleRule, ListRule, Parsed, Reading

Spent = Callable[[int], None]
"""Told the milliseconds that a parser worked, without waiting for a free one."""


class Parsers(Protocol):
    async def feed(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        zone: tzinfo,
        spent: Spent | None = None,
    ) -> Parsed: ...

    async def search(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        zone: tzinfo,
        spent: Spent | None = None,
    ) -> Parsed: ...

    async def sitemap(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        zone: tzinfo,
        spent: Spent | None = None,
    ) -> Parsed: ...

    async def listing(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        rule: ListRule | None,
        zone: tzinfo,
        spent: Spent | None = None,
    ) -> Parsed: ...

    async def article(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        rule: ArticleRule | None,
        zone: tzinfo,
        lang: str | None,
        spent: Spent | None = None,
    ) -> Reading: ...

    async def discover(
        self, body: bytes, *, url: str, content_type: str | None, spent: Spent | None = None
    ) -> tuple[str, ...]: ...
