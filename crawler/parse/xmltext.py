"""Feed text made fit for an XML parser, each repair named; document types that could attack it are refused.

Done on text before any XML library sees it: entities are replaced here, so no parser ever resolves one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from html.entities import html5
from itertools import islice
from typing import Final
from xml.parsers import expat

from lxml import etree

from core.errors import ParseError

MAX_ITEMS: Final = 5000

_ROOT: Final = re.compile(
    r"<(?:[A-Za-z_][\w.-]{0,30}:)?(rss|feed|rdf|channel|entry)(?=[\s>/])", re.IGNORECASE
)
_PROLOG: Final = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)?", re.DOTALL)
_HTML: Final = re.compile(r"<(?:!doctype html|html|head|body)[\s>]", re.IGNORECASE)
_DOCTYPE: Final = re.compile(r"<!DOCTYPE", re.IGNORECASE)
_ENTITY: Final = re.compile(r"<!ENTITY\s+(%\s*)?([^\s\"'>]{1,80})\s+(?:\"([^\"]*)\"|'([^']*)'|([A-Z]+))")
_REFERENCE: Final = re.compile(r"&(?:#([xX]?)([0-9A-Fa-f]+);|([A-Za-z_][\w.-]{0,40});)?")
_ITEM_END: Final = re.compile(r"</(?:[A-Za-z_][\w.-]{0,30}:)?(?:item|entry)\s*>", re.IGNORECASE)
# One publisher writes <rss:item>, without a namespace (tests/data/feeds/prefixed.xml).
_OWN_PREFIX: Final = re.compile(r"<(/?)rss:", re.IGNORECASE)
# The sets of Latin letters and signs that old feeds took in by reference; their names are known here anyway.
_KNOWN_SETS: Final = frozenset({"HTMLlat1", "HTMLsymbol", "HTMLspecial"})
_ITEM_START: Final = re.compile(r"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_XML_NAMES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_RECOVERABLE: Final = 5_000_000
_LONGEST_ENTITY: Final = 100
_LAST_CHARACTER: Final = 0x10FFFF

DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>\n'


def prepare(text: str) -> tuple[str, tuple[str, ...]]:
    """The document from its root element on, and what was wrong with it. Raises ``ParseError``."""
    warnings: list[str] = []
    start = _root_at(text, warnings)
    entities = _declared_entities(text[:start])
    body = text[start:]
    body, repaired = _outside_cdata(body, lambda part: _resolve(part, entities))
    if repaired:
        warnings.append("bad-entities: undefined or impossible character references")
    body, shortened = _first_items(body)
    if shortened:
        warnings.append(f"too-many-entries: only the first {MAX_ITEMS} were read")
    defect = _defect(body)
    if defect:
        body, how = _mend(_OWN_PREFIX.sub(r"<\1", body))
        warnings.append(f"{how or 'malformed'}: {defect}")
    return DECLARATION + body, tuple(warnings)


def count_items(text: str) -> int:
    return len(_ITEM_START.findall(text))


def recovered(xml: str) -> str:
    """As libxml2 understands broken XML: it takes a wrong end tag for the right one."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(xml.encode("utf-8"), parser=parser) if len(xml) <= _RECOVERABLE else None
    return xml if root is None else DECLARATION + etree.tostring(root, encoding="unicode")


def is_html(text: str) -> bool:
    return _HTML.search(text[:5000]) is not None


def _root_at(text: str, warnings: list[str]) -> int:
    match = _ROOT.search(text)
    if match is None:
        raise ParseError("not a feed: no rss, feed or rdf element", error_class="not-a-feed")
    before = text[: match.start()]
    # A feed printed inside a whole page is still one (tests/data/feeds/in-a-page.xml).
    if _HTML.search(before) and not ("<body" in before and _ITEM_END.search(text, match.end())):
        raise ParseError("not a feed but an HTML page", error_class="not-a-feed")
    # Everything that a prolog may hold taken away, what is left was printed by accident.
    doctype = _DOCTYPE.search(before)
    prolog, at = before[: doctype.start()] if doctype else before, 0
    while (piece := _PROLOG.match(prolog, at)) and piece.end() > at:
        at = piece.end()
    if at < len(prolog):
        warnings.append("leading-junk: text before the feed")
    return match.start()


