"""What kind of document a body is, by its first characters and, for pages, by a look at their markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from lxml import etree

from crawler.parse.charset import decode
from crawler.parse.plain import Blocks, clean, weight

DocumentKind = Literal["feed", "sitemap", "listing", "article"]

_LOOKED_AT: Final = 400_000
_FEED_ROOT: Final = re.compile(
    r"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:rss|feed|rdf|channel)(?=[\s>/])", re.IGNORECASE
)
_SITEMAP_ROOT: Final = re.compile(
    r"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:urlset|sitemapindex)(?=[\s>/])", re.IGNORECASE
)
_HTML: Final = re.compile(
    r"<(?:!doctype html|html|head|body|title|div|p|a|h1|meta|ul|table)[\s>]", re.IGNORECASE
)
_JSON_FEED: Final = re.compile(r"\s*\{.{0,2000}(?:jsonfeed\.org|\"items\"\s{0,9}:\s{0,9}\[)", re.DOTALL)
_FEED_TYPE: Final = re.compile(r"\b(?:rss|atom|rdf|feed)\b", re.IGNORECASE)
_ARTICLE_MARKS: Final = re.compile(
    r"og:type[\"']\s+content=[\"']article|content=[\"']article[\"']\s+property=[\"']og:type|article:published_time"
    r"|\"@type\"\s{0,5}:\s{0,5}\[?\"(?:News|Blog)?(?:Article|Posting)|name=[\"']?(?:PubDate|ArticleTitle|ContentSource)\b",
    re.IGNORECASE,
)
_RUN_OF_AN_ARTICLE: Final = 300
"""Letters, a Han character for two, that stand together without a headline's link between them; summaries are shorter."""
_SHORTEST_PART: Final = 25
_FEWEST_LINKS: Final = 5


def kind_of(body: bytes, content_type: str | None) -> DocumentKind | None:
    """None for what is neither markup nor a feed."""
    start = decode(body[:_LOOKED_AT], content_type=content_type, encoding=None, markup="xml").text
    head = start[:5000]
    html, feed = _HTML.search(head), _FEED_ROOT.search(head)
    if feed and not (
        html
        and html.start() < feed.start()
        and re.match(r"<(?:!doctype|html|head|body)", html[0], re.IGNORECASE)
    ):
        return "feed"
    if _SITEMAP_ROOT.search(head):
        return "sitemap"
    if _JSON_FEED.match(head) or (not html and _FEED_TYPE.search(content_type or "")):
        return "feed"
    return _page_kind(start) if html else None


def _page_kind(text: str) -> DocumentKind:
    """An article says so, or has running text; a list breaks it with the link of each item."""
    if _ARTICLE_MARKS.search(text):
        return "article"
    shape = _Shape()
    parser = etree.HTMLParser(target=shape, huge_tree=True)
    parser.feed(clean(text) + " ")
    longest: int = parser.close()
    return "article" if longest >= _RUN_OF_AN_ARTICLE or shape.links < _FEWEST_LINKS else "listing"


class _Shape(Blocks):
    """Target of the stream parser: the longest run of text between blocks that are links."""

    def __init__(self) -> None:
        super().__init__()
        self.links = self._in_link = self._linked = self._run = self._longest = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._in_link += tag == "a"
        self.links += tag == "a"
        super().start(tag, attributes)

    def end(self, tag: str) -> None:
        if tag == "a":
            self._in_link = 0
        super().end(tag)

    def data(self, text: str) -> None:
        if self._in_link:
            self._linked += weight(text)
        super().data(text)

    def take(self, blocks: list[str]) -> None:
        size = sum(map(weight, blocks))
        if self._linked * 2 > size:
            self._run = 0
        elif size >= _SHORTEST_PART:
            self._run += size
            self._longest = max(self._longest, self._run)
        self._linked = 0

    def result(self) -> int:
        return self._longest
