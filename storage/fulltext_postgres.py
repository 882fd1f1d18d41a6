"""The full-text index on PostgreSQL: a table of its own with a tsvector for each article, and GIN over it.

It stands beside the articles, so that a change of an article's state does not write its terms again. Terms go in as they
are: ``to_tsvector`` would cut them anew by the rules of some language.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    String,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    select,
    table,
    text,
    update,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR

from core.candidates import AllOf, AnyOf, Candidates, HasToken
from storage.terms import TITLE, Terms, encode

MOST_BYTES = 1_000_000
"""Of all terms of an article; a tsvector ends at 1,048,575. More have only texts of some 100,000 different words."""
UNBOUNDED = "-"
"""Instead of the terms that found no room: whatever is asked, the article may hold it. No token is encoded like this."""
NOWHERE = "--"
"""No token is encoded like this, either."""

_INDEX = table("article_index", column("rowid", BigInteger), column("terms", TSVECTOR))
_VECTOR = func.array_to_tsvector(bindparam("terms", type_=ARRAY(AnyText)))


def add(conn: Connection, rows: Iterable[tuple[int, Terms]]) -> None:
    values = [{"id": article_id, "terms": _kept(terms)} for article_id, terms in rows]
    if values:
        conn.execute(insert(_INDEX).values(rowid=bindparam("id"), terms=_VECTOR), values)


def change(conn: Connection, article_id: int, before: Terms, after: Terms) -> None:
    changed = update(_INDEX).where(_INDEX.c.rowid == bindparam("id")).values(terms=_VECTOR)
    if conn.execute(changed, {"id": article_id, "terms": _kept(after)}).rowcount == 0:
        add(conn, [(article_id, after)])


def remove(conn: Connection, article_id: int, terms: Terms) -> None:
    conn.execute(delete(_INDEX).where(_INDEX.c.rowid == article_id))


def clear(conn: Connection) -> None:
    conn.execute(text("TRUNCATE article_index"))


def optimize(conn: Connection) -> None:
    """Works in what waits in the list of new entries."""
    conn.execute(select(func.gin_clean_pending_list(text("'article_index_terms'::regclass"))))


def held(conn: Connection, ids: Collection[int]) -> set[int]:
    return set(conn.execute(select(_INDEX.c.rowid).where(_INDEX.c.rowid.in_(ids))).scalars())


def held_ids() -> Select[int]:
    return select(_INDEX.c.rowid.label("id"))


def damage(conn: Connection) -> str | None:
    """Nothing that PostgreSQL could tell without an extension; see also ``postgres.damage``."""
    return None


def lacking(conn: Connection, article_id: int, terms: Terms) -> bool:
    stored = func.tsvector_to_array(_INDEX.c.terms, type_=ARRAY(AnyText))
    known: Sequence[str] | None = conn.execute(
        select(stored).where(_INDEX.c.rowid == article_id)
    ).scalar_one_or_none()
    return known is None or not set(_kept(terms)).issubset(known)


def anywhere(asked: Candidates) -> str:
    return f"({_expression(asked, '')}) | '{UNBOUNDED}'"


def in_title(asked: Candidates) -> str:
    return _expression(asked, TITLE)


def outside_title(asked: Candidates) -> str:
    return f"({anywhere(asked)}) & !({in_title(asked)})"


def matching(expression: str, window: tuple[int, int] | None = None) -> Select[int]:
    asked = cast(bindparam(None, expression, String, unique=True), TSQUERY)
    query = select(_INDEX.c.rowid.label("id")).where(_INDEX.c.terms.bool_op("@@")(asked))
    return query if window is None else query.where(_INDEX.c.rowid.between(*window))


def _kept(terms: Terms) -> list[str]:
    if sum(len(term.encode()) for term in terms) <= MOST_BYTES:
        return list(terms)
    kept, room = [UNBOUNDED], MOST_BYTES - len(UNBOUNDED)
    # Those of the title first, so that it is found as such.
    for term in sorted(terms, key=lambda term: (not term.startswith(TITLE), term)):
        room -= len(term.encode())
        if room < 0:
            break
        kept.append(term)
    return kept


def _expression(asked: Candidates, mark: str) -> str:
    match asked:
        case HasToken(token, prefix):
            term = f"'{mark}{encode(token)}'" if token else f"'{NOWHERE}'"
            return f"{term}:*" if prefix and token else term
        case AllOf(parts):
            return " & ".join(_bracketed(part, mark) for part in parts)
        case AnyOf(parts) if parts:
            return " | ".join(_bracketed(part, mark) for part in parts)
    raise ValueError(f"this cannot be asked of an index: {asked}")


def _bracketed(part: Candidates, mark: str) -> str:
    inner = _expression(part, mark)
    return inner if isinstance(part, HasToken) else f"({inner})"
