"""Plain text in columns: a Chinese character takes two, no closing mark begins a line and no opening one ends it.

Pure. What ``prose.keep`` marks stays on one line; hits come out between asterisks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from alerts.prose import HIT, HIT_END, KEEP, KEEP_END, NO_BREAK, STRONG, STRONG_END, bare
from core.types import Language

COLUMNS = 72
_WHOLE = 40
"""Columns up to which a kept piece or a marked Latin term is not divided."""

_CLOSING = frozenset("、。，．：；！？）］｝】〕》〉」』〗”’…—·％‰.,:;!?)]}%»›")
_OPENING = frozenset("（［｛【〔《〈「『〖“‘([{«‹")
_GROUPS = re.compile(f"([{HIT}{HIT_END}{KEEP}{KEEP_END}])")
# Nothing shows bold text here, and hits that touch need only the outer asterisks.
_UNSEEN = re.compile(f"[{STRONG}{STRONG_END}]|{HIT_END}{HIT}")


@dataclass(slots=True)
class _Piece:
    """One character with those that combine with it; ``glued`` = no line may end before it."""

    base: str
    text: str
    width: int
    glued: bool

    @property
    def is_wide(self) -> bool:
        return unicodedata.east_asian_width(self.base) in "WF"


def width(text: str, language: Language) -> int:
    """Columns; characters of ambiguous width (· “ ” … —) are wide in Chinese fonts."""
    return sum(_width(char, language) for char in text)


def wrap(
    prose: str, language: Language, *, first: str = "", rest: str = "", columns: int = COLUMNS
) -> list[str]:
    """Lines of at most ``columns``, led by ``first`` and ``rest``; only a word longer than a line is divided."""
    lines, line, room = [], "", columns - width(first, language)
    for spaced, run in _runs(_pieces(prose, language)):
        gap = " " if spaced and line else ""
        if line and len(gap) + sum(piece.width for piece in run) > room:
            lines.append(line)
            line, gap, room = "", "", columns - width(rest, language)
        line, room = line + gap, room - len(gap)
        for piece in run:
            if piece.width > room and line:
                lines.append(line)
                line, room = "", columns - width(rest, language)
            line, room = line + piece.text, room - piece.width
    lines.append(line)
    return [((rest if n else first) + text).rstrip() for n, text in enumerate(lines)]


@lru_cache(maxsize=4096)
def _width(char: str, language: Language) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    wide = "WFA" if language == "zh" else "WF"
    return 2 if unicodedata.east_asian_width(char) in wide else 1


def _runs(pieces: Sequence[_Piece]) -> Iterator[tuple[bool, list[_Piece]]]:
    """What must stand together, and whether a blank stands before it."""
    run: list[_Piece] = []
    spaced = blank = False
    for piece in pieces:
        if piece.base.isspace() and not piece.glued:
            blank = True
            continue
        if run and not piece.glued and (blank or _may_part(run[-1], piece)):
            yield spaced, run
            run, spaced = [], blank
        elif not run:
            spaced = blank
        run.append(piece)
        blank = False
    if run:
        yield spaced, run


def _may_part(before: _Piece, after: _Piece) -> bool:
    if after.base in _CLOSING or before.base in _OPENING:
        return False
    return before.is_wide or after.is_wide


def _pieces(prose: str, language: Language) -> list[_Piece]:
    reader = _Reader(language)
    groups = _GROUPS.split(_UNSEEN.sub("", prose))
    for n, group in enumerate(groups):
        if group == HIT:
            reader.star = "*"
            reader.open(_is_short_term(groups[n + 1], language))
        elif group == KEEP:
            reader.open(width(_kept(groups[n + 1 :]), language) <= _WHOLE)
        elif group in (HIT_END, KEEP_END):
            reader.close("*" if group == HIT_END else "")
        else:
            reader.read(group)
    return reader.pieces


class _Reader:
    """Turns characters into pieces and knows which groups it stands in."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.pieces: list[_Piece] = []
        self.star = ""
        self.groups = [False]
        self.glued = False

    def open(self, is_whole: bool) -> None:
        self.groups.append(is_whole)

    def close(self, star: str) -> None:
        self.groups.pop()
        self.glued = any(self.groups)
        if self.pieces:
            self.pieces[-1].text += star
            self.pieces[-1].width += len(star)

    def read(self, text: str) -> None:
        for char in text:
            size = _width(char, self.language)
            if size == 0 and self.pieces:
                self.pieces[-1].text += char
                continue
            if char == "·" and self.pieces and self.pieces[-1].base == " ":
                self.pieces[-1].glued = True
            tied = char == NO_BREAK
            char = " " if tied else char
            self.pieces.append(_Piece(char, self.star + char, size + len(self.star), self.glued or tied))
            self.star, self.glued = "", tied or any(self.groups)


def _is_short_term(term: str, language: Language) -> bool:
    has_wide = any(unicodedata.east_asian_width(char) in "WF" for char in term)
    return not has_wide and width(term, language) <= _WHOLE


def _kept(groups: Sequence[str]) -> str:
    """The text up to the end of the group that has just begun."""
    end = groups.index(KEEP_END) if KEEP_END in groups else len(groups)
    return bare("".join(groups[:end]))
