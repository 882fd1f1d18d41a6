"""A parser raises nothing but ParseError on any bytes, and what it returns can be stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParseError
from core.types import ListRule
from crawler.inspect import describe
from crawler.parse.article import parse_article
from crawler.parse.discover import feeds_of
from crawler.parse.listing import parse_listing
from crawler.parse.sniff import kind_of
from crawler.readers.feed import parse_feed

DATA = Path(__file__).resolve().parents[2] / "data"
SEEDS = [path.read_bytes() for folder in ("feeds", "pages") for path in sorted((DATA / folder).iterdir())]
BITS = [
    b"<",
    b">",
    b"&",
    b"&#0;",
    b"]]>",
    b"<![CDATA[",
    b"<!DOCTYPE x [",
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"</",
    b"<!--",
    b"\xe4\xb8",
]
NOW = datetime(2026, 3, 28, tzinfo=UTC)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    body = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(body)))
        length = draw(st.integers(0, 40))
        body[at : at + length] = draw(st.sampled_from(BITS) | st.binary(max_size=8))
    return bytes(body)


BYTES = st.binary(max_size=200) | damaged()
TYPES = st.none() | st.sampled_from(
    ["text/html; charset=gbk", "text/xml; charset=utf-16", "application/json", "x/y; charset=zlib"]
)


@settings(max_examples=60, deadline=None)
@given(BYTES, TYPES)
@pytest.mark.parametrize("kind", ["feed", "listing", "article", "auto"])
def test_any_bytes_give_a_document_or_an_error_that_can_be_stored(
    kind: str, body: bytes, content_type: str | None
) -> None:
    shown = describe(
        body, url="https://a.example/b/", zone=UTC, now=NOW, kind=kind, content_type=content_type
    )

    text = json.dumps(shown, ensure_ascii=False)
    text.encode("utf-8")
    assert "\\u0000" not in text


@settings(max_examples=60, deadline=None)
@given(BYTES, st.text(max_size=60), st.text(max_size=20))
def test_parsers_raise_only_parse_errors(body: bytes, content_type: str, encoding: str) -> None:
    common = {"url": "https://a.example/b/", "content_type": content_type}
    rule = ListRule(item="li", link="a::attr(href)", date="span::text", pattern=r"\d")
    for parse in (
        lambda: parse_feed(body, **common, encoding=encoding, zone=UTC),
        lambda: parse_listing(body, **common, encoding=encoding, rule=rule, zone=UTC),
        lambda: parse_article(body, **common, encoding=encoding, rule=None, zone=UTC, lang=None),
        lambda: feeds_of(body, **common),
    ):
        try:
            parse()
        except ParseError as error:
            assert error.error_class
    kind_of(body, content_type)
