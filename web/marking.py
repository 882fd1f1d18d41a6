"""The only place where markup is put into a publisher's text: hits, as the matcher gave them, and paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from desk.views import Marked

_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")


def mark(text: str, marks: Sequence[tuple[int, int]] = (), *, first: int | None = None) -> Markup:
    """Escaped, with ``<mark>`` around each hit. Touching hits stay apart, overlapping ones become one.

    ``first``: number of the first hit, which then all get as ``id`` to be linked to.
    """
    parts, end = [], 0
    for number, (start, stop) in enumerate(joined(marks, len(text)), first or 0):
        opening = Markup("<mark>") if first is None else Markup('<mark id="hit-{}">').format(number)
        parts += [escape(text[end:start]), opening, escape(text[start:stop]), Markup("</mark>")]
        end = stop
    return Markup("").join([*parts, escape(text[end:])])


def joined(marks: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """In order, inside the text, none empty; those that share a code point are one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(length, end)) for start, end in marks):
        if start >= end:
            continue
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def blocks(text: Marked) -> list[Marked]:
    """The paragraphs of a text, each with its part of the marks."""
    found, start = [], 0
    for gap in [*_BLANK_LINES.finditer(text.text), None]:
        end = gap.start() if gap else len(text.text)
        part = text.text[start:end]
        if part.strip():
            marks = ((max(a - start, 0), min(b, end) - start) for a, b in text.marks if a < end and b > start)
            found.append(Marked(part, tuple(joined(marks, len(part))), text.lang))
        start = gap.end() if gap else end
    return found


def paragraphs(text: Marked) -> list[Markup]:
    """Each block escaped, its hits marked and numbered through the whole text from 1, its line breaks kept."""
    made, number = [], 1
    for block in blocks(text):
        lines = Markup("<br>").join(
            Markup(line) for line in _LINE_BREAK.split(mark(block.text, block.marks, first=number))
        )
        made.append(lines)
        number += len(block.marks)
    return made
