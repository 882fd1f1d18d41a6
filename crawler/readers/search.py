"""Answers of news searches from bytes to entries: the RSS of Google News and Bing News, the JSON of GDELT's DOC API.

Each entry is of the outlet that it names and carries its name. Pure: no network, no clock.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from core.dates import read_date
from core.errors import FetchError, ParseError
from core.text import title_key
from core.types import Entry, Parsed
from core.urls import host_of, is_web, scrub
from crawler.exchange import Response
from crawler.parse.charset import decode
from crawler.parse.entries import EntryText, entry_from
from crawler.parse.guard import only_parse_errors
from crawler.parse.plain import one_line, title_from
from crawler.parse.xmltext import MAX_ITEMS, is_html
from crawler.readers.feed import parse_feed

_BING_PATH: Final = "/news/apiclick.aspx"
_GOOGLE: Final = "news.google.com"
_GOOGLE_ARTICLE: Final = re.compile(r"/articles/([A-Za-z0-9_-]{16,4000})")
_GOOGLE_START: Final = b"\x08\x13\x22"
# An item with which Google says that there is nothing.
_NO_RESULT: Final = frozenset(
    title_key(title)
    for title in ("This feed is not available.", "该提要不可用", "此Feed无法使用", "此摘要無法使用")
)
_TOO_MANY: Final = re.compile(
    r"limit requests to one every|too many requests|rate limit exceeded|请求过于频繁", re.IGNORECASE
)
_SHORT: Final = 2000
"""Bytes. A refusal is a sentence; results about refusals are longer."""


def refusal_in(response: Response) -> FetchError | None:
    """'Too many requests' said in the text of an answer whose status is success."""
    start = response.body[: _SHORT + 1]
    if response.not_modified or len(start) > _SHORT or start.lstrip()[:1] in (b"{", b"["):
        return None
    text = start.decode("utf-8", "replace")
    if not _TOO_MANY.search(text):
        return None
    return FetchError(
        f"HTTP {response.status} that says too many requests: {scrub(response.url)}",
        error_class="http-429",
        outcome="transient",
        status=429,
    )


@only_parse_errors
def parse_search(
    body: bytes, *, url: str, content_type: str | None, encoding: str | None, zone: tzinfo
) -> Parsed:
    """No results are no error. Raises ``ParseError``: ``search-refused`` with the service's own words, and what a feed may
    raise."""
    text = decode(body, content_type=content_type, encoding=encoding, markup="xml").text.strip()
    if text.startswith("{"):
        return _of_gdelt(text, url, zone)
    if text and not text.startswith("<") and not is_html(text):
        raise ParseError(f"the search service says: {one_line(text)[:200]}", error_class="search-refused")
    parsed = parse_feed(body, url=url, content_type=content_type, encoding=encoding, zone=zone)
    entries = tuple(_result(entry) for entry in parsed.entries if title_key(entry.title) not in _NO_RESULT)
    return replace(parsed, kind="search", entries=entries)


def _result(entry: Entry) -> Entry:
    """The publisher's own address and headline; Google puts the outlet behind each headline and both into the text."""
    link = unwrapped(entry.url) if entry.url else None
    title = entry.title
    if entry.site_name:
        title = title.removesuffix(f" - {entry.site_name}").rstrip() or title
    echo = (
        title_key(entry.summary).startswith(title_key(title)) and len(entry.summary) < len(entry.title) + 100
    )
    guid = entry.guid if entry.guid != entry.url else None
    return replace(entry, url=link, title=title, guid=guid, summary="" if echo else entry.summary)


def unwrapped(link: str) -> str:
    """Where a search's own link leads, if the link itself says it; else the link as it is."""
    parts = urlsplit(link)
    host = host_of(link)
    if (host == "bing.com" or host.endswith(".bing.com")) and parts.path.lower() == _BING_PATH:
        found = parse_qs(parts.query).get("url", [""])[0]
    elif host == _GOOGLE:
        found = _in_google_code(parts.path)
    else:
        return link
    return found if is_web(found) else link


def _in_google_code(path: str) -> str:
    """Older codes hold the address (field 4 of a small protobuf message); newer ones can only be resolved by Google."""
    code = _GOOGLE_ARTICLE.search(path)
    if code is None:
        return ""
    try:
        raw = base64.urlsafe_b64decode(code[1] + "=" * (-len(code[1]) % 4))
    except (binascii.Error, ValueError):
        return ""
    if not raw.startswith(_GOOGLE_START) or len(raw) < 6:
        return ""
    size, at = raw[3], 4
    if size & 0x80:
        size, at = (size & 0x7F) | raw[4] << 7, 5
    address = raw[at : at + size]
    return address.decode("ascii") if len(address) == size and address.isascii() else ""


def _of_gdelt(text: str, url: str, zone: tzinfo) -> Parsed:
    try:
        # Its titles hold raw control characters now and then.
        document = json.loads(text, strict=False)
    except RecursionError as error:
        raise ParseError("JSON nested too deep", error_class="parser-limit", outcome="bounded") from error
    except ValueError as error:
        raise ParseError(f"broken JSON: {str(error)[:100]}", error_class="unreadable") from error
    articles = document.get("articles", [])
    if not isinstance(articles, list):
        raise ParseError("JSON, but no list of articles as GDELT gives it", error_class="unreadable")
    read = [_of_article(item, url, zone) for item in articles[:MAX_ITEMS] if isinstance(item, Mapping)]
    return Parsed(kind="search", format="gdelt", title="", entries=tuple(e for e in read if e.url))


def _of_article(item: Mapping[str, Any], url: str, zone: tzinfo) -> Entry:
    """``seendate`` is when GDELT saw it, which may be years after its publication: no date is claimed from it."""
    entry, _ = entry_from(
        EntryText(title=title_from(_text(item, "title")), summary="", content="", author=""),
        link=_text(item, "url"),
        base=url,
        page=url,
        guid=None,
        published=None,
        updated=read_date(_seen(_text(item, "seendate")), zone=zone, origin="feed"),
        lang=None,
    )
    return replace(entry, site_name=title_from(_text(item, "domain"))[:300] or None)


def _seen(printed: str) -> str:
    """``20261124T081500Z`` with its separators."""
    return re.sub(r"^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$", r"\1-\2-\3T\4:\5:\6Z", printed.strip())


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
