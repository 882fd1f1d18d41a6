"""Lists in JSON: ``item``, ``link``, ``title``, ``date`` and ``next`` of the rule are dotted paths of keys (``data.rows``,
``0.list``). Pure.

Where a page draws its list from such a file and names it as ``datasource:ID``, the page's address will do: it is answered
with the address of the file in ``further``.
"""

from __future__ import annotations

import json
import re
from datetime import tzinfo
from typing import Any, Final

from core.dates import date_in_url, read_date
from core.errors import ParseError
from core.types import DateClaim, Entry, ListRule, Parsed
from core.urls import canonical, join
from crawler.parse.charset import decode
from crawler.parse.entries import EntryText, entry_from
from crawler.parse.guard import only_parse_errors
from crawler.parse.listing import MAX_LINKS
from crawler.parse.plain import from_html, title_from
from crawler.parse.refused import why_nothing
from crawler.parse.select import compiled

_CALLBACK: Final = re.compile(r"\s*[\w$.]{1,80}\s{0,9}\((.*)\)\s{0,9};?\s*", re.DOTALL)
_DATASOURCE: Final = re.compile(r"datasource\s{0,9}:\s{0,9}([0-9A-Za-z_-]{8,64})")
_LOOKED_AT: Final = 2_000_000
_LINK_KEYS: Final = ("url", "link")
_TITLE_KEYS: Final = ("title",)
_DATE_KEYS: Final = ("date", "published")


@only_parse_errors
def parse_json_list(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    encoding: str | None,
    rule: ListRule | None,
    zone: tzinfo,
) -> Parsed:
    """Raises ``ParseError``: ``empty``, ``unreadable``, ``bad-rule`` (no list at the path of ``item``), ``empty-list``."""
    text = decode(body, content_type=content_type, encoding=encoding, markup="html").text.strip()
    if not text:
        raise ParseError("empty body", error_class="empty")
    rule = rule or ListRule(format="json")
    if text.startswith("<"):
        return _pointer(text, url, body)
    document = _loaded(text)
    rows = _at(document, rule.item) if rule.item else document
    if not isinstance(rows, list):
        raise ParseError(
            f"there is no list at {rule.item or 'the top'!r} of the JSON; check item of the list rule",
            error_class="bad-rule",
        )
    entries = _entries(rows, url, rule, zone)
    if not entries:
        raise ParseError("no item of the JSON list has a usable address", error_class="empty-list")
    following = _at(document, rule.next) if rule.next else None
    return Parsed(
        kind="listing",
        format="json",
        title="",
        entries=entries[:MAX_LINKS],
        warnings=(f"too-many-links: only the first {MAX_LINKS} were read",)
        if len(entries) > MAX_LINKS
        else (),
        next_url=join(url, following) if isinstance(following, str) and following.strip() else None,
    )


def _pointer(text: str, url: str, body: bytes) -> Parsed:
    named = _DATASOURCE.search(text[:_LOOKED_AT])
    address = join(url, f"{_folder(url)}/ds_{named[1]}.json") if named else None
    if address is None:
        raise why_nothing("", from_html(text[:100_000]), body) or ParseError(
            "a page, not JSON, and it names no datasource; give the address of the JSON itself",
            error_class="empty-list",
        )
    return Parsed(kind="listing", format="json", title="", entries=(), further=(address,))


def _folder(url: str) -> str:
    """A page ``/a/news.htm`` keeps its files under ``/a/news``; one at the end of a folder in that folder."""
    path = url.partition("?")[0].partition("#")[0]
    return re.sub(r"/(?:index\.\w{3,5})?$|\.\w{3,5}$", "", path)


def _loaded(text: str) -> Any:
    wrapped = _CALLBACK.fullmatch(text) if text[:1] not in "{[" else None
    try:
        return json.loads(wrapped[1] if wrapped else text, strict=False)
    except RecursionError as error:
        raise ParseError("JSON nested too deep", error_class="parser-limit", outcome="bounded") from error
    except ValueError as error:
        raise ParseError(f"broken JSON: {str(error)[:100]}", error_class="unreadable") from error


def _at(value: Any, path: str) -> Any:
    """None where the path leads nowhere."""
    for key in path.split("."):
        if isinstance(value, list):
            value = value[int(key)] if key.isdecimal() and len(key) < 6 and int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _entries(rows: list[Any], url: str, rule: ListRule, zone: tzinfo) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    for row in rows:
        address = _value(row, rule.link, _LINK_KEYS)
        link = join(url, address) if address.strip() else None
        if link is None or (rule.pattern and compiled(rule.pattern).search(link) is None):
            continue
        entry, _ = entry_from(
            EntryText(title_from(_value(row, rule.title, _TITLE_KEYS)), summary="", content="", author=""),
            link=link,
            base=url,
            page=url,
            guid=None,
            published=_date(_value(row, rule.date, _DATE_KEYS), link, rule, zone),
            updated=None,
            lang=None,
        )
        found.setdefault(canonical(link), entry)
        if len(found) > MAX_LINKS:
            break
    return tuple(found.values())


def _value(row: Any, path: str | None, usual: tuple[str, ...]) -> str:
    values = (_at(row, key) for key in ((path,) if path else usual))
    return next((_printed(value) for value in values if _printed(value)), "")


def _printed(value: Any) -> str:
    """Numbers are seconds or milliseconds of a date, or an id."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if isinstance(value, str) or is_number else ""


def _date(printed: str, link: str, rule: ListRule, zone: tzinfo) -> DateClaim | None:
    if rule.date_pattern:
        match = compiled(rule.date_pattern).search(printed)
        printed = str(match[0]) if match else ""
    return (read_date(printed, zone=zone, origin="list") if printed else None) or date_in_url(link, zone)
