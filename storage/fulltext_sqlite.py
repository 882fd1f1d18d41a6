"""The full-text index on SQLite: an FTS5 table that keeps, for each token, which articles contain it, and no more.

``article_index_docsize`` is its own list of what it holds. To take a token out of it, one must name it: hence texts before
and after, and ``ANALYSIS``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    String,
    bindparam,
    column,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.exc import DatabaseError

from core.candidates import AllOf, AnyOf, Candidates, HasToken
from storage.terms import TITLE, Terms, encode

_INDEX = table("article_index", column("rowid", Integer), column("terms", String))
_HELD = table("article_index_docsize", column("id", Integer))
_ADD = text("INSERT INTO article_index (rowid, terms) VALUES (:id, :terms)")
_TAKE_OUT = text("INSERT INTO article_index (article_index, rowid, terms) VALUES ('delete', :id, :terms)")
_ORDER = text("INSERT INTO article_index (article_index) VALUES (:order)")


def add(conn: Connection, rows: Iterable[tuple[int, Terms]]) -> None:
    # FTS5 writes out what it has gathered whenever ids step back.
    values = [{"id": article_id, "terms": " ".join(terms)} for article_id, terms in sorted(rows, key=_by_id)]
    if values:
        conn.execute(_ADD, values)


def change(conn: Connection, article_id: int, before: Terms, after: Terms) -> None:
    """Only the difference is written."""
    if not held(conn, [article_id]):
        add(conn, [(article_id, after)])
        return
    conn.execute(_TAKE_OUT, {"id": article_id, "terms": " ".join(before - after)})
    # Also when nothing is new: it puts the article back on the list of what the index holds.
    conn.execute(_ADD, {"id": article_id, "terms": " ".join(after - before)})


def remove(conn: Connection, article_id: int, terms: Terms) -> None:
    if held(conn, [article_id]):
        conn.execute(_TAKE_OUT, {"id": article_id, "terms": " ".join(terms)})


def clear(conn: Connection) -> None:
    conn.execute(_ORDER, {"order": "delete-all"})


def optimize(conn: Connection) -> None:
    """Joins the parts that many small writes left behind. A second for some 10,000 articles."""
    conn.execute(_ORDER, {"order": "optimize"})


def held(conn: Connection, ids: Collection[int]) -> set[int]:
    return set(conn.execute(select(_HELD.c.id).where(_HELD.c.id.in_(ids))).scalars())


def held_ids() -> Select[int]:
    return select(_HELD.c.id)


def damage(conn: Connection) -> str | None:
    """What FTS5 itself finds wrong in its structure."""
    try:
        conn.execute(_ORDER, {"order": "integrity-check"})
    except DatabaseError as error:
        return str(error.orig)
    return None


def lacking(conn: Connection, article_id: int, terms: Terms) -> bool:
    ordered = sorted(terms)
    return any(
        conn.execute(matching(_all(some)).where(_INDEX.c.rowid == article_id)).first() is None
        for some in (ordered[start : start + 200] for start in range(0, len(ordered), 200))
    )


def anywhere(asked: Candidates) -> str:
    return _expression(asked, "")


def in_title(asked: Candidates) -> str:
    return _expression(asked, TITLE)


def outside_title(asked: Candidates) -> str:
    return f"({anywhere(asked)}) NOT ({in_title(asked)})"


def matching(expression: str, window: tuple[int, int] | None = None) -> Select[int]:
    asked = bindparam(None, expression, String, unique=True)
    query = select(_INDEX.c.rowid.label("id")).where(literal_column("article_index").match(asked))
    return query if window is None else query.where(_INDEX.c.rowid.between(*window))


def _expression(asked: Candidates, mark: str) -> str:
    match asked:
        case HasToken(token, prefix):
            term = f'"{mark}{encode(token)}"'
            return f"{term} *" if prefix and token else term
        case AllOf(parts):
            return " AND ".join(_bracketed(part, mark) for part in parts)
        case AnyOf(parts) if parts:
            return " OR ".join(_bracketed(part, mark) for part in parts)
    raise ValueError(f"this cannot be asked of an index: {asked}")


def _bracketed(part: Candidates, mark: str) -> str:
    inner = _expression(part, mark)
    return inner if isinstance(part, HasToken) else f"({inner})"


def _all(terms: Iterable[str]) -> str:
    return " AND ".join(f'"{term}"' for term in terms)


def _by_id(row: tuple[int, Terms]) -> int:
    return row[0]
