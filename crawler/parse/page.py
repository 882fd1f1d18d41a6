"""An HTML page as a tree, once for all who look at it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from core.errors import ParseError
from crawler.parse.charset import decode
from crawler.parse.plain import HIDDEN, INLINE, one_line

_META_NAMES: Final = ("name", "property", "itemprop", "http-equiv")
_LD_JSON: Final = re.compile(r"application/ld\+json", re.IGNORECASE)
_LD_LIMIT: Final = 300_000
_LD_DEPTH: Final = 8
_TRAILING_COMMA: Final = re.compile(r",\s{0,99}(?=[}\]])")
_NOT_SHOWN: Final = HIDDEN - {"title", "head"}


@dataclass(frozen=True, slots=True)
class Loaded:
    url: str
    tree: HtmlElement
    meta: dict[str, list[str]]
    """Contents of the meta elements by lower-case name, in page order."""
    things: list[dict[str, Any]]
    """Every object of the page's JSON-LD, flattened, outer ones first."""

    def first_meta(self, *names: str) -> str:
        return next((value for name in names for value in self.meta.get(name, ())), "")


def load_page(body: bytes, *, url: str, content_type: str | None, encoding: str | None) -> Loaded:
    tree = load(body, content_type=content_type, encoding=encoding)
    return Loaded(url, tree, _metas(tree), _linked_data(tree))


def load(body: bytes, *, content_type: str | None, encoding: str | None) -> HtmlElement:
    """Raises ``ParseError`` for what holds no element at all."""
    if not body.strip():
        raise ParseError("empty body", error_class="empty")
    text = decode(body, content_type=content_type, encoding=encoding, markup="html").text
    if not text.strip():
        raise ParseError("empty body", error_class="empty")
    return tree_of(text)


def tree_of(text: str) -> HtmlElement:
    # As bytes: a declaration inside the text would speak of the bytes it once had.
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise ParseError("no HTML page: nothing in it could be read", error_class="unreadable") from error
    return tree


def _metas(tree: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        content = one_line(meta.get("content") or "")
        for attribute in _META_NAMES:
            if content and meta.get(attribute):
                found.setdefault(meta.get(attribute).strip().lower(), []).append(content)
    return found


def _linked_data(tree: HtmlElement) -> list[dict[str, Any]]:
    """Broken scripts are left out."""
    found: list[dict[str, Any]] = []
    for script in tree.iter("script"):
        if _LD_JSON.search(script.get("type") or "") and script.text and len(script.text) <= _LD_LIMIT:
            found.extend(_objects(_loaded(script.text), 0))
    return found


def _loaded(source: str) -> Any:
    for text in (source, _TRAILING_COMMA.sub("", source.strip().removesuffix(";"))):
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _LD_DEPTH:
        return
    if isinstance(value, dict):
        yield value
        inner: Any = value.values()
    else:
        inner = value if isinstance(value, list) else ()
    for part in inner:
        if isinstance(part, (dict, list)):
            yield from _objects(part, depth + 1)


def types_of(thing: dict[str, Any]) -> set[str]:
    kinds = thing.get("@type")
    return {kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)}


def text_of(element: HtmlElement, limit: int = 2000) -> str:
    """What a reader sees of it, in one line."""
    parts: list[str] = []
    size = 0
    for piece in visible(element):
        parts.append(piece)
        size += len(piece.strip())
        if size > limit:
            break
    return one_line("".join(parts))[:limit]


def visible(element: HtmlElement) -> Iterator[str]:
    """Its pieces of text in order, with a line end where a block begins or ends."""
    hidden: HtmlElement | None = None
    for event, node in etree.iterwalk(element, events=("start", "end")):
        border = "" if node.tag in INLINE else "\n"
        if event == "start" and hidden is None:
            if node.tag in _NOT_SHOWN:
                hidden = node
                continue
            yield border + (node.text or "")
        elif event == "end":
            hidden = None if node is hidden else hidden
            if hidden is None and node is not element:
                yield border + (node.tail or "")
