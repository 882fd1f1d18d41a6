"""HTML to plain text under the contract of the query language (S5): blocks divided by one blank line, ``<br>`` one line
break, no hard wrapping. Read as a stream, so that depth and broken markup cost nothing (libxml2 2.14 is linear here).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Final

from lxml import etree

# What may not stand in XML 1.0 or PostgreSQL text; newline and tab may.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_HAN: Final = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
# A line end in the source between two Han characters is no space (CSS Text 3, section 4.1.3).
_WRAPPED_HAN = re.compile(rf"(?<=[{_HAN}])[ \t]{{0,9}}\n[ \t\n]{{0,99}}(?=[{_HAN}])")
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>|<!--")
_REFERENCE = re.compile(
    r"&(?:#\d{1,7}|#x[\da-fA-F]{1,6}|amp|quot|apos|nbsp|lt|gt|[lr][sd]quo|[mn]dash|hellip);"
)
_BREAK: Final = "\x00"
_TITLE_LOOKED_AT: Final = 20_000

_HIDDEN_TAGS: Final = """
    script style template noscript head title iframe object embed svg math select button textarea canvas audio video map
    datalist
"""
_INLINE_TAGS: Final = """
    a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark meter nobr output picture
    progress q rb rp rt ruby s samp small source span strike strong sub sup time tt u var wbr
"""
HIDDEN: Final = frozenset(_HIDDEN_TAGS.split())
INLINE: Final = frozenset(_INLINE_TAGS.split())
_CELLS: Final = frozenset({"td", "th"})
_VOID: Final = frozenset({"embed"})


class Blocks:
    """Target of the stream parser."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._parts: list[str] = []
        self._hidden = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in HIDDEN:
            self._hidden += tag not in _VOID
        elif tag == "br":
            self._parts.append(_BREAK)
        else:
            self._border(tag)

    def end(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden = max(0, self._hidden - (tag not in _VOID))
        elif tag != "br":
            self._border(tag)

    def data(self, text: str) -> None:
        if not self._hidden:
            self._parts.append(text)

    def comment(self, text: str) -> None:
        """Not shown."""

    def close(self) -> object:
        self._border("p")
        return self.result()

    def take(self, blocks: list[str]) -> None:
        """What stood between two borders."""
        self._blocks.extend(blocks)

    def result(self) -> object:
        return self._blocks

    def _border(self, tag: str) -> None:
        if tag in _CELLS:
            self._parts.append(" ")
        elif tag not in INLINE and self._parts:
            self.take(as_blocks("".join(self._parts)))
            self._parts.clear()


def as_blocks(text: str) -> list[str]:
    """One block of running text, its line breaks marked by NUL; more than one break in a row divides it."""
    lines = [one_line(line) for line in text.split(_BREAK)]
    return [block for block in re.split(r"\n{2,}", "\n".join(lines).strip("\n")) if block]


def clean(text: str) -> str:
    """Without the characters that no text may hold."""
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    """White space collapsed, also the ideographic space with which Chinese paragraphs begin."""
    if "\n" in text:
        text = _WRAPPED_HAN.sub("", text.replace("\r\n", "\n"))
    return " ".join(text.split())


def looks_like_html(text: str) -> bool:
    return _TAG.search(text) is not None


def from_html(fragment: str) -> str:
    if "<" not in fragment and "&" not in fragment:
        return "\n\n".join(as_blocks(clean(fragment)))
    parser = etree.HTMLParser(target=Blocks(), huge_tree=True, remove_pis=True)
    # libxml2 sees no document in a text that begins with white space or nothing at all.
    parser.feed(f"<div>{clean(fragment)}</div>")
    blocks: list[str] = parser.close()
    return "\n\n".join(blocks)


def from_text(text: str) -> str:
    """Text without markup: blank lines divide blocks, single line ends are wrapping."""
    return "\n\n".join(block for part in _BLANK_LINES.split(clean(text)) if (block := one_line(part)))


def from_lines(text: str) -> str:
    """Text without markup whose line ends were meant."""
    return "\n\n".join(as_blocks(clean(text).replace("\r\n", "\n").replace("\n", _BREAK)))


def title_from(markup: str) -> str:
    """A title in one line. One that holds tags is HTML, whatever its feed says; one that is nothing but tags is about them."""
    markup = markup[:_TITLE_LOOKED_AT]
    if not looks_like_html(markup):
        markup = markup.replace("<", "&lt;")
    title = one_line(from_html(markup)) or one_line(clean(markup))
    # Escaped twice by many publishers: AT&amp;amp;T.
    return html.unescape(title) if _REFERENCE.search(title) else title


def cut(text: str, limit: int) -> str:
    """``text`` within ``limit`` characters; an ellipsis tells that something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def weight(text: str) -> int:
    """Letters, a Han character for two: how much is said, in whichever script."""
    return len(text) + sum(c >= "\u3000" for c in text)
