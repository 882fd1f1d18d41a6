"""Lists of Hanweb's system, which many offices in China run: the items stand as CDATA records that a script of the page
draws, so that no selector finds them. Further pages come from a data address of the same host. Pure.

A record is a piece of HTML like any item of a list, and is read as one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import tzinfo
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from core.errors import ParseError
from core.types import ListRule, Parsed
from core.urls import join
from crawler.parse.charset import decode
from crawler.parse.guard import only_parse_errors
from crawler.parse.listing import MAX_LINKS, parse_listing
from crawler.parse.plain import from_html, title_from
from crawler.parse.refused import why_nothing

PROXY: Final = "/module/web/jpage/dataproxy.jsp"

_RECORD: Final = re.compile(r"<record>", re.IGNORECASE)
_RECORD_END: Final = re.compile(r"</record>", re.IGNORECASE)
_CDATA: Final = ("<![CDATA[", "]]>")
_TITLE: Final = re.compile(r"<title[^>]{0,200}>([^<]{0,2000})</title>", re.IGNORECASE)
_TOTAL: Final = re.compile(r"<totalpage>\s{0,9}(\d{1,6})\s{0,9}</totalpage>", re.IGNORECASE)
_NAMES: Final = ("columnid", "unitid", "webid")
_VALUE: Final = r"""(?<![A-Za-z]){}["']?\s{{0,9}}[=:]\s{{0,9}}["']?(\d{{1,12}})"""
_ITEM: Final = "div[data-record]"
_PAGE_LOOKED_AT: Final = 100_000


@only_parse_errors
def parse_hanweb(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    encoding: str | None,
    rule: ListRule | None,
    zone: tzinfo,
) -> Parsed:
    """Raises ``ParseError``: ``empty``, ``empty-list`` and what a list page may raise. ``item`` of the rule is looked for
    within the records; without one each record is an item."""
    text = decode(body, content_type=content_type, encoding=encoding, markup="html").text
    if not text.strip():
        raise ParseError("empty body", error_class="empty")
    records = list(_records(text))
    if not any(record.strip() for record in records):
        shown = from_html(text[:_PAGE_LOOKED_AT])
        raise why_nothing(_title(text), shown, body) or ParseError(
            "the page holds no records of the Hanweb system; is its address right, and its format still hanweb?",
            error_class="empty-list",
        )
    rule = rule or ListRule(format="hanweb")
    parsed = parse_listing(
        _as_page(records[: MAX_LINKS + 1], _title(text)),
        url=url,
        content_type="text/html; charset=utf-8",
        encoding=None,
        rule=replace(rule, format="html", item=rule.item or _ITEM, next=None),
        zone=zone,
    )
    return replace(parsed, format="hanweb", next_url=_next(text, url) if rule.next else None)


def _records(text: str) -> Iterator[str]:
    """Their HTML; a record that is no CDATA is escaped."""
    begin, end = _CDATA
    at = 0
    while (start := _RECORD.search(text, at)) and (stop := _RECORD_END.search(text, start.end())):
        record, at = text[start.end() : stop.start()].strip(), stop.end()
        literal = record.startswith(begin) and record.endswith(end)
        yield record[len(begin) : -len(end)] if literal else html.unescape(record)


def _title(text: str) -> str:
    found = _TITLE.search(text)
    return title_from(found[1]) if found else ""


def _as_page(records: list[str], title: str) -> bytes:
    items = "".join(f"<div data-record>{record}</div>" for record in records)
    return f"<html><head><title>{html.escape(title)}</title></head><body>{items}</body></html>".encode(
        "utf-8", "replace"
    )


def _next(text: str, url: str) -> str | None:
    """A page names the column in its script; an answer of the data address has it in its own address."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    at_proxy = urlsplit(url).path.endswith(PROXY)
    page = int(asked["page"]) if at_proxy and asked.get("page", "").isdecimal() else 1
    total = _TOTAL.search(text)
    if total and page >= int(total[1]):
        return None
    column = {name: asked.get(name) if at_proxy else _printed(text, name) for name in _NAMES}
    if not all(column.values()):
        return None
    return join(url, f"{PROXY}?{urlencode({'page': page + 1, **column})}")


def _printed(text: str, name: str) -> str | None:
    found = re.search(_VALUE.format(name), text, re.IGNORECASE)
    return found[1] if found else None
