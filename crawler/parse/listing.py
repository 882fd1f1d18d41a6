"""A list page from bytes to entries: by the rule of its source, else by finding the links that look like articles.

Pure: no network, no clock. Formats other than HTML are not read here; the configuration refuses them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from lxml.html import HtmlElement

from core.dates import date_in_url, read_date
from core.errors import ParseError
from core.lang import as_tag
from core.types import DateClaim, Entry, ListRule, Parsed
from core.urls import canonical, join
from crawler.parse.entries import EntryText, entry_from, first_text
from crawler.parse.guard import only_parse_errors
from crawler.parse.links import CUT_MARKS, anchors, article_links, better, next_link, surroundings
from crawler.parse.page import load, text_of
from crawler.parse.plain import title_from
from crawler.parse.refused import SMALL_PAGE, why_nothing
from crawler.parse.select import compiled, nodes

MAX_LINKS: Final = 1000
_NEAR: Final = 300


@dataclass(frozen=True, slots=True)
class _Item:
    """A link of the list with its texts as printed."""

    url: str
    title: str
    date: str = ""


@only_parse_errors
def parse_listing(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    encoding: str | None,
    rule: ListRule | None,
    zone: tzinfo,
) -> Parsed:
    """Raises ``ParseError``: ``empty``, ``unreadable``, ``bad-rule``, ``empty-list`` (a list without items is drift)."""
    tree = load(body, content_type=content_type, encoding=encoding)
    base = _base(tree, url)
    rule = rule or ListRule()
    items = list(_unique(_items(tree, base, url, rule)))
    title = title_from(first_text(*(text_of(title) for title in tree.xpath("//title")[:1])))
    if not items:
        raise why_nothing(title, text_of(tree, SMALL_PAGE + 1), body) or ParseError(
            "no articles found on the list page; check its selectors and link pattern",
            error_class="empty-list",
        )
    lang = as_tag(tree.get("lang"))
    return Parsed(
        kind="listing",
        format="html",
        title=title,
        entries=tuple(_entry(item, rule, zone, lang) for item in items[:MAX_LINKS]),
        warnings=(f"too-many-links: only the first {MAX_LINKS} were read",) if len(items) > MAX_LINKS else (),
        next_url=_next(tree, base, url, rule),
    )


def _base(tree: HtmlElement, url: str) -> str:
    declared = tree.xpath("string(//base/@href)")
    return join(url, declared) or url if declared.strip() else url


def _items(tree: HtmlElement, base: str, url: str, rule: ListRule) -> Iterator[_Item]:
    if rule.item:
        yield from _selected(tree, base, rule)
        return
    if rule.link:
        wanted = {href for node in nodes(tree, rule.link) if (href := join(base, node.get()))}
        links = [link for link in anchors(tree, base) if link.url in wanted and _fits(rule, link.url)]
    elif rule.pattern:
        links = [link for link in anchors(tree, base) if _fits(rule, link.url)]
    else:
        links = article_links(tree, base, url)
    chosen = {link.element: link.url for link in links}
    for link in links:
        yield _Item(link.url, link.title, surroundings(link, chosen))


def _selected(tree: HtmlElement, base: str, rule: ListRule) -> Iterator[_Item]:
    """One item per node; one without a link that fits is left out, for lists hold headings and adverts, too."""
    for node in nodes(tree, rule.item or ""):
        links = [link for link in anchors(node.root, base) if _fits(rule, link.url)]
        found = (
            [join(base, value) for value in node.css(rule.link).getall()]
            if rule.link
            else [link.url for link in links]
        )
        url = next((address for address in found if address and _fits(rule, address)), None)
        if url is None:
            continue
        title = _first(node.css(rule.title).getall()) if rule.title else ""
        if not title or title.endswith(CUT_MARKS):
            title = better(title, *(link.title for link in links if link.url == url))
        date = (
            " ".join(map(title_from, node.css(rule.date).getall()))
            if rule.date
            else text_of(node.root, _NEAR)
        )
        yield _Item(url, title, date)


def _first(values: Iterable[str]) -> str:
    return next((title for value in values if (title := title_from(value))), "")


def _fits(rule: ListRule, url: str) -> bool:
    return not rule.pattern or compiled(rule.pattern).search(url) is not None


def _unique(items: Iterable[_Item]) -> Iterator[_Item]:
    """One item per address, with the best title of all its links: lists link picture and headline apart."""
    best: dict[str, _Item] = {}
    for item in items:
        key = canonical(item.url)
        known = best.get(key)
        best[key] = (
            _Item(known.url, better(known.title, item.title), known.date or item.date) if known else item
        )
        if len(best) > MAX_LINKS:
            break
    yield from best.values()


def _entry(item: _Item, rule: ListRule, zone: tzinfo, lang: str | None) -> Entry:
    entry, _ = entry_from(
        EntryText(title=item.title, summary="", content="", author=""),
        link=item.url,
        base=item.url,
        page=item.url,
        guid=None,
        published=_date(item, rule, zone),
        updated=None,
        lang=lang,
    )
    return entry


def _date(item: _Item, rule: ListRule, zone: tzinfo) -> DateClaim | None:
    """The date printed in the list; a coarser one is refined by a day in the address."""
    printed = _by_pattern(item.date, rule.date_pattern) if rule.date_pattern else item.date
    claim = read_date(printed.replace(item.title, " ") if item.title else printed, zone=zone, origin="list")
    in_url = date_in_url(item.url, zone)
    if claim is None or (claim.precision == "month" and in_url and in_url.precision == "day"):
        return in_url or claim
    return claim


def _by_pattern(text: str, pattern: str) -> str:
    match = compiled(pattern).search(text)
    return str(match[0]) if match else ""


def _next(tree: HtmlElement, base: str, url: str, rule: ListRule) -> str | None:
    if rule.next:
        hrefs = (join(base, node.get()) for node in nodes(tree, rule.next))
        return next((href for href in hrefs if href and href != url), None)
    return next_link(tree, base, url)
