"""What is written of an article: from its entry, from a changed entry, from its page. Decides; reads and writes nothing.

Until the page is read the text is the feed's full content, or else its description. A page and an entry that tell the
same edit make one version: a changed entry of a read article only makes its page due again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.dates import choose
from core.lang import detect
from core.text import MATCHED_CHARACTERS, fold
from core.types import DateClaim, Document, Entry, Reading, Source
from core.urls import host_of, words_of
from desk.intake import address_key, entry_hash
from scheduler import policy
from storage.articles import Stored, claim_rows

CUT = ("…", "...", "⋯")
FULL_CONTENT = 400
"""Characters from which on a feed's own text counts as the whole article, not as a teaser."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Values of a row of ``articles``, the document to judge, and the version row when the article now has a new one."""

    values: Mapping[str, Any]
    document: Document
    version: Mapping[str, Any] | None = None
    key: str | None = None
    """A further key that the article is now known by."""


def from_entry(source: Source, entry: Entry, *, first_fetch: bool, seen: datetime) -> Draft:
    """A new article; ``judged_generation`` is left to the writer."""
    claims = [entry.published] if entry.published else []
    published = choose(claims, seen)
    wanted = source.fetch == "full" and entry.url is not None
    values = _entry_values(source, entry, first_find=first_fetch) | _dates(claims, published, seen)
    values |= {
        "source_id": source.id,
        "url": entry.url,
        "guid": entry.guid,
        "site_name": entry.site_name,
        "first_seen": seen,
        "updated_at": seen,
        "novelty": novelty(published, seen, first_fetch),
        "version": 0 if wanted else 1,
        "page_state": "wanted" if wanted else "none",
        "page_due": seen if wanted else None,
    }
    return Draft(values, document_of(source, values), None if wanted else _version(values, 1, seen))


def from_changed_entry(article: Stored, source: Source, entry: Entry, seen: datetime) -> Draft:
    facts = _facts(entry, first_find=bool(article.entry.get("first_find")))
    facts["page_title"] = article.entry.get("page_title")
    wanted = source.fetch == "full" and article.url is not None
    page = (
        {"page_state": "wanted", "page_due": seen, "page_attempts": 0, "page_error": None} if wanted else {}
    )
    noted = {"entry": facts, "entry_hash": entry_hash(entry), "updated_at": seen} | page
    if wanted and article.version:
        return Draft(noted, document_of(source, _as_values(article)))
    values = _as_values(article) | _entry_values(source, entry, first_find=facts["first_find"]) | noted
    if wanted:
        return Draft(values, document_of(source, values))
    values["version"] = article.version + 1
    return Draft(values, document_of(source, values), _version(values, values["version"], seen))


def from_page(article: Stored, source: Source, reading: Reading, seen: datetime) -> Draft:
    claims = _merged(article, reading)
    published = choose(claims, article.first_seen)
    first_find = bool(article.entry.get("first_find"))
    values = _as_values(article) | _dates(claims, published, article.first_seen)
    values |= {
        "canonical_url": reading.canonical_url or article.canonical_url,
        "title": _title(article, reading),
        "summary": article.summary or reading.summary,
        "text": _text(article, reading),
        "author": reading.author or article.author,
        "lang": source.lang or reading.lang or article.lang,
        "site_name": reading.site_name or article.site_name,
        "origin": reading.origin or article.origin,
        "entry": dict(article.entry) | {"page_title": reading.title},
        "novelty": novelty(published, article.first_seen, first_find),
        "page_state": "read",
        "page_due": None,
        "page_attempts": 0,
        "page_error": None,
        "page_at": seen,
    }
    values["capped"] = len(values["text"]) > MATCHED_CHARACTERS
    edited = article.version == 0 or content_hash(values) != content_hash(_as_values(article))
    if edited:
        values |= {"version": article.version + 1, "updated_at": seen}
    key = address_key(reading.canonical_url) if reading.canonical_url else None
    version = _version(values, values["version"], seen) if edited else None
    return Draft(values, document_of(source, values), version, key)


