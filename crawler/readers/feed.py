"""Feeds of every format from bytes to entries; feedparser reads the XML ones. Pure: no network, no clock."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta, tzinfo
from typing import Any, Final

import feedparser

from core.dates import read_date
from core.errors import ParseError
from core.lang import as_tag
from core.types import Entry, Parsed
from crawler.parse.charset import decode
from crawler.parse.discover import alternates
from crawler.parse.entries import EntryText, entry_from, first_text
from crawler.parse.guard import only_parse_errors
from crawler.parse.jsonfeed import parse_json_feed
from crawler.parse.plain import clean, from_html, from_text, looks_like_html, one_line, title_from
from crawler.parse.refused import why_nothing
from crawler.parse.xmltext import count_items, is_html, prepare, recovered

_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
_PERIODS: Final = {"hourly": 1, "daily": 24, "weekly": 7 * 24, "monthly": 30 * 24, "yearly": 365 * 24}
_PAGE_LOOKED_AT: Final = 100_000
_LONGEST_NAME: Final = 300
_LONGEST_TTL: Final = timedelta(days=7)


@only_parse_errors
def parse_feed(
    body: bytes, *, url: str, content_type: str | None, encoding: str | None, zone: tzinfo
) -> Parsed:
    """RSS 0.9x to 2.0, Atom, RDF and JSON Feed. A valid feed without entries is fine; anything else that yields none
    is a ``ParseError`` with class ``empty``, ``not-a-feed`` or ``unsafe-xml`` (refused)."""
    if not body.strip():
        raise ParseError("empty body", error_class="empty")
    decoded = decode(body, content_type=content_type, encoding=encoding, markup="xml")
    text = decoded.text
    if not text.strip():
        raise ParseError("empty body", error_class="empty")
    if text.lstrip().startswith("{"):
        return parse_json_feed(text, url=url, zone=zone, warnings=decoded.warnings)
    try:
        xml, repairs = prepare(text)
    except ParseError as error:
        raise _explained(error, text, url, body) from error
    return _read(xml, url=url, zone=zone, warnings=(*decoded.warnings, *repairs))


def _explained(error: ParseError, text: str, url: str, body: bytes) -> ParseError:
    """A page where a feed was expected often names its feed, or is a check against robots."""
    if error.error_class != "not-a-feed" or not is_html(text):
        return error
    refusal = why_nothing("", from_html(text[:_PAGE_LOOKED_AT]), body)
    if refusal:
        return refusal
    feeds = alternates(text, url)
    hint = f"; it offers {feeds[0]}" if feeds else ""
    return ParseError(f"not a feed but an HTML page{hint}", error_class="not-a-feed")


def _read(xml: str, *, url: str, zone: tzinfo, warnings: tuple[str, ...]) -> Parsed:
    result = _parsed(xml)
    if result.bozo and len(result.entries) < count_items(xml):
        again = _parsed(recovered(xml))
        result = again if len(again.entries) > len(result.entries) else result
    if not result.version and not result.entries:
        raise ParseError("not a feed: XML of another kind", error_class="not-a-feed")
    if result.bozo and not result.entries and (count_items(xml) or not result.feed.get("title")):
        raise ParseError(f"not a feed: broken XML ({_defect(result)})", error_class="not-a-feed")
    if result.bozo and not warnings:
        warnings = (f"malformed: {_defect(result)}",)
    feed = result.feed
    read = [_entry(item, feed, url, zone, atom=result.version.startswith("atom")) for item in result.entries]
    if any(cut for _, cut in read):
        warnings = (*warnings, "long-text: cut to the documented length")
    return Parsed(
        kind="feed",
        format="rdf" if result.version in ("rss10", "rss090") else result.version or "rss",
        title=_title(feed, atom=result.version.startswith("atom")),
        entries=tuple(entry for entry, _ in read),
        warnings=warnings,
        ttl=_ttl(feed),
    )


def _parsed(xml: str) -> Any:
    return feedparser.parse(
        io.BytesIO(xml.encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )


def _defect(result: Any) -> str:
    return one_line(clean(str(result.bozo_exception)))[:200]


def _entry(item: Any, feed: Any, url: str, zone: tzinfo, *, atom: bool) -> tuple[Entry, bool]:
    summary = _plain(_own(item, "summary_detail"), atom=atom)
    bodies = [part for part in _own(item, "content") or [] if _is_text(part)]
    content = max((_plain(part, atom=atom) for part in bodies), key=len, default="")
    published, updated = (
        read_date(str(_own(item, name) or ""), zone=zone, origin="feed") for name in ("published", "updated")
    )
    entry, was_cut = entry_from(
        EntryText(
            title=_title(item, atom=atom),
            # feedparser copies the content where there is no summary.
            summary="" if summary == content else summary,
            content=content,
            author=_author(item),
        ),
        link=first_text(_own(item, "link"), _first_link(item)),
        base=first_text(_own(feed, "link"), url),
        page=url,
        guid=_own(item, "id"),
        published=published or updated,
        updated=updated,
        lang=as_tag(_language(item)) or as_tag(_own(feed, "language")) or as_tag(_language(feed)),
    )
    return replace(entry, site_name=_outlet(item)), was_cut


def _own(holder: Any, key: str) -> Any:
    """The value itself: feedparser's dictionaries answer some keys with others' values."""
    return dict.get(holder, key)


def _is_text(part: Mapping[str, Any]) -> bool:
    kind = str(part.get("type", ""))
    return kind.startswith("text/") or kind in _HTML_TYPES


def _plain(detail: Mapping[str, Any] | None, *, atom: bool) -> str:
    value = str((detail or {}).get("value") or "")
    if detail is not None and detail.get("type") in _HTML_TYPES:
        return from_html(value)
    # RSS has no types: its descriptions are HTML, with or without tags.
    if not atom or looks_like_html(value):
        return from_html(value) if looks_like_html(value) or "&" in value else from_text(value)
    return from_text(value)


def _title(holder: Any, *, atom: bool) -> str:
    detail = _own(holder, "title_detail") or {}
    value = str(detail.get("value") or "")
    literal = atom and detail.get("type") == "text/plain"
    return title_from(value.replace("<", "&lt;") if literal else value)


def _first_link(item: Any) -> str:
    links = _own(item, "links") or []
    usable = [link for link in links if link.get("rel", "alternate") == "alternate" and link.get("href")]
    return str(usable[0]["href"]) if usable else ""


def _author(item: Any) -> str:
    people = _own(item, "authors") or [_own(item, "author_detail") or {}]
    names = [title_from(str(person.get("name") or "")) for person in people if isinstance(person, Mapping)]
    return ", ".join(dict.fromkeys(name for name in names if name)) or title_from(
        str(_own(item, "author") or "")
    )


def _outlet(item: Any) -> str | None:
    """The publisher that an item was taken from: RSS's source, or the same in the words of Bing's news search."""
    source = _own(item, "source")
    named = source.get("title") if isinstance(source, Mapping) else None
    return title_from(str(named or _own(item, "news_source") or ""))[:_LONGEST_NAME] or None


def _language(holder: Any) -> str | None:
    details = [_own(holder, "title_detail"), *(_own(holder, "content") or ()), _own(holder, "summary_detail")]
    return next((detail.get("language") for detail in details if detail and detail.get("language")), None)


def _ttl(feed: Any) -> timedelta | None:
    minutes = str(_own(feed, "ttl") or "").strip()
    period = _PERIODS.get(str(_own(feed, "sy_updateperiod") or "").strip().lower())
    times = str(_own(feed, "sy_updatefrequency") or "1").strip()
    if minutes.isascii() and minutes.isdigit() and len(minutes) < 9 and int(minutes):
        return min(timedelta(minutes=int(minutes)), _LONGEST_TTL)
    if period and times.isascii() and times.isdigit() and len(times) < 6 and int(times):
        return min(timedelta(hours=period) / int(times), _LONGEST_TTL)
    return None
