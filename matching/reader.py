"""One text of a query, or of an alias, read into a tree: recursive descent over its lexemes.

Precedence, tightest first: NEAR, NOT, AND (also implied), OR. Depth is limited, so recursion is, too.
"""

from __future__ import annotations

import re
from typing import NoReturn, cast

from core.errors import QueryError
from matching.aliases import DEEPEST, Aliases, Body
from matching.ast import (
    Alias,
    And,
    AtLeast,
    Filter,
    FilterName,
    Link,
    Near,
    Node,
    Not,
    Or,
    Scope,
    Scoped,
    Term,
    is_term_list,
)
from matching.filters import BadValue, read_value
from matching.lexer import Kind, Lexeme, lex
from matching.terms import BadWildcard, EmptyTerm, read_term

LONGEST = 4_000

_REACH = re.compile(r"O?NEAR(?:/(?:([0-9]{1,3})|([sSpP])))?")
_COUNT = re.compile(r"ATLEAST/([0-9]{1,3})")
_OPERANDS: frozenset[Kind] = frozenset(("(", "NOT", "ATLEAST", "SCOPE", "FILTER", "ALIAS", "TERM"))


class Reader:
    """One pass over the lexemes of one text. ``level`` is the number of brackets, NOTs and aliases around."""

    def __init__(self, text: str, aliases: Aliases) -> None:
        self.text, self.aliases = text, aliases
        self.mixed: list[int] = []
        self.terms = self.levels = 0
        self.scoped = self.has_field = False

    def whole(self) -> Body:
        if len(self.text) > LONGEST:
            raise QueryError("too_long", 0)
        self.lexemes = lex(self.text)
        self.at = 0
        if self._kind() == "END":
            raise QueryError("empty_query", 0)
        node = self._or(None, 0)
        if self._kind() == ")":
            self._fail("unbalanced_bracket", self._peek())
        return Body(node, self.terms, self.levels, self.has_field)

    def _or(self, bracket: Lexeme | None, level: int) -> Node:
        """``bracket`` is the one that was opened directly before, None at the top."""
        pending: Lexeme | None = None
        parts: list[Node] = []
        unbracketed_and = -1
        while True:
            start = self._peek()
            part, implied = self._and(pending, bracket, level)
            if implied and unbracketed_and < 0:
                unbracketed_and = start.position
            parts.extend(part.parts if isinstance(part, Or) else (part,))
            if self._kind() != "OR":
                break
            pending = self._take()
        if pending and unbracketed_and >= 0:
            self.mixed.append(unbracketed_and)
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self, pending: Lexeme | None, bracket: Lexeme | None, level: int) -> tuple[Node, bool]:
        """With it, whether an AND was written (or implied) here and not in brackets."""
        parts: list[Node] = []
        operands = 0
        while True:
            part = self._not(pending, bracket, level)
            operands += 1
            parts.extend(part.parts if isinstance(part, And) else (part,))
            pending = self._take() if self._kind() == "AND" else None
            if pending is None and self._kind() not in _OPERANDS:
                break
        return parts[0] if len(parts) == 1 else And(tuple(parts)), operands > 1

    def _not(self, pending: Lexeme | None, bracket: Lexeme | None, level: int) -> Node:
        if self._kind() != "NOT":
            return self._near(pending, bracket, level)
        sign = self._take()
        return Not(self._not(sign, None, self._deeper(level, sign)))

    def _near(self, pending: Lexeme | None, bracket: Lexeme | None, level: int) -> Node:
        first = self._peek()
        part = self._operand(pending, bracket, level)
        if self._kind() != "NEAR":
            return part
        parts, links = [self._term_list(part, first, "near_operand")], list[Link]()
        while self._kind() == "NEAR":
            sign = self._take()
            links.append(self._link(sign))
            first = self._peek()
            if first.kind == "NOT":
                self._fail("near_operand", first)
            parts.append(self._term_list(self._operand(sign, None, level), first, "near_operand"))
        return Near(tuple(parts), tuple(links))

    def _operand(self, pending: Lexeme | None, bracket: Lexeme | None, level: int) -> Node:
        lexeme = self._peek()
        match lexeme.kind:
            case "(":
                return self._group(level)
            case "TERM":
                return self._term(self._take())
            case "ALIAS":
                return self._alias(self._take(), level)
            case "SCOPE":
                return self._scope(self._take(), level)
            case "FILTER":
                return self._filter(self._take())
            case "ATLEAST":
                return self._at_least(self._take(), level)
        return self._nothing(pending, bracket, lexeme)

    def _nothing(self, pending: Lexeme | None, bracket: Lexeme | None, found: Lexeme) -> NoReturn:
        """No operand stands where one must."""
        if pending is not None:
            self._fail("missing_operand", pending)
        if found.kind not in (")", "END"):
            self._fail("missing_operand", found)
        if bracket is not None and found.kind == ")":
            self._fail("empty_group", bracket)
        self._fail("unbalanced_bracket", bracket or found)

    def _group(self, level: int) -> Node:
        bracket = self._take()
        node = self._or(bracket, self._deeper(level, bracket))
        if self._kind() != ")":
            self._fail("unbalanced_bracket", bracket)
        self.at += 1
        return node

    def _term(self, lexeme: Lexeme) -> Term:
        self.terms += 1
        try:
            return read_term(lexeme.text, exact=lexeme.exact, bare=lexeme.bare, position=lexeme.position)
        except EmptyTerm:
            self._fail("empty_term", lexeme)
        except BadWildcard as error:
            raise QueryError("bad_wildcard", lexeme.places[error.at]) from error

    def _alias(self, lexeme: Lexeme, level: int) -> Alias:
        try:
            body = self.aliases.body(lexeme.text)
        except QueryError as error:
            raise QueryError(error.code, lexeme.position) from error
        self._deeper(level + body.levels, lexeme)
        if self.scoped and body.has_field:
            self._fail("nested_field", lexeme)
        self.terms += body.terms
        self.has_field = self.has_field or body.has_field
        return Alias(lexeme.text, body.node, lexeme.position)

    def _scope(self, name: Lexeme, level: int) -> Scoped:
        self._enter_field(name)
        argument = self._peek()
        if argument.start != name.end or argument.kind not in ("(", "TERM", "ALIAS", "SCOPE", "FILTER"):
            self._fail("missing_value", name)
        self.scoped = True
        part = self._operand(None, None, level)
        self.scoped = False
        return Scoped(cast(Scope, name.text), part)

    def _filter(self, name: Lexeme) -> Filter:
        self._enter_field(name)
        self.terms += len(name.items)
        field, values = cast(FilterName, name.text), []
        for item in name.items:
            try:
                values.append(read_value(field, item.text))
            except BadValue as error:
                raise QueryError("bad_value", item.position) from error
        return Filter(field, tuple(values))

    def _enter_field(self, name: Lexeme) -> None:
        if self.scoped:
            self._fail("nested_field", name)
        self.has_field = True

    def _at_least(self, sign: Lexeme, level: int) -> AtLeast:
        count = _COUNT.fullmatch(sign.text)
        if count is None or not 1 <= int(count[1]) <= 100:
            self._fail("bad_atleast", sign)
        first = self._peek()
        if first.kind in ("NOT", "SCOPE", "FILTER", "ATLEAST"):
            self._fail("atleast_operand", first)
        part = self._operand(sign, None, level)
        return AtLeast(int(count[1]), self._term_list(part, first, "atleast_operand"))

    def _link(self, sign: Lexeme) -> Link:
        reach = _REACH.fullmatch(sign.text)
        if reach is None or int(reach[1] or 0) > 100:
            self._fail("bad_near", sign)
        ordered = sign.text.startswith("O")
        if reach[2]:
            return Link("s" if reach[2] in "sS" else "p", ordered)
        return Link(int(reach[1] or 4), ordered)

    def _term_list(self, node: Node, first: Lexeme, code: str) -> Node:
        if not is_term_list(node):
            self._fail(code, first)
        return node

    def _deeper(self, level: int, lexeme: Lexeme) -> int:
        if level + 1 > DEEPEST:
            self._fail("too_deep", lexeme)
        self.levels = max(self.levels, level + 1)
        return level + 1

    def _peek(self) -> Lexeme:
        return self.lexemes[self.at]

    def _kind(self) -> Kind:
        return self.lexemes[self.at].kind

    def _take(self) -> Lexeme:
        self.at += 1
        return self.lexemes[self.at - 1]

    def _fail(self, code: str, lexeme: Lexeme) -> NoReturn:
        raise QueryError(code, lexeme.position)
