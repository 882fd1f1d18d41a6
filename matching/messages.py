"""What is said of a query: one sentence, the query, and a caret under the place that is meant."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from unicodedata import category

from core.columns import columns
from core.errors import QueryError
from core.types import Language
from core.words import Words, load_words
from matching.ast import Warning
from matching.lexer import FILTERS, LEFT

OF_THE_WHOLE = frozenset(("empty_query", "too_long", "too_many_terms", "not_grounded"))
"""No single place is to blame for these."""
COLUMNS = 76
COLUMNS_BEFORE = 40

_WORD = re.compile(r"[^\s()（）]*")
_FILTER = re.compile(r"([A-Za-z]+)[:：]")
_NAME = re.compile(r"[^\s()（）:：]*")

_SAME_FORM = {"author": "source", "until": "since"}


def explain_error(error: QueryError, query: str, language: Language) -> str:
    sentence = error_sentence(error, query, language)
    if error.code in OF_THE_WHOLE:
        return sentence
    placed = words()("at", language, n=error.position + 1, sentence=sentence)
    return f"{placed}\n{caret_line(query, error.position)}"


def explain_warning(warning: Warning, query: str, language: Language) -> str:
    sentence = warning_sentence(warning, language)
    placed = words()("note_at", language, n=warning.position + 1, sentence=sentence)
    return f"{placed}\n{caret_line(query, warning.position)}"


def error_sentence(error: QueryError, query: str, language: Language) -> str:
    """Without the place."""
    values = {
        "operator": _match(_WORD, query, error.position),
        "name": _match(_NAME, query, error.position),
        "c": query[error.position : error.position + 1],
    }
    if error.code == "bad_value":
        values |= _about_value(query, error.position, language)
    return words()(f"error_{error.code}", language, **values)


def warning_sentence(warning: Warning, language: Language) -> str:
    return words()(f"warning_{warning.code}", language)


def caret_line(query: str, position: int) -> str:
    """The query (a stretch of it, if long) and below it a caret; wide characters take two columns."""
    start, cut = _window(query, position)
    shown = "".join(_visible(char) for char in query[start:cut])
    before = sum(map(columns, query[start:position])) + (start > 0)
    return f"{'…' * (start > 0)}{shown}{'…' * (cut < len(query))}\n{' ' * before}^"


@cache
def words() -> Words:
    return load_words(Path(__file__).parent / "words.yaml")


def _about_value(query: str, position: int, language: Language) -> dict[str, str]:
    """The filter whose value stands there, and what it accepts."""
    names = [match for match in _FILTER.finditer(query, 0, position) if match[1].lower() in FILTERS]
    name = names[-1][1].lower()
    form = words()(f"form_{_SAME_FORM.get(name, name)}", language)
    listed = LEFT.intersection(query[names[-1].end() : names[-1].end() + 1])
    return {"name": name, "form": words()("form_listed", language, form=form) if listed else form}


def _match(pattern: re.Pattern[str], query: str, position: int) -> str:
    match = pattern.match(query, position)
    return match[0] if match else ""


def _window(query: str, position: int) -> tuple[int, int]:
    start = position
    room = COLUMNS_BEFORE
    while start > 0 and (room := room - columns(query[start - 1])) >= 0:
        start -= 1
    cut, room = start, COLUMNS
    while cut < len(query) and (room := room - columns(query[cut])) >= 0:
        cut += 1
    return start, cut


def _visible(char: str) -> str:
    """Control characters would move the caret or the terminal; they are shown as a space."""
    return " " if char.isspace() or category(char) in ("Cc", "Cs") else char