def _declared_entities(prolog: str) -> dict[str, str]:
    """Short replacements without references in them; anything else could expand without end or read files."""
    if not _DOCTYPE.search(prolog):
        return {}
    entities: dict[str, str] = {}
    for match in _ENTITY.finditer(prolog):
        parameter, name, quoted, single, external = match.groups()
        if name in _XML_NAMES or name in _KNOWN_SETS:
            continue
        value = html.unescape(quoted or single or "") if not external else ""
        if (
            parameter
            or external
            or len(value) > _LONGEST_ENTITY
            or "%" in value
            or ("&" in value and value != "&")
        ):
            raise _unsafe(name)
        entities[name] = value
    if prolog.count("<!ENTITY") != len(_ENTITY.findall(prolog)):
        raise _unsafe("?")
    return entities


def _unsafe(name: str) -> ParseError:
    return ParseError(
        f"refused: the document type declares the entity {name[:40]!r}, which could expand without end or read files",
        error_class="unsafe-xml",
        outcome="rejected",
    )


def _outside_cdata(text: str, change: Callable[[str], str]) -> tuple[str, bool]:
    parts: list[str] = []
    changed = False
    for part, literal in _split_cdata(text):
        new = part if literal else change(part)
        changed |= new != part
        parts.append(new)
    return ("".join(parts) if changed else text), changed


def _split_cdata(text: str) -> Iterator[tuple[str, bool]]:
    at = 0
    while (start := text.find("<![CDATA[", at)) >= 0:
        yield text[at:start], False
        end = text.find("]]>", start)
        at = len(text) if end < 0 else end + 3
        yield text[start:at], True
    yield text[at:], False


def _resolve(part: str, entities: dict[str, str]) -> str:
    if "&" not in part:
        return part

    def replace(match: re.Match[str]) -> str:
        hexadecimal, digits, name = match.groups()
        if digits:
            return _character(match[0], digits, 16 if hexadecimal else 10)
        if name is None:
            return "&amp;"
        if name in _XML_NAMES:
            return match[0]
        value = entities.get(name, html5.get(f"{name};"))
        return f"&amp;{name};" if value is None else html.escape(value)

    return _REFERENCE.sub(replace, part)


def _character(reference: str, digits: str, base: int) -> str:
    digits = digits.lstrip("0")
    try:
        number = int(digits or "0", base) if len(digits) < 8 else _LAST_CHARACTER + 1
    except ValueError:
        return "\ufffd"
    if number in (0x9, 0xA, 0xD) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE:
        return reference
    return reference if 0x10000 <= number <= _LAST_CHARACTER else "\ufffd"


def _first_items(body: str) -> tuple[str, bool]:
    ends = [match.end() for match in islice(_ITEM_END.finditer(body), MAX_ITEMS + 1)]
    if len(ends) <= MAX_ITEMS:
        return body, False
    return body[: ends[MAX_ITEMS - 1]] + _closing(body), True


def _closing(body: str) -> str:
    """End tags for what a whole item leaves open."""
    root = _ROOT.match(body)
    assert root is not None, "the body begins with its root"
    tag = body[1 : root.end()]
    return f"</channel></{tag}>" if root[1].lower() == "rss" else f"</{tag}>"


def _defect(body: str) -> str | None:
    """What expat says, which is quick and keeps nothing; None = well-formed."""
    parser = expat.ParserCreate()
    try:
        parser.Parse(body.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return f"{expat.ErrorString(error.code)} at line {error.lineno}"
    return None


def _mend(body: str) -> tuple[str, str | None]:
    """Cuts what follows the root's end, or the item in which the document breaks off."""
    root = _ROOT.match(body)
    assert root is not None, "the body begins with its root"
    tag = body[1 : root.end()]
    end = body.find(f"</{tag}>")
    if end >= 0:
        whole = body[: end + len(tag) + 3]
        return (whole, "trailing-junk") if not _defect(whole) else (body, None)
    ends = [match.end() for match in _ITEM_END.finditer(body)]
    if not ends:
        return body, None
    closed = body[: ends[-1]] + _closing(body)
    return (closed, "truncated") if not _defect(closed) else (body, None)
