"""An article page from bytes to a Reading; trafilatura finds the body. Pure: no network, no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from typing import Final

from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from core.errors import ParseError
from core.lang import as_tag, settle
from core.types import ArticleRule, Reading
from crawler.parse import articledates, byline
from crawler.parse.entries import MAX_TEXT, MAX_TITLE, first_text
from crawler.parse.guard import only_parse_errors
from crawler.parse.headline import headline, site_name
from crawler.parse.page import Loaded, load_page, text_of
from crawler.parse.plain import as_blocks, cut, from_html, title_from, weight
from crawler.parse.refused import SMALL_PAGE, is_refusal, why_nothing
from crawler.parse.select import select
from crawler.parse.trim import trimmed

_INLINE: Final = frozenset(
    {"hi", "ref", "del", "graphic", "code", "span", "a", "b", "i", "em", "strong", "sup", "sub"}
)
_BREAK: Final = "\x00"
_FURNITURE: Final = ".//nav | .//footer | .//header[not(ancestor::article)] | .//aside | .//form | .//time"
_MORE_THAN_A_NOTICE: Final = 400


@only_parse_errors
def parse_article(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    encoding: str | None,
    rule: ArticleRule | None,
    zone: tzinfo,
    lang: str | None,
) -> Reading:
    """Raises ``ParseError``: ``empty``, ``unreadable``, ``blocked`` (bot protection instead of the article),
    ``not-found`` (with the status of success), ``no-text``."""
    page = load_page(body, url=url, content_type=content_type, encoding=encoding)
    rule = rule or ArticleRule()
    title = _title(page, rule)
    dates = articledates.claims(
        page, title, selected=select(page.tree, rule.date) if rule.date else (), zone=zone
    )
    near, shown = byline.head_lines(page, title), text_of(page.tree, SMALL_PAGE + 1)
    reading = Reading(
        url=url,
        canonical_url=byline.canonical_url(page),
        title=title,
        text="",
        summary=_summary(page),
        author=byline.author(page, near),
        lang=lang or as_tag(page.tree.get("lang") or page.tree.get("xml:lang")),
        dates=dates,
        site_name=site_name(page) or None,
        origin=byline.origin(page, near),
    )
    # Last, for the extractor changes the tree.
    text = _text(page, title, shown, rule)
    reason = why_nothing(title, shown, body) if weight(text) < _MORE_THAN_A_NOTICE else None
    if reason or not text:
        raise reason or ParseError("no article text was found on the page", error_class="no-text")
    return _with_text(reading, text)


def _with_text(reading: Reading, text: str) -> Reading:
    title = reading.title or text.partition("\n")[0]
    return replace(
        reading,
        title=cut(title, MAX_TITLE),
        text=cut(text, MAX_TEXT),
        lang=settle(f"{title}\n{text}", reading.lang),
    )


def _title(page: Loaded, rule: ArticleRule) -> str:
    selected = first_text(*select(page.tree, rule.title)) if rule.title else ""
    return title_from(selected) or headline(page)


def _summary(page: Loaded) -> str:
    return cut(title_from(page.first_meta("description", "og:description", "twitter:description")), MAX_TITLE)


def _text(page: Loaded, title: str, shown: str, rule: ArticleRule) -> str:
    chosen = "\n\n".join(filter(None, map(from_html, select(page.tree, rule.body)))) if rule.body else ""
    if chosen:
        return chosen
    if len(shown) <= SMALL_PAGE:
        return "" if is_refusal(title, shown) else _small_page(page.tree, title)
    found = bare_extraction(
        page.tree, url=page.url, include_comments=False, include_tables=True, with_metadata=False
    )
    if found is None or isinstance(found, dict) or found.body is None:
        return ""
    return "\n\n".join(trimmed(blocks_of(found.body), title))


def _small_page(tree: HtmlElement, title: str) -> str:
    """A few lines, in which no extractor finds structure: all of the article element, else of the page."""
    inner = tree.xpath("//*[@itemprop='articleBody'] | //article | //main")[:1] or tree.xpath("//body")[:1]
    for element in inner:
        for furniture in element.xpath(_FURNITURE):
            furniture.drop_tree()
        blocks = from_html(etree.tostring(element, encoding="unicode", method="html", with_tail=False)).split(
            "\n\n"
        )
        return "\n\n".join(block for block in trimmed(blocks, title) if block != title)
    return ""


def blocks_of(body: HtmlElement) -> list[str]:
    """The text contract made from trafilatura's elements: p, head, item, row and quote are blocks, lb is a line break."""
    blocks: list[str] = []
    parts: list[str] = []

    def border(tag: str) -> None:
        if tag == "cell":
            parts.append(" ")
        elif tag not in _INLINE and parts:
            blocks.extend(as_blocks("".join(parts)))
            parts.clear()

    for event, node in etree.iterwalk(body, events=("start", "end")):
        if node.tag == "lb":
            parts.append(_BREAK if event == "start" else node.tail or "")
            continue
        border(node.tag)
        parts.append((node.text if event == "start" else node.tail if node is not body else "") or "")
    border("p")
    return blocks
