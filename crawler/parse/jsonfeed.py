"""JSON Feed 1.0 and 1.1 (jsonfeed.org). Values of a wrong type count as absent."""

from __future__ import annotations

import json
from datetime import tzinfo
from typing import Any

from core.dates import read_date
from core.errors import ParseError
from core.lang import as_tag
from core.types import Entry, Parsed
from crawler.parse.entries import EntryText, entry_from, first_text
from crawler.parse.plain import from_html, from_lines, title_from
from crawler.parse.xmltext import MAX_ITEMS


def parse_json_feed(text: str, *, url: str, zone: tzinfo, warnings: tuple[str, ...]) -> Parsed:
    document = _loaded(text)
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise ParseError("JSON, but no JSON Feed: it has no list of items", error_class="not-a-feed")
    items = [item for item in document["items"] if isinstance(item, dict)]
    if len(items) > MAX_ITEMS:
        warnings = (*warnings, f"too-many-entries: only the first {MAX_ITEMS} were read")
    base = _text(document, "home_page_url") or url
    lang = as_tag(_text(document, "language"))
    read = [_entry(item, base=base, page=url, zone=zone, lang=lang) for item in items[:MAX_ITEMS]]
    cut = ("long-text: cut to the documented length",) if any(was_cut for _, was_cut in read) else ()
    return Parsed(
        kind="feed",
        format="json",
        title=title_from(_text(document, "title")),
        entries=tuple(entry for entry, _ in read),
        warnings=(*warnings, *cut),
    )


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ParseError("JSON nested too deep", error_class="parser-limit", outcome="bounded") from error
    except ValueError as error:
        raise ParseError(f"broken JSON: {str(error)[:100]}", error_class="not-a-feed") from error


def _text(holder: dict[str, Any], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def _entry(
    item: dict[str, Any], *, base: str, page: str, zone: tzinfo, lang: str | None
) -> tuple[Entry, bool]:
    content = from_html(_text(item, "content_html")) or from_lines(_text(item, "content_text"))
    guid = item.get("id")
    return entry_from(
        EntryText(
            title=title_from(_text(item, "title")),
            summary=from_lines(_text(item, "summary")),
            content=content,
            author=_author(item),
        ),
        link=first_text(_text(item, "url"), _text(item, "external_url")),
        base=base,
        page=page,
        guid=str(guid)[:5000] if isinstance(guid, (str, int)) and not isinstance(guid, bool) else None,
        published=read_date(_text(item, "date_published"), zone=zone, origin="feed"),
        updated=read_date(_text(item, "date_modified"), zone=zone, origin="feed"),
        lang=as_tag(_text(item, "language")) or lang,
    )


def _author(item: dict[str, Any]) -> str:
    listed = item.get("authors")
    people = listed if isinstance(listed, list) else [item.get("author")]
    names = [_text(person, "name") for person in people if isinstance(person, dict)]
    return ", ".join(title_from(name) for name in names if name)
