"""Text of a mail before it becomes HTML or plain: with marks for hits and for what stays on one line.

The marks are noncharacters, and ``clean`` takes them out of everything that others wrote: no feed can set one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

HIT, HIT_END = "\ufdd0", "\ufdd1"
KEEP, KEEP_END = "\ufdd2", "\ufdd3"
STRONG, STRONG_END = "\ufdd4", "\ufdd5"
NO_BREAK = "\u00a0"
"""Ties two words; ``clean`` leaves none in what others wrote."""
_MARK = re.compile(f"([{HIT}-{STRONG_END}])")

_LINE_ENDS_AND_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Bidirectional controls, zero-width and other invisible characters, tags, noncharacters. ZWJ and ZWNJ are spelling.
_INVISIBLE = re.compile(
    r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff"
    r"\U000e0000-\U000e007f]"
    "|[" + "".join(chr(plane * 0x10000 + end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF)) + "]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\u3000]+")
_BLANKS_AFTER = re.compile(rf"{HIT}(\s+)")
_BLANKS_BEFORE = re.compile(rf"(\s+){HIT_END}")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]")


def clean(text: str, limit: int = 1000) -> str:
    """What others wrote, on one line, without anything that is not seen; cut with '…' only when longer than any real one."""
    text = _BLANKS.sub(" ", _visible(text[: 2 * limit])).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def keep(text: str) -> str:
    """Stays on one line where it fits on one."""
    return f"{KEEP}{text}{KEEP_END}"


def strong(text: object) -> str:
    return f"{STRONG}{text}{STRONG_END}"


def marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    """The cleaned text with its hits marked; blanks beside a mark stay outside of it."""
    parts, end = [], 0
    for start, stop in marks:
        parts += [_visible(text[end:start]), HIT, _visible(text[start:stop]), HIT_END]
        end = stop
    joined = "".join([*parts, _visible(text[end:])])
    joined = _BLANKS_AFTER.sub(rf"\1{HIT}", _BLANKS_BEFORE.sub(rf"{HIT_END}\1", joined))
    return _BLANKS.sub(" ", joined.replace(HIT + HIT_END, "")).strip()


def bare(prose: str) -> str:
    return _MARK.sub("", prose)


def is_right_to_left(text: str) -> bool:
    return bool(_RIGHT_TO_LEFT.search(text))


def to_html(prose: str) -> Markup:
    """Escaped first, then the marks become tags; a kept piece inside another needs none of its own."""
    html, depth = [], 0
    for piece in _MARK.split(prose):
        if piece == KEEP:
            html.append('<span style="white-space:nowrap">' if depth == 0 else "")
            depth += 1
        elif piece == KEEP_END:
            depth -= 1
            html.append("</span>" if depth == 0 else "")
        else:
            html.append(_TAGS.get(piece) or str(escape(piece)))
    return Markup("".join(html))


_TAGS = {
    HIT: '<b class="h" style="background:#ffedb0">',
    HIT_END: "</b>",
    STRONG: "<b>",
    STRONG_END: "</b>",
}


def _visible(text: str) -> str:
    return _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", _LINE_ENDS_AND_CONTROLS.sub(" ", text)))
