"""What the readers make of a document, as the JSON objects of the command ``inspect``. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any, Literal

from core.dates import choose
from core.errors import ParseError
from core.types import ArticleRule, DateClaim, Entry, ListRule, Parsed, Reading
from crawler.parse.article import parse_article
from crawler.parse.lists import parse_list
from crawler.parse.sitemap import parse_sitemap
from crawler.parse.sniff import kind_of
from crawler.readers.feed import parse_feed

Json = dict[str, Any]
Kind = Literal["auto", "feed", "sitemap", "listing", "article"]


def describe(
    body: bytes,
    *,
    url: str,
    zone: tzinfo,
    now: datetime,
    kind: Kind = "auto",
    content_type: str | None = None,
    encoding: str | None = None,
    list_rule: ListRule | None = None,
    article_rule: ArticleRule | None = None,
    lang: str | None = None,
) -> Json:
    """Never raises: what cannot be read is an object of kind ``error``. ``now`` is when the document was first seen."""
    try:
        seen = (kind_of(body, content_type) or "article") if kind == "auto" else kind
        common: Json = {"url": url, "content_type": content_type, "encoding": encoding, "zone": zone}
        if seen == "article":
            return content_json(parse_article(body, rule=article_rule, lang=lang, **common), now)
        if seen == "listing":
            return content_json(parse_list(body, rule=list_rule, **common), now)
        if seen == "sitemap":
            return content_json(parse_sitemap(body, **common), now)
        return content_json(parse_feed(body, **common), now)
    except ParseError as error:
        return error_json(error)


def content_json(content: Parsed | Reading, now: datetime) -> Json:
    return _list_json(content) if isinstance(content, Parsed) else article_json(content, now)


def error_json(error: ParseError) -> Json:
    return {"kind": "error", "error": {"code": error.error_class, "message": str(error)}}


def _list_json(parsed: Parsed) -> Json:
    """What only names other documents names them beside its entries."""
    named: Json = {"further": list(parsed.further)} if parsed.further else {}
    return {
        "kind": parsed.kind,
        "format": parsed.format,
        "title": parsed.title,
        "entries": [entry_json(entry) for entry in parsed.entries],
        "warnings": list(parsed.warnings),
    } | named


def entry_json(entry: Entry) -> Json:
    """An ENTRY; its dates as claimed."""
    return {
        "id": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "author": entry.author,
        "published": entry.published.value.isoformat() if entry.published else None,
        "updated": entry.updated.isoformat() if entry.updated else None,
        "lang": entry.lang,
    }


def article_json(reading: Reading, now: datetime) -> Json:
    """An ARTICLE, with all its dates beside the chosen one."""
    chosen = choose(reading.dates, now)
    return {
        "kind": "article",
        "url": reading.url,
        "canonical_url": reading.canonical_url,
        "title": reading.title,
        "text": reading.text,
        "summary": reading.summary,
        "author": reading.author,
        "lang": reading.lang,
        "published": chosen.value.isoformat() if chosen else None,
        "published_precision": chosen.precision if chosen else None,
        "published_from": chosen.origin if chosen else None,
        "site_name": reading.site_name,
        "origin": reading.origin,
        "dates": [_claim_json(claim) for claim in reading.dates],
    }


def _claim_json(claim: DateClaim) -> Json:
    return {"value": claim.value.isoformat(), "precision": claim.precision, "from": claim.origin}
