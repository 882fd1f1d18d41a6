"""From the text of a query to its lexemes (rules L1 to L7). Places are those of the query as typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn
from unicodedata import category, normalize

from core.characters import is_dropped
from core.errors import QueryError

LEFT, RIGHT = frozenset("(（"), frozenset(")）")
DASHES = frozenset("-‐‑‒–—―−－")
OPENING = {'"': '"', "＂": "＂", **dict.fromkeys("“”„‟", "“”‟"), "「": "」", "『": "』", "«": "»"}
QUOTES = frozenset("".join((*OPENING, *OPENING.values())))
SCOPES = frozenset(("title", "summary", "body", "text"))
FILTERS = frozenset(("source", "site", "lang", "author", "url", "type", "tier", "date", "since", "until"))
CONNECTIVES = frozenset(("AND", "OR", "NOT"))

Kind = Literal["(", ")", "AND", "OR", "NOT", "NEAR", "ATLEAST", "SCOPE", "FILTER", "ALIAS", "TERM", "END"]

_SPACE = re.compile(r"\s*")
_BARE = re.compile(r"[^\s()（）]*")
_FIELD = re.compile(r"([A-Za-z]+)[:：]")
_CALL = re.compile(r"(O?NEAR|ATLEAST)(/.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Item:
    """A value of a filter."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Lexeme:
    """``start`` and ``end`` count kept characters, ``position`` those typed. ``text`` is a name, or the words of a term."""

    kind: Kind
    start: int
    end: int
    position: int
    text: str = ""
    exact: bool = False
    bare: bool = False
    places: tuple[int, ...] = ()
    """Of each character of a term, in the query as typed."""
    items: tuple[Item, ...] = ()


def lex(query: str) -> list[Lexeme]:
    """Ends with an ``END``. Raises ``QueryError``."""
    return list(_Lexer(query).run())


def alias_name(text: str) -> str | None:
    """The name that is compared, or None when it cannot be one."""
    name = normalize("NFKC", text).casefold()
    inner = all(category(char)[0] == "L" or category(char) == "Nd" or char in "_-" for char in name)
    return name if inner and 1 <= len(name) <= 50 and category(name[0])[0] == "L" else None


class _Lexer:
    def __init__(self, query: str) -> None:
        kept = [at for at, char in enumerate(query) if not is_dropped(char)]
        self.query = query
        self.text = "".join(query[at] for at in kept)
        self.positions = [*kept, len(query)]
        self.at = 0

    def run(self) -> Iterator[Lexeme]:
        while True:
            self.at = self._skip(_SPACE)
            if self.at == len(self.text):
                yield self._lexeme("END", self.at)
                return
            yield self._one()

    def _one(self) -> Lexeme:
        start, char = self.at, self.text[self.at]
        if char in LEFT or char in RIGHT:
            self.at += 1
            return self._lexeme("(" if char in LEFT else ")", start)
        if char in OPENING:
            return self._term(start, quoted=True)
        if char in DASHES:
            return self._dash()
        if char == "=":
            return self._exact()
        if field := _FIELD.match(self.text, self.at):
            return self._field(field)
        return self._bare()

    def _dash(self) -> Lexeme:
        start = self.at
        self.at += 1
        if self._at_delimiter() and self._peek() not in LEFT:
            self._fail("missing_operand", start)
        return self._lexeme("NOT", start)

    def _exact(self) -> Lexeme:
        start = self.at
        self.at += 1
        quoted = self._peek() in OPENING
        if not quoted and self._at_delimiter():
            self._fail("unexpected_char", start)
        return self._term(start, quoted=quoted, exact=True)

    def _term(self, start: int, *, quoted: bool, exact: bool = False) -> Lexeme:
        first = self.at + quoted
        text = self._phrase() if quoted else self._word()
        places = tuple(self.positions[first : first + len(text)])
        return Lexeme("TERM", start, self.at, self.positions[start], text, exact, not quoted, places)

    def _field(self, field: re.Match[str]) -> Lexeme:
        start, name = self.at, field[1].lower()
        if name not in SCOPES and name not in FILTERS:
            self._fail("unknown_field", start)
        self.at = field.end()
        if name in SCOPES:
            return self._lexeme("SCOPE", start, name)
        return self._lexeme("FILTER", start, name, items=self._values(start))

    def _bare(self) -> Lexeme:
        start, word = self.at, self._word()
        if word in CONNECTIVES:
            return self._lexeme("AND" if word == "AND" else "OR" if word == "OR" else "NOT", start, word)
        if call := _CALL.fullmatch(word):
            return self._lexeme("ATLEAST" if call[1] == "ATLEAST" else "NEAR", start, word)
        if word.startswith("@"):
            name = alias_name(word[1:])
            if name is None:
                self._fail("bad_alias", start)
            return self._lexeme("ALIAS", start, name)
        self.at = start
        return self._term(start, quoted=False)

    def _values(self, name_at: int) -> tuple[Item, ...]:
        if self._peek() in LEFT:
            return self._listed()
        if self._at_delimiter():
            self._fail("missing_value", name_at)
        start, quoted = self.at, self._peek() in OPENING
        value = self._phrase() if quoted else self._word()
        if not quoted and value in CONNECTIVES:
            self._fail("missing_value", name_at)
        return (Item(value, self.positions[start]),)

    def _listed(self) -> tuple[Item, ...]:
        """``(a OR b)``; whatever else stands between the brackets is a bad value where it stands."""
        bracket = self.at
        self.at += 1
        entries = list(self._entries(bracket))
        if not entries:
            self._fail("empty_group", bracket)
        for index, (at, word, quoted) in enumerate(entries):
            connective = word if not quoted and word in CONNECTIVES else ""
            if connective != ("OR" if index % 2 else ""):
                self._fail("bad_value", at)
        if len(entries) % 2 == 0:
            self._fail("bad_value", entries[-1][0])
        return tuple(Item(word, self.positions[at]) for at, word, _ in entries[::2])

    def _entries(self, bracket: int) -> Iterator[tuple[int, str, bool]]:
        """(place, words, whether in quotes) up to the closing bracket."""
        while True:
            self.at = at = self._skip(_SPACE)
            if not self._peek():
                self._fail("unbalanced_bracket", bracket)
            if self._peek() in RIGHT:
                self.at += 1
                return
            if self._peek() in LEFT:
                self._fail("bad_value", at)
            quoted = self._peek() in OPENING
            yield at, self._phrase() if quoted else self._word(), quoted

    def _phrase(self) -> str:
        """The words between quotation marks; a delimiter must follow."""
        start, closing = self.at, OPENING[self._peek()]
        end = next((at for at in range(start + 1, len(self.text)) if self.text[at] in closing), None)
        if end is None:
            self._fail("unterminated_quote", start)
        self.at = end + 1
        if not self._at_delimiter():
            self._fail("unexpected_char", self.at)
        return self.text[start + 1 : end]

    def _word(self) -> str:
        start, self.at = self.at, self._skip(_BARE)
        word = self.text[start : self.at]
        for offset, char in enumerate(word):
            if char in OPENING:
                self._fail("unexpected_char", start + offset)
        return word

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        return match.end() if match else self.at

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _at_delimiter(self) -> bool:
        return self._skip(_BARE) == self.at

    def _lexeme(self, kind: Kind, start: int, text: str = "", *, items: tuple[Item, ...] = ()) -> Lexeme:
        return Lexeme(kind, start, self.at, self.positions[start], text, items=items)

    def _fail(self, code: str, at: int) -> NoReturn:
        raise QueryError(code, self.positions[at], subject=self.query)
