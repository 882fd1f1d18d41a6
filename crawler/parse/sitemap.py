"""Sitemaps (sitemaps.org, with Google's news extension) from bytes to entries; also an index of them, a list of plain
addresses, and the robots.txt that names a site's sitemaps. Pure: no network, no clock.

``lastmod`` says when a page was last changed, not when it was published: it decides which entries are kept and stands as
``updated``; only a news date or a day in the address is taken as the day of publication.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Final
from urllib.parse import urlsplit

from core.dates import date_in_url, read_date
from core.errors import ParseError
from core.lang import as_tag
from core.types import Entry, Parsed
from core.urls import canonical, join
from crawler.parse.charset import decode
from crawler.parse.entries import EntryText, entry_from
from crawler.parse.guard import only_parse_errors
from crawler.parse.plain import clean, from_html, title_from
from crawler.parse.refused import why_nothing
from crawler.parse.sitemaprows import Row, rows_of
from crawler.parse.xmltext import is_html

MAX_READ: Final = 50_000
MAX_KEPT: Final = 1000
MAX_CHILDREN: Final = 50_000

_ROOT: Final = re.compile(r"<(?:[A-Za-z_][\w.-]{0,30}:)?(urlset|sitemapindex)(?=[\s>/])", re.IGNORECASE)
_ENTITY: Final = re.compile(r"<!ENTITY", re.IGNORECASE)
_ROBOTS_LINE: Final = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_PLAIN_LINE: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_NEWS: Final = re.compile(r"news|xinwen|latest|recent", re.IGNORECASE)
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_PAGE_LOOKED_AT: Final = 100_000
_LONGEST_NAME: Final = 300


@only_parse_errors
def parse_sitemap(
    body: bytes, *, url: str, content_type: str | None, encoding: str | None, zone: tzinfo
) -> Parsed:
    """Raises ``ParseError``: ``empty``, ``not-a-sitemap``, ``unsafe-xml`` (refused), ``no-sitemap`` (a robots.txt that
    names none). Entries stand in document order; of more than ``MAX_KEPT`` the newest are kept."""
    if not body.strip():
        raise ParseError("empty body", error_class="empty")
    text = decode(body, content_type=content_type, encoding=encoding, markup="xml").text
    root = _ROOT.search(text[:_PAGE_LOOKED_AT])
    if root is None:
        return _of_plain_text(text, body, url, zone)
    if _ENTITY.search(text[: root.start()]):
        raise ParseError(
            "refused: the document type declares entities, which could expand without end or read files",
            error_class="unsafe-xml",
            outcome="rejected",
        )
    tag = re.escape(text[root.start() + 1 : root.end()])
    whole = re.search(rf"</{tag}\s*>\s*\Z", text, re.IGNORECASE) is not None
    warnings = () if whole else ("truncated: the sitemap has no end",)
    items = rows_of(clean(text[root.start() :]))
    if root[1].lower() == "sitemapindex":
        return _index(items, "index", url, zone, warnings)
    return _entries(items, "news" if "sitemap-news" in text[:2000] else "urlset", url, zone, warnings)


def _of_plain_text(text: str, body: bytes, url: str, zone: tzinfo) -> Parsed:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if urlsplit(url).path.endswith("/robots.txt") and not is_html(text):
        named = [Row(address) for address in _ROBOTS_LINE.findall(text)]
        if not named:
            raise ParseError(
                "this robots.txt names no sitemap; give the address of a sitemap or a list page",
                error_class="no-sitemap",
            )
        return _index(named, "robots", url, zone, ())
    if lines and all(_PLAIN_LINE.fullmatch(line) for line in lines[:20]):
        return _entries((Row(line) for line in lines if _PLAIN_LINE.fullmatch(line)), "text", url, zone, ())
    refusal = why_nothing("", from_html(text[:_PAGE_LOOKED_AT]), body) if is_html(text) else None
    raise refusal or ParseError(
        "not a sitemap: it has no urlset or sitemapindex element", error_class="not-a-sitemap"
    )


def _entries(items: Iterable[Row], form: str, url: str, zone: tzinfo, warnings: tuple[str, ...]) -> Parsed:
    """Most of a large sitemap is left out, so only what is kept is read to the end."""
    ranked: dict[str, tuple[Row, datetime]] = {}
    for count, item in enumerate(items, 1):
        if count > MAX_READ:
            warnings = (*warnings, f"too-many-entries: only the first {MAX_READ} were read")
            break
        if item.loc:
            ranked.setdefault(item.loc, (item, _moment(item, zone)))
    found: dict[str, Entry] = {}
    for item in _newest(list(ranked.values())):
        entry = _entry(item, url, zone)
        if entry.url is not None:
            found.setdefault(canonical(entry.url), entry)
    return Parsed(kind="sitemap", format=form, title="", entries=tuple(found.values()), warnings=warnings)


def _newest(ranked: list[tuple[Row, datetime]]) -> list[Row]:
    """In document order; where days are equal or missing the later ones are taken to be newer."""
    if len(ranked) <= MAX_KEPT:
        return [item for item, _ in ranked]
    order = sorted(range(len(ranked)), key=lambda place: (ranked[place][1], place))
    return [ranked[place][0] for place in sorted(order[-MAX_KEPT:])]


def _moment(item: Row, zone: tzinfo) -> datetime:
    """When it was published or last changed, else the day in its address."""
    for printed in (item.date, item.lastmod):
        if printed and (value := _quickly(printed, zone)) is not None:
            return value
    claim = date_in_url(item.loc, zone)
    return claim.value if claim else _NEVER


def _quickly(printed: str, zone: tzinfo) -> datetime | None:
    """Nearly all dates of sitemaps have the form that the standard asks for."""
    try:
        value = datetime.fromisoformat(printed)
    except ValueError:
        claim = read_date(printed, zone=zone, origin="sitemap")
        return claim.value if claim else None
    return value if value.tzinfo else value.replace(tzinfo=zone)


def _entry(item: Row, url: str, zone: tzinfo) -> Entry:
    link = join(url, item.loc)
    news = read_date(item.date, zone=zone, origin="sitemap") if item.date else None
    entry, _ = entry_from(
        EntryText(title=title_from(item.title), summary="", content="", author=""),
        link=link or "",
        base=url,
        page=url,
        guid=None,
        published=news or (date_in_url(link, zone) if link else None),
        updated=read_date(item.lastmod, zone=zone, origin="sitemap") if item.lastmod else None,
        lang=as_tag(item.language),
    )
    return replace(entry, site_name=title_from(item.outlet)[:_LONGEST_NAME] or None)


def _index(items: Iterable[Row], form: str, url: str, zone: tzinfo, warnings: tuple[str, ...]) -> Parsed:
    """Sitemaps of news first, then by their last change or the day in their name; of those without one the last first."""
    ranked: dict[str, tuple[bool, datetime, int]] = {}
    for place, item in enumerate(items):
        if place >= MAX_CHILDREN:
            break
        address = join(url, item.loc)
        if address is None or address == url:
            continue
        moment = _moment(replace(item, loc=address), zone)
        ranked.setdefault(address, (_NEWS.search(urlsplit(address).path) is not None, moment, place))
    further = tuple(sorted(ranked, key=lambda address: ranked[address], reverse=True))
    return Parsed(kind="sitemap", format=form, title="", entries=(), warnings=warnings, further=further)
