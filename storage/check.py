"""The database looked over: is it whole, does all refer to something, does the index know every article?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, func, select

from storage import fulltext, indexing
from storage.db import Database, dialect_of
from storage.tables import articles, hits, ledger, source_states, sources, stories, versions, watches

SAMPLE = 200
"""Articles that are analysed again, spread over the archive, when not all are asked for."""
AT_ONCE = 200
NAMED = 5

RESTORE = "put back a backup copy, or export what can still be read"
REBUILD = "it is made anew by the next start, or now by: presswatch db upgrade"


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    """damaged | dangling | orphan | index"""
    subject: str
    detail: str
    advice: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.detail}; {self.advice}"


def check(db: Database, *, every_article: bool = False) -> list[Finding]:
    """Nothing found = an empty list. Reads the whole file once: a minute for some gigabytes.

    Changes nothing, but for one mark: an index that is wrong is made anew by the next ``schema.upgrade``.
    ``every_article``: the index is compared with all articles instead of a sample.
    """
    with db.read() as conn:
        found = [*_damage(conn), *_dangling(conn), *_orphans(conn)]
    wrong = _index(db, every_article)
    if wrong:
        db.write(indexing.distrust)
    return [*found, *wrong]


def stats(conn: Connection) -> dict[str, int]:
    """Removed sources and watches and lost hits are not counted."""
    counts = {
        "articles": select(func.count()).select_from(articles),
        "versions": select(func.count()).select_from(versions),
        "hits": select(func.count()).select_from(hits).where(hits.c.state != "lost"),
        "stories": select(func.count()).select_from(stories),
        "sources": select(func.count()).select_from(sources).where(sources.c.removed_at.is_(None)),
        "watches": select(func.count()).select_from(watches).where(watches.c.removed_at.is_(None)),
    }
    return {name: conn.execute(query).scalar_one() for name, query in counts.items()} | {
        "bytes": dialect_of(conn).size_bytes(conn)
    }


def _damage(conn: Connection) -> Iterator[Finding]:
    for line in dialect_of(conn).damage(conn):
        yield Finding("damaged", "database", line, RESTORE)


def _dangling(conn: Connection) -> Iterator[Finding]:
    for table, row, parent in dialect_of(conn).broken_references(conn)[:NAMED]:
        yield Finding(
            "dangling", f"{table} row {row}", f"refers to a row of {parent} that is not there", RESTORE
        )


def _orphans(conn: Connection) -> Iterator[Finding]:
    """References that the schema does not enforce."""
    yield from _lost(conn, articles, articles.c.story_id, stories.c.id)
    yield from _lost(conn, stories, stories.c.first_article_id, articles.c.id)
    yield from _lost(conn, ledger, ledger.c.story_id, stories.c.id)
    query = select(sources.c.id).where(sources.c.id.not_in(select(source_states.c.source_id))).limit(NAMED)
    for source_id in conn.execute(query).scalars():
        advice = f"presswatch source remove {source_id}, then import it again"
        yield Finding("orphan", f"source {source_id}", "has no state, so it is never fetched", advice)


def _lost(conn: Connection, table: Table, reference: Column[int], target: Column[int]) -> Iterator[Finding]:
    known = select(target).where(target == reference).exists()
    query = select(func.count()).select_from(table).where(reference.is_not(None), ~known)
    if n := conn.execute(query).scalar_one():
        detail = f"{n} rows refer by {reference.name} to {target.table.name} that are not there"
        yield Finding("orphan", table.name, detail, RESTORE)


def _index(db: Database, every_article: bool) -> list[Finding]:
    broken = db.write(fulltext.damage)
    if broken is not None:
        return [Finding("index", "article_index", broken, REBUILD)]
    with db.read() as conn:
        return [*_index_list(conn), *_index_contents(conn, every_article)]


def _index_list(conn: Connection) -> Iterator[Finding]:
    if not indexing.is_current(conn):
        yield Finding(
            "index", "article_index", "was made by other rules of analysis, or not finished", REBUILD
        )
    held = fulltext.held_ids(conn)
    lacking = conn.execute(select(articles.c.id).where(articles.c.id.not_in(held))).scalars().all()
    if lacking:
        detail = f"does not know {len(lacking)} articles, among them {lacking[:NAMED]}"
        yield Finding("index", "article_index", detail, REBUILD)
    beyond = conn.execute(held.where(held.selected_columns.id.not_in(select(articles.c.id)))).scalars().all()
    if beyond:
        detail = f"knows {len(beyond)} articles that are not there, among them {beyond[:NAMED]}"
        yield Finding("index", "article_index", detail, REBUILD)


def _index_contents(conn: Connection, every_article: bool) -> Iterator[Finding]:
    ids = (
        conn.execute(select(articles.c.id).where(articles.c.id.in_(fulltext.held_ids(conn)))).scalars().all()
    )
    chosen = ids if every_article else ids[:: max(1, len(ids) // SAMPLE)]
    wrong = [
        article_id
        for article_id, terms in _analysed(conn, chosen)
        if fulltext.lacking(conn, article_id, terms)
    ]
    if wrong:
        detail = (
            f"lacks words of {len(wrong)} of {len(chosen)} articles looked at, among them {wrong[:NAMED]}"
        )
        yield Finding("index", "article_index", detail, REBUILD)


def _analysed(conn: Connection, ids: Sequence[int]) -> Iterator[tuple[int, fulltext.Terms]]:
    for start in range(0, len(ids), AT_ONCE):
        columns = articles.c.id, articles.c.title, articles.c.summary, articles.c.text
        for row in conn.execute(select(*columns).where(articles.c.id.in_(ids[start : start + AT_ONCE]))):
            yield row.id, fulltext.terms_of((row.title, row.summary, row.text))
