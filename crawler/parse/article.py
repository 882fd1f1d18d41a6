"""An article page from bytes to a Reading; trafilatura finds the body. Pure: no network, no clock."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Any, Final

from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from core.errors import ParseError
from core.lang import as_tag, settle
from core.types import ArticleRule, Reading
from crawler.parse import articledates, metadata
from crawler.parse.entries import MAX_TEXT, MAX_TITLE, first_text
from crawler.parse.guard import only_parse_errors
from crawler.parse.page import linked_data, load, metas, text_of
from crawler.parse.plain import as_blocks, cut, from_html, title_from
from crawler.parse.select import select
from crawler.parse.trim import trimmed

_INLINE: Final = frozenset(
    {"hi", "ref", "del", "graphic", "code", "span", "a", "b", "i", "em", "strong", "sup", "sub"}
)
_BREAK: Final = "\x00"
_CHALLENGE: Final = re.compile(
    r"just a moment\.\.\.|attention required! \| cloudflare|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|are you a robot|enable javascript and cookies to continue|ddos protection by|access denied.{0,80}reference #"
    r"|人机验证|安全验证|滑动验证|访问验证|请完成验证|请进行验证|访问过于频繁|访问被拦截|您的访问出错了",
    re.IGNORECASE | re.DOTALL,
)
_CHALLENGE_SCRIPT: Final = re.compile(
    r"/cdn-cgi/challenge-platform|_cf_chl_opt|_Incapsula_Resource|acw_sc__v2|captcha-delivery\.com|px-captcha|geetest",
    re.IGNORECASE,
)
# A page that does not exist, sent with the status of one that does.
_GONE: Final = re.compile(
    r"\b404\b|(?:page|article|file) (?:was |could )?not (?:be )?found|页面不存在|页面没有找到|找不到(?:该|您|页面)|文章(?:不存在|已被?删除)|内容(?:不存在|已被?删除)",
    re.IGNORECASE,
)
_SMALL_PAGE: Final = 600


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
    """Raises ``ParseError``: ``empty``, ``unreadable``, ``blocked`` (bot protection instead of the article), ``no-text``."""
    tree = load(body, content_type=content_type, encoding=encoding)
    rule = rule or ArticleRule()
    meta, things = metas(tree), linked_data(tree)
    site = metadata.site_name(meta, things, tree)
    title = _title(tree, meta, things, site, rule)
    near = metadata.head_lines(tree, title)
    dates = articledates.claims(
        tree,
        url=url,
        title=title,
        things=things,
        meta=meta,
        selected=select(tree, rule.date) if rule.date else (),
        zone=zone,
    )
    author, origin = metadata.author(tree, meta, things, near), metadata.origin(meta, near)
    canonical, labelled = (
        metadata.canonical_url(tree, meta, url),
        as_tag(tree.get("lang") or tree.get("xml:lang")),
    )
    # Last, for the extractor changes the tree.
    text = _text(tree, url, title, rule)
    if not text:
        raise _without_text(title, body)
    return Reading(
        url=url,
        canonical_url=canonical,
        title=cut(title or text.partition("\n")[0], MAX_TITLE),
        text=cut(text, MAX_TEXT),
        summary=_summary(meta),
        author=author,
        lang=settle(f"{title}\n{text}", lang or labelled),
        dates=dates,
        site_name=site or None,
        origin=origin,
    )


def _title(
    tree: HtmlElement, meta: dict[str, list[str]], things: list[dict[str, Any]], site: str, rule: ArticleRule
) -> str:
    selected = first_text(*select(tree, rule.title)) if rule.title else ""
    return title_from(selected) or metadata.headline(tree, meta, things, site)


def _summary(meta: dict[str, list[str]]) -> str:
    stated = first_text(
        *meta.get("description", ()), *meta.get("og:description", ()), *meta.get("twitter:description", ())
    )
    return cut(title_from(stated), MAX_TITLE)


def _text(tree: HtmlElement, url: str, title: str, rule: ArticleRule) -> str:
    if rule.body:
        chosen = "\n\n".join(filter(None, map(from_html, select(tree, rule.body))))
        if chosen:
            return chosen
    if len(text_of(tree, _SMALL_PAGE + 1)) <= _SMALL_PAGE:
        return _small_page(tree, title)
    found = bare_extraction(tree, url=url, include_comments=False, include_tables=True, with_metadata=False)
    if found is None or isinstance(found, dict) or found.body is None:
        return ""
    return "\n\n".join(trimmed(blocks_of(found.body), title))


def _small_page(tree: HtmlElement, title: str) -> str:
    """A few lines, in which no extractor finds structure: all of the article element, else of the page; checks and
    error pages have none."""
    if _CHALLENGE.search(text_of(tree)) or _GONE.search(title):
        return ""
    inner = tree.xpath("//*[@itemprop='articleBody'] | //article | //main")[:1] or tree.xpath("//body")[:1]
    for element in inner:
        for furniture in element.xpath(
            ".//nav | .//footer | .//header[not(ancestor::article)] | .//aside | .//form | .//time"
        ):
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


def _without_text(title: str, body: bytes) -> ParseError:
    if _GONE.search(title):
        return ParseError("the site says that the page does not exist", error_class="not-found")
    if _CHALLENGE.search(title) or _CHALLENGE_SCRIPT.search(body[:200_000].decode("utf-8", "ignore")):
        return ParseError(
            "blocked by bot protection: the site sent a check instead of the article",
            error_class="blocked",
            outcome="permanent",
        )
    return ParseError("no article text was found on the page", error_class="no-text")
