"""Feeds that an HTML page names as its own."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from core.urls import join
from crawler.parse.charset import decode
from crawler.parse.guard import only_parse_errors
from crawler.parse.plain import clean

_FEED_TYPES: Final = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
)
_MAYBE_FEED_TYPES: Final = ("application/xml", "text/xml", "application/json")
_FEED_PATH: Final = re.compile(r"rss|atom|feed|\.rdf|\.xml", re.IGNORECASE)
_HEAD: Final = 500_000
_AT_MOST: Final = 20


@only_parse_errors
def feeds_of(body: bytes, *, url: str, content_type: str | None) -> tuple[str, ...]:
    """Addresses of the feeds that the page links with rel=alternate, in its order; never the page itself."""
    return alternates(decode(body, content_type=content_type, encoding=None, markup="html").text, url)


def alternates(text: str, url: str) -> tuple[str, ...]:
    collector = _Links()
    parser = etree.HTMLParser(target=collector, huge_tree=True)
    parser.feed(clean(text[:_HEAD]) + " ")
    parser.close()
    base = join(url, collector.base) or url
    found = (join(base, link) for link in collector.links)
    return tuple(dict.fromkeys(link for link in found if link and link != url))[:_AT_MOST]


class _Links:
    """Target of the stream parser."""

    def __init__(self) -> None:
        self.links: list[str] = []
        self.base = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "base" and not self.base:
            self.base = attributes.get("href") or ""
        elif tag == "link" and "alternate" in (attributes.get("rel") or "").lower().split():
            kind, href = (
                (attributes.get("type") or "").lower().partition(";")[0].strip(),
                attributes.get("href") or "",
            )
            if kind in _FEED_TYPES or (kind in _MAYBE_FEED_TYPES and _FEED_PATH.search(href)):
                self.links.append(href)

    def end(self, tag: str) -> None:
        """Only attributes matter."""

    def data(self, text: str) -> None:
        """Only attributes matter."""

    def close(self) -> None:
        """Nothing is kept open."""
