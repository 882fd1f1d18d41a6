"""The full-text index as a whole: whether it is of this program, and how it is made anew from the articles."""

from __future__ import annotations

from sqlalchemy import Connection, select

from storage import fulltext
from storage.db import Database
from storage.jobs import get_fact, set_fact
from storage.tables import articles

AT_ONCE = 100
"""Articles in one transaction: about a tenth of a second, in which others wait to write."""
CHARACTERS_AT_ONCE = 1_000_000
"""After so many it ends all the same: a few novels take as long as a thousand pages of news."""
FACT = "index analysis"
UNFINISHED = " unfinished"


def is_current(conn: Connection) -> bool:
    """False: it was made by other rules of analysis, or making it was interrupted."""
    return get_fact(conn, FACT) == fulltext.ANALYSIS


def distrust(conn: Connection) -> None:
    """It is wrong: it is not current from now on."""
    set_fact(conn, FACT, "")


def rebuild(db: Database) -> None:
    """Interrupted, it goes on where it was when called again."""
    db.write(_begin)
    while mend(db):
        pass
    db.write(lambda conn: set_fact(conn, FACT, fulltext.ANALYSIS))


def mend(db: Database) -> int:
    """Takes in some of the articles that the index lacks; how many."""
    return db.write(_take_in)


def _begin(conn: Connection) -> None:
    begun = fulltext.ANALYSIS + UNFINISHED
    if get_fact(conn, FACT) != begun:
        fulltext.clear(conn)
        set_fact(conn, FACT, begun)


def _take_in(conn: Connection) -> int:
    lacking = articles.c.id.not_in(fulltext.held_ids(conn))
    columns = articles.c.id, articles.c.title, articles.c.summary, articles.c.text
    some: list[tuple[int, fulltext.Terms]] = []
    characters = 0
    for article_id, *fields in conn.execute(
        select(*columns).where(lacking).order_by(articles.c.id).limit(AT_ONCE)
    ):
        title, summary, text = fields
        some.append((article_id, fulltext.terms_of((title, summary, text))))
        characters += sum(map(len, fields))
        if characters > CHARACTERS_AT_ONCE:
            break
    fulltext.add(conn, some)
    return len(some)
