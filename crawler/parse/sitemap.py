"""Sitemaps (sitemaps.org, with Google's news extension) from bytes to entries; also an index of them, a list of plain
addresses, and the robots.txt that names a site's sitemaps. Pure: no network, no clock.

``lastmod`` says when a page was last changed, not when it was published: it decides which entries are kept and stands as
``updated``; only a news date or a day in the address is taken as the day of publication.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from urllib.parse import urlsplit

from lxml import etree

from core.dates import date_in_url, read_date
from core.errors import ParseError
from core.lang import as_tag
from core.types import DateClaim, Entry, Parsed
from core.urls import canonical, join
from crawler.parse.charset import decode
from crawler.parse.entries import EntryText, entry_from
from crawler.parse.guard import only_parse_errors
from crawler.parse.plain import clean, from_html, title_from
from crawler.parse.refused import why_nothing
from crawler.parse.xmltext import is_html

MAX_READ: Final = 50_000
MAX_KEPT: Final = 1000
MAX_CHILDREN: Final = 50_000

_ROOT: Final = re.compile(r"<(?:[A-Za-z_][\w.-]{0,30}:)?(urlset|sitemapindex)(?=[\s>/])", re.IGNORECASE)
_ENTITY: Final = re.compile(r"<!ENTITY", re.IGNORECASE)
_ROBOTS_LINE: Final = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_PLAIN_LINE: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_NEWS: Final = re.compile(r"news|xinwen|latest|recent", re.IGNORECASE)
_ITEMS: Final = frozenset({"url", "sitemap"})
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_PAGE_LOOKED_AT: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Item:
    """One ``url`` or ``sitemap`` element, its texts as printed."""

    loc: str
    lastmod: str = ""
    title: str = ""
    date: str = ""
    language: str = ""
    outlet: str = ""


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
    items = _items(clean(text[root.start() :]))
    if root[1].lower() == "sitemapindex":
        return _index(items, "index", url, zone, warnings)
    return _entries(items, "news" if "sitemap-news" in text[:2000] else "urlset", url, zone, warnings)


def _of_plain_text(text: str, body: bytes, url: str, zone: tzinfo) -> Parsed:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if urlsplit(url).path.endswith("/robots.txt") and not is_html(text):
        named = [_Item(address) for address in _ROBOTS_LINE.findall(text)]
        if not named:
            raise ParseError(
                "this robots.txt names no sitemap; give the address of a sitemap or a list page",
                error_class="no-sitemap",
            )
        return _index(named, "robots", url, zone, ())
    if lines and all(_PLAIN_LINE.fullmatch(line) for line in lines[:20]):
        return _entries((_Item(line) for line in lines if _PLAIN_LINE.fullmatch(line)), "text", url, zone, ())
    refusal = why_nothing("", from_html(text[:_PAGE_LOOKED_AT]), body) if is_html(text) else None
    raise refusal or ParseError(
        "not a sitemap: it has no urlset or sitemapindex element", error_class="not-a-sitemap"
    )


def _items(xml: str) -> Iterator[_Item]:
    """Element by element, each forgotten when read; a broken rest is left out."""
    reader = etree.iterparse(
        io.BytesIO(xml.encode("utf-8", "replace")),
        events=("end",),
        recover=True,
        huge_tree=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    for _, element in reader:
        if _name(element) not in _ITEMS:
            continue
        yield _item(element)
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _item(element: Any) -> _Item:
    own = {_name(child): child for child in reversed(element)}
    news = {_name(part): part for part in own["news"].iter()} if "news" in own else {}
    return _Item(
        loc=_text(own.get("loc")),
        lastmod=_text(own.get("lastmod")),
        title=_text(news.get("title")),
        date=_text(news.get("publication_date")),
        language=_text(news.get("language")),
        outlet=_text(news.get("name")),
    )


def _name(element: Any) -> str:
    return (
        str(element.tag).rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""
    )


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip() if element is not None else ""


def _entries(items: Iterable[_Item], form: str, url: str, zone: tzinfo, warnings: tuple[str, ...]) -> Parsed:
    found: dict[str, tuple[Entry, datetime]] = {}
    for count, item in enumerate(items, 1):
        if count > MAX_READ:
            warnings = (*warnings, f"too-many-entries: only the first {MAX_READ} were read")
            break
        entry, rank = _entry(item, url, zone)
        if entry.url is not None:
            found.setdefault(canonical(entry.url), (entry, rank))
    kept = _newest(list(found.values()))
    return Parsed(kind="sitemap", format=form, title="", entries=tuple(kept), warnings=warnings)


def _newest(ranked: list[tuple[Entry, datetime]]) -> list[Entry]:
    """In document order; where days are equal or missing the later ones are taken to be newer."""
    if len(ranked) <= MAX_KEPT:
        return [entry for entry, _ in ranked]
    order = sorted(range(len(ranked)), key=lambda place: (ranked[place][1], place))
    return [ranked[place][0] for place in sorted(order[-MAX_KEPT:])]


def _entry(item: _Item, url: str, zone: tzinfo) -> tuple[Entry, datetime]:
    link = join(url, item.loc) if item.loc else None
    news = read_date(item.date, zone=zone, origin="sitemap") if item.date else None
    changed = read_date(item.lastmod, zone=zone, origin="sitemap") if item.lastmod else None
    published = news or (date_in_url(link, zone) if link else None)
    entry, _ = entry_from(
        EntryText(title=title_from(item.title), summary="", content="", author=""),
        link=link or "",
        base=url,
        page=url,
        guid=None,
        published=published,
        updated=changed,
        lang=as_tag(item.language),
    )
    named = replace(entry, site_name=title_from(item.outlet)[:300] or None)
    return named, _moment(news, changed, published)


def _moment(*claims: DateClaim | None) -> datetime:
    return next((claim.value for claim in claims if claim is not None), _NEVER)


def _index(items: Iterable[_Item], form: str, url: str, zone: tzinfo, warnings: tuple[str, ...]) -> Parsed:
    """Sitemaps of news first, then by their last change or the day in their name; of those without one the last first."""
    ranked: dict[str, tuple[bool, datetime, int]] = {}
    for place, item in enumerate(items):
        if place >= MAX_CHILDREN:
            break
        address = join(url, item.loc)
        if address is None or address == url:
            continue
        changed = read_date(item.lastmod, zone=zone, origin="sitemap") if item.lastmod else None
        moment = _moment(changed, date_in_url(address, zone))
        ranked.setdefault(address, (_NEWS.search(urlsplit(address).path) is not None, moment, place))
    further = tuple(sorted(ranked, key=lambda address: ranked[address], reverse=True))
    return Parsed(kind="sitemap", format=form, title="", entries=(), warnings=warnings, further=further)
