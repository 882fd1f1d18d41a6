"""Aliases: shared sub-queries that stand for themselves in brackets (rule S7).

Each body is read once, however often it is used: ten aliases that double each other name a thousand terms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.errors import QueryError
from matching.ast import Node
from matching.lexer import alias_name

DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Body:
    node: Node
    terms: int
    """Terms and filter values, each reference counted."""
    levels: int
    """How deep it nests."""
    has_field: bool
    """It holds a scope or a filter."""


@dataclass(slots=True)
class Aliases:
    """``read`` reads one body and asks back here for the aliases in it."""

    texts: Mapping[str, str]
    read: Callable[[str, Aliases], Body]
    known: dict[str, Body] = field(default_factory=dict)
    reading: list[str] = field(default_factory=list)

    def body(self, name: str) -> Body:
        """Raises ``QueryError``, whose position is of no use outside of the alias."""
        if name not in self.known:
            self.known[name] = self._read(name)
        return self.known[name]

    def _read(self, name: str) -> Body:
        if name not in self.texts:
            raise QueryError("unknown_alias", 0)
        if name in self.reading:
            raise QueryError("alias_cycle", 0)
        if len(self.reading) == DEEPEST:
            raise QueryError("too_deep", 0)
        self.reading.append(name)
        try:
            return self.read(self.texts[name], self)
        except QueryError as error:
            kept = error.code in ("unknown_alias", "alias_cycle", "too_deep")
            raise QueryError(error.code if kept else "alias_invalid", 0) from error
        finally:
            self.reading.pop()


def by_name(texts: Mapping[str, str]) -> dict[str, str]:
    """Under the names that are compared; a name that no query could write is left out."""
    return {name: text for written, text in texts.items() if (name := alias_name(written)) is not None}
