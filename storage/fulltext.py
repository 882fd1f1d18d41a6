"""The full-text index on SQLite: an FTS5 table that keeps, for each token, which articles contain it, and no more.

It proposes, the matcher judges, so it needs no positions and no texts. Each article is the set of its tokens, with those of
its title once more behind a ``_``. The table ``article_index`` is made by migration; ``article_index_docsize`` is its own
list of what it holds. To take a token out of it, one must name it: hence texts before and after, and ``ANALYSIS``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

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
from core.text import index_tokens

Fields = tuple[str, str, str]
"""Title, summary and text of an article."""
Terms = frozenset[str]

ANALYSIS = f"1/{unicodedata.unidata_version}"
"""Raise the number when ``core.text.index_tokens`` or ``encode`` give other tokens: the index is then built anew."""

LONGEST = 64
"""Code points of a token; longer ones are cut, in the index and in what is asked alike."""
TITLE = "_"

# The tokenizer of the index keeps ASCII letters, digits, '_', '-' and everything beyond ASCII, and lowers ASCII capitals.
_FOREIGN = re.compile("[\x00-/:-`{-\x7f\ud800-\udfff]")

_INDEX = table("article_index", column("rowid", Integer), column("terms", String))
_HELD = table("article_index_docsize", column("id", Integer))
_ADD = text("INSERT INTO article_index (rowid, terms) VALUES (:id, :terms)")
_TAKE_OUT = text("INSERT INTO article_index (article_index, rowid, terms) VALUES ('delete', :id, :terms)")
_ORDER = text("INSERT INTO article_index (article_index) VALUES (:order)")


def terms_of(fields: Fields) -> Terms:
    """Takes about a millisecond for a page of text; do it ahead of a transaction where there is much."""
    in_title = encode_all(index_tokens(fields[0]))
    elsewhere = encode_all(token for part in fields[1:] for token in index_tokens(part))
    return frozenset(in_title | elsewhere | {TITLE + term for term in in_title})


def encode_all(tokens: Iterable[str]) -> set[str]:
    distinct = set(tokens)
    joined = "".join(distinct)
    # Nearly always nothing needs care: one look at all of them together is enough.
    if _FOREIGN.search(joined) is None and len(max(distinct, key=len, default="")) <= LONGEST:
        return distinct - {""}
    return {encode(token) for token in distinct if token}


def encode(token: str) -> str:
    """In characters that the index neither splits nor folds. A beginning stays a beginning."""
    return _FOREIGN.sub(lambda found: f"-{ord(found.group()):x}-", token[:LONGEST])


def add(conn: Connection, rows: Iterable[tuple[int, Terms]]) -> None:
    """New articles. Lower ids first: FTS5 writes out what it has gathered whenever they step back."""
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
    """Joins the parts that many small writes left behind: smaller and faster. A second for some 10,000 articles."""
    conn.execute(_ORDER, {"order": "optimize"})


def held(conn: Connection, ids: Collection[int]) -> set[int]:
    return set(conn.execute(select(_HELD.c.id).where(_HELD.c.id.in_(ids))).scalars())


def held_ids() -> Select[int]:
    return select(_HELD.c.id)


def damage(conn: Connection) -> str | None:
    """What FTS5 itself finds wrong in its structure; needs a write transaction, though it writes nothing."""
    try:
        conn.execute(_ORDER, {"order": "integrity-check"})
    except DatabaseError as error:
        return str(error.orig)
    return None


def lacking(conn: Connection, article_id: int, terms: Terms) -> bool:
    """True when the index does not find the article by one of its terms."""
    ordered = sorted(terms)
    return any(
        conn.execute(_matching(_joined(" AND ", some)).where(_INDEX.c.rowid == article_id)).first() is None
        for some in (ordered[start : start + 200] for start in range(0, len(ordered), 200))
    )


def anywhere(asked: Candidates) -> str:
    """The narrowed tree as a MATCH expression."""
    return _expression(asked, "")


def in_title(asked: Candidates) -> str:
    """All that is asked for stands in the title."""
    return _expression(asked, TITLE)


def outside_title(asked: Candidates) -> str:
    """``anywhere`` without ``in_title``."""
    return f"({anywhere(asked)}) NOT ({in_title(asked)})"


def matching(expression: str, window: tuple[int, int] | None = None) -> Select[int]:
    """Article ids; ``window`` = the lowest and the highest that are of interest."""
    query = _matching(expression)
    return query if window is None else query.where(_INDEX.c.rowid.between(*window))


def at_most(conn: Connection, expression: str, limit: int) -> Sequence[int] | None:
    """All ids that match, in no order worth a name; None when there are more than ``limit``."""
    ids = conn.execute(_matching(expression).limit(limit + 1)).scalars().all()
    return ids if len(ids) <= limit else None


def _matching(expression: str) -> Select[int]:
    asked = bindparam(None, expression, String, unique=True)
    return select(_INDEX.c.rowid.label("id")).where(literal_column("article_index").match(asked))


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


def _joined(operator: str, terms: Iterable[str]) -> str:
    return operator.join(f'"{term}"' for term in terms)


def _by_id(row: tuple[int, Terms]) -> int:
    return row[0]
