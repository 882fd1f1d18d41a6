"""The elements of a sitemap one after the other, each forgotten when it is read. Knows nothing of what they are for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from lxml import etree

_ROWS: Final = ("{*}url", "{*}sitemap")


@dataclass(frozen=True, slots=True)
class Row:
    """One ``url`` or ``sitemap`` element, its texts as printed."""

    loc: str
    lastmod: str = ""
    title: str = ""
    date: str = ""
    language: str = ""
    outlet: str = ""


def rows_of(xml: str) -> Iterator[Row]:
    """Element by element, each forgotten when read; a broken rest is left out."""
    reader = etree.iterparse(
        io.BytesIO(xml.encode("utf-8", "replace")),
        events=("end",),
        tag=_ROWS,
        recover=True,
        huge_tree=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    for _, element in reader:
        yield _row(element)
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _row(element: Any) -> Row:
    own = {_name(child): child for child in reversed(element)}
    news = {_name(part): part for part in own["news"].iter()} if "news" in own else {}
    return Row(
        loc=_text(own.get("loc")),
        lastmod=_text(own.get("lastmod")),
        title=_text(news.get("title")),
        date=_text(news.get("publication_date")),
        language=_text(news.get("language")),
        outlet=_text(news.get("name")),
    )


def _name(element: Any) -> str:
    return _local_name(element.tag) if isinstance(element.tag, str) else ""


@lru_cache(maxsize=256)
def _local_name(tag: str) -> str:
    """Also of a prefix that was never declared."""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip() if element is not None else ""