def from_entry_alone(article: Stored, seen: datetime) -> Mapping[str, Any] | None:
    """The page cannot be had: what the entry says of a read article becomes its version; None = it says nothing new."""
    title = article.entry.get("title") or article.title
    if article.version == 0 or title == article.title:
        return None
    return {"title": title, "version": article.version + 1, "updated_at": seen}


def novelty(published: DateClaim | None, first_seen: datetime, first_fetch: bool) -> str:
    value = published.value if published else None
    precision = published.precision if published else None
    return policy.novelty(first_fetch, value, precision, first_seen)


def document_of(source: Source, values: Mapping[str, Any]) -> Document:
    url = values.get("url")
    names = (source.id, source.name.zh, source.name.en, values.get("site_name"))
    return Document(
        title=values["title"],
        summary=values["summary"],
        body=values["text"],
        source=tuple(name for name in names if name),
        site=host_of(url) if url else None,
        lang=values.get("lang"),
        author=values.get("author"),
        url=url,
        type=source.type,
        tier=source.tier,
        published=values.get("published_at"),
    )


def stored_document(source: Source, article: Stored) -> Document:
    return document_of(source, _as_values(article))


def content_hash(values: Mapping[str, Any]) -> str:
    return hashlib.sha256("\x1f".join((values["title"], values["text"])).encode()).hexdigest()


def _entry_values(source: Source, entry: Entry, *, first_find: bool) -> dict[str, Any]:
    text = entry.text or entry.summary
    return {
        "title": entry.title or words_of(entry.url or ""),
        "summary": entry.summary,
        "text": text,
        "author": entry.author,
        "lang": source.lang or detect(f"{entry.title}\n{text}") or entry.lang,
        "entry": _facts(entry, first_find=first_find),
        "entry_hash": entry_hash(entry),
        "capped": len(text) > MATCHED_CHARACTERS,
    }


def _facts(entry: Entry, *, first_find: bool) -> dict[str, Any]:
    """Kept beside the article, to see later what the page itself changed."""
    return {"title": entry.title, "text": len(entry.text), "first_find": first_find}


def _dates(claims: Sequence[DateClaim], published: DateClaim | None, first_seen: datetime) -> dict[str, Any]:
    return {
        "dates": claim_rows(claims),
        "published_at": published.value if published else None,
        "published_precision": published.precision if published else None,
        "published_from": published.origin if published else None,
        "sort_at": published.value if published else first_seen,
    }


def _version(values: Mapping[str, Any], version: int, seen: datetime) -> dict[str, Any]:
    return {
        "version": version,
        "seen_at": seen,
        "title": values["title"],
        "summary": values["summary"],
        "text": values["text"],
        "hash": content_hash(values),
    }


def _title(article: Stored, reading: Reading) -> str:
    """The feed's headline, unless it was cut, is missing, or the page has changed its own since the last reading."""
    listed, before = article.entry.get("title") or "", article.entry.get("page_title")
    if not reading.title:
        return listed or article.title
    changed_on_page = before is not None and before != reading.title and listed == article.title
    if not listed or listed.rstrip().endswith(CUT) or changed_on_page:
        return reading.title
    # A list may print less of the headline than the page does.
    return (
        reading.title
        if len(listed) < len(reading.title) and fold(reading.title).startswith(fold(listed) + " ")
        else listed
    )


def _text(article: Stored, reading: Reading) -> str:
    """A page that gives far less than the feed did is a pay wall or a shell: what the feed said is kept."""
    from_feed = article.entry.get("text", 0) > FULL_CONTENT and article.version == 0
    return article.text if from_feed and len(reading.text) * 2 < len(article.text) else reading.text


def _merged(article: Stored, reading: Reading) -> list[DateClaim]:
    known = [
        DateClaim(datetime.fromisoformat(row["value"]), row["precision"], row["origin"])
        for row in article.dates
    ]
    return list(dict.fromkeys([*known, *reading.dates]))


def _as_values(article: Stored) -> dict[str, Any]:
    published = article.published
    return {
        "url": article.url,
        "title": article.title,
        "summary": article.summary,
        "text": article.text,
        "author": article.author,
        "lang": article.lang,
        "site_name": article.site_name,
        "published_at": published.value if published else None,
        "version": article.version,
    }
