"""The full-text index, which keeps for each token which articles contain it, and no more.

It proposes, the matcher judges, so it needs no positions and no texts. Its table ``article_index`` is made by migration; its
form is that of the database, what it finds is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection, Select

from core.candidates import Candidates
from storage import fulltext_postgres, fulltext_sqlite
from storage.terms import ANALYSIS, Fields, Terms, terms_of

__all__ = ["ANALYSIS", "Fields", "Terms", "terms_of"]


class Index(Protocol):
    """What a database must be able to do. Expressions are in its own language."""

    def add(self, conn: Connection, rows: Iterable[tuple[int, Terms]]) -> None: ...
    def change(self, conn: Connection, article_id: int, before: Terms, after: Terms) -> None: ...
    def remove(self, conn: Connection, article_id: int, terms: Terms) -> None: ...
    def clear(self, conn: Connection) -> None: ...
    def optimize(self, conn: Connection) -> None: ...
    def held(self, conn: Connection, ids: Collection[int]) -> set[int]: ...
    def held_ids(self) -> Select[int]: ...
    def damage(self, conn: Connection) -> str | None: ...
    def lacking(self, conn: Connection, article_id: int, terms: Terms) -> bool: ...
    def anywhere(self, asked: Candidates) -> str: ...
    def in_title(self, asked: Candidates) -> str: ...
    def outside_title(self, asked: Candidates) -> str: ...
    def matching(self, expression: str, window: tuple[int, int] | None = None) -> Select[int]: ...


_INDEXES: Final[Mapping[str, Index]] = {"sqlite": fulltext_sqlite, "postgresql": fulltext_postgres}


def _of(conn: Connection) -> Index:
    return _INDEXES[conn.dialect.name]


def add(conn: Connection, rows: Iterable[tuple[int, Terms]]) -> None:
    """New articles."""
    _of(conn).add(conn, rows)


def change(conn: Connection, article_id: int, before: Terms, after: Terms) -> None:
    _of(conn).change(conn, article_id, before, after)


def remove(conn: Connection, article_id: int, terms: Terms) -> None:
    _of(conn).remove(conn, article_id, terms)


def clear(conn: Connection) -> None:
    _of(conn).clear(conn)


def optimize(conn: Connection) -> None:
    """Brings what many small writes left behind into the form in which it is found fastest."""
    _of(conn).optimize(conn)


def held(conn: Connection, ids: Collection[int]) -> set[int]:
    return _of(conn).held(conn, ids)


def held_ids(conn: Connection) -> Select[int]:
    return _of(conn).held_ids()


def damage(conn: Connection) -> str | None:
    """What is wrong in its structure; needs a write transaction, though it writes nothing."""
    return _of(conn).damage(conn)


def lacking(conn: Connection, article_id: int, terms: Terms) -> bool:
    """True when the index does not find the article by one of its terms."""
    return _of(conn).lacking(conn, article_id, terms)


def anywhere(conn: Connection, asked: Candidates) -> str:
    """The narrowed tree as an expression."""
    return _of(conn).anywhere(asked)


def in_title(conn: Connection, asked: Candidates) -> str:
    """All that is asked for stands in the title."""
    return _of(conn).in_title(asked)


def outside_title(conn: Connection, asked: Candidates) -> str:
    """``anywhere`` without ``in_title``."""
    return _of(conn).outside_title(asked)


def matching(conn: Connection, expression: str, window: tuple[int, int] | None = None) -> Select[int]:
    """Article ids; ``window`` = the lowest and the highest that are of interest."""
    return _of(conn).matching(expression, window)


def at_most(conn: Connection, expression: str, limit: int) -> Sequence[int] | None:
    """All ids that match, in no order worth a name; None when there are more than ``limit``."""
    ids = conn.execute(matching(conn, expression).limit(limit + 1)).scalars().all()
    return ids if len(ids) <= limit else None
