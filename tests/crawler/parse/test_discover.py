from __future__ import annotations

from collections.abc import Callable

import pytest

from crawler.parse.discover import feeds_of
from crawler.parse.sniff import kind_of


def test_the_feeds_a_page_names_are_found_in_its_order() -> None:
    page = b"""<!doctype html><html><head><base href="https://office.example/en/">
    <link rel="alternate" type="application/rss+xml" href="news.xml"><link rel="alternate" type="text/html" href="/zh/">
    <link rel="ALTERNATE feed" type="application/atom+xml; charset=utf-8" href="/atom">
    <link rel="stylesheet alternate" type="text/css" href="/x.css"><link rel="alternate" type="application/json" href="/feed.json">
    <link rel="alternate" type="application/rss+xml" href="news.xml"><link rel="alternate" type="application/rss+xml" href="javascript:x">"""

    found = feeds_of(page, url="https://office.example/", content_type=None)

    assert found == (
        "https://office.example/en/news.xml",
        "https://office.example/atom",
        "https://office.example/feed.json",
    )


def test_a_page_without_feeds_names_none() -> None:
    assert feeds_of(b"", url="https://office.example/", content_type=None) == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("feeds/rss-en.xml", "feed"),
        ("feeds/atom-zh.xml", "feed"),
        ("feeds/rdf.xml", "feed"),
        ("feeds/feed.json", "feed"),
        ("feeds/prefixed.xml", "feed"),
        ("pages/gov-zh.html", "article"),
        ("pages/press-en.html", "article"),
        ("pages/list-zh.html", "listing"),
        ("pages/list-en.html", "listing"),
    ],
)
def test_documents_are_told_apart_by_their_content(
    name: str, kind: str, feed_bytes: Callable[[str], bytes], page_bytes: Callable[[str], bytes]
) -> None:
    folder, _, file = name.partition("/")
    body = (feed_bytes if folder == "feeds" else page_bytes)(file)

    assert kind_of(body, "text/html") == kind


def test_sitemaps_are_seen_and_other_bytes_are_nothing() -> None:
    assert (
        kind_of(b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>', None)
        == "sitemap"
    )
    assert kind_of(b"%PDF-1.7 \x00\x01", "application/pdf") is None
    assert kind_of(b"", None) is None
