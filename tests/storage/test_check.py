from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Connection, create_engine, insert, text, update

from core.candidates import HasToken
from storage import schema
from storage.check import Finding, check, stats
from storage.db import Database
from storage.search import candidates_page
from storage.tables import articles, hits, source_states, stories, versions, watches

AddSource = Callable[..., str]
AddArticles = Callable[..., list[int]]


@pytest.fixture
def ids(db: Database, add_source: AddSource, add_articles: AddArticles) -> list[int]:
    db.write(add_source)
    return db.write(
        lambda conn: add_articles(conn, [{"title": f"灯塔 {n}", "text": "harbour"} for n in range(5)])
    )


def run(db: Database, *statements: str) -> None:
    def work(conn: Connection) -> None:
        for statement in statements:
            conn.execute(text(statement))

    db.write(work)


def found(db: Database) -> list[tuple[str, str, str]]:
    return [(finding.code, finding.subject, finding.detail) for finding in check(db)]


def test_a_sound_database_gives_no_findings(db: Database, ids: list[int]) -> None:
    assert check(db) == []
    assert check(db, every_article=True) == []


def test_articles_that_the_index_does_not_know_are_named(
    db: Database, ids: list[int], add_articles: AddArticles
) -> None:
    [unknown] = db.write(lambda conn: add_articles(conn, [{"title": "码头"}], indexed=False))

    assert found(db) == [("index", "article_index", f"does not know 1 articles, among them [{unknown}]")]


def test_articles_that_only_the_index_knows_are_named(db: Database, ids: list[int]) -> None:
    run(db, f"DELETE FROM articles WHERE id = {ids[2]}")

    assert found(db) == [
        ("index", "article_index", f"knows 1 articles that are not there, among them [{ids[2]}]")
    ]


def test_an_article_that_was_changed_behind_the_index_is_named(db: Database, ids: list[int]) -> None:
    changed = update(articles).where(articles.c.id == ids[1]).values(title="灯塔 重开")
    db.write(lambda conn: conn.execute(changed).rowcount)

    detail = f"lacks words of 1 of 5 articles looked at, among them [{ids[1]}]"
    assert found(db) == [("index", "article_index", detail)]


def test_a_wrong_index_is_made_anew_by_the_next_upgrade(
    db: Database, ids: list[int], add_articles: AddArticles
) -> None:
    [unknown] = db.write(lambda conn: add_articles(conn, [{"title": "码头"}], indexed=False))
    run(db, f"DELETE FROM articles WHERE id = {ids[2]}")
    assert len(check(db)) == 2

    schema.upgrade(db)

    assert check(db, every_article=True) == []
    with db.read() as conn:
        assert [place.id for place in candidates_page(conn, HasToken("码头"))] == [unknown]


def test_a_damaged_index_is_named_and_made_anew(db: Database, ids: list[int]) -> None:
    damage = {
        "sqlite": "DELETE FROM article_index_data WHERE id > 10",
        "postgresql": "UPDATE article_index SET terms = ''",
    }
    run(db, damage[db.kind])
    [(code, subject, _)] = found(db)

    schema.upgrade(db)

    assert (code, subject) == ("index", "article_index")
    assert check(db, every_article=True) == []


def test_references_that_lead_nowhere_are_named(db: Database, ids: list[int], now: datetime) -> None:
    run(db, f"UPDATE articles SET story_id = 77 WHERE id = {ids[0]}")
    values = {"created_at": now, "first_article_id": 999, "size": 1}
    db.write(lambda conn: conn.execute(insert(stories).values(values)).rowcount)
    db.write(lambda conn: conn.execute(source_states.delete()).rowcount)

    assert found(db) == [
        ("orphan", "articles", "1 rows refer by story_id to stories that are not there"),
        ("orphan", "stories", "1 rows refer by first_article_id to articles that are not there"),
        ("orphan", "source lake-post", "has no state, so it is never fetched"),
    ]


def test_rows_without_their_counterpart_are_named(db: Database, ids: list[int], ready_url: str) -> None:
    careless = create_engine(ready_url)
    with careless.begin() as conn:
        if db.kind == "postgresql":
            conn.execute(text("SET session_replication_role = replica"))
        conn.execute(text("DELETE FROM sources"))
    careless.dispose()

    findings = check(db)

    assert {finding.code for finding in findings} == {"dangling"}
    subjects = [(finding.subject, finding.detail) for finding in findings]
    assert (f"articles row {ids[0]}", "refers to a row of sources that is not there") in subjects


def test_a_finding_reads_as_one_line() -> None:
    line = str(Finding("index", "article_index", "does not know 1 articles", "make it anew"))

    assert line == "article_index: does not know 1 articles; make it anew"


def test_stats_count_what_is_there(
    db: Database, ids: list[int], add_source: AddSource, now: datetime
) -> None:
    def fill(conn: Connection) -> None:
        add_source(conn, "gone", removed_at=now)
        names = {
            "name_zh": "港",
            "name_en": "port",
            "query": "港",
            "priority": "normal",
            "version": 1,
            "position": 1,
        }
        conn.execute(insert(watches).values(id="w", created_at=now, updated_at=now, **names))
        usual = {"watch_id": "w", "watch_version": 1, "spans": [], "at": now}
        states = zip(ids, ("live", "pending", "lost"), strict=False)
        conn.execute(insert(hits), [usual | {"article_id": i, "state": state} for i, state in states])
        texts = {"title": "灯塔", "summary": "", "text": "", "hash": "h", "seen_at": now}
        conn.execute(insert(versions), [texts | {"article_id": ids[0], "version": n} for n in (1, 2)])
        conn.execute(insert(stories).values(created_at=now, size=1))

    db.write(fill)
    with db.read() as conn:
        counted = stats(conn)

    assert counted.pop("bytes") > 100_000
    assert counted == {"articles": 5, "versions": 2, "hits": 2, "stories": 1, "sources": 1, "watches": 1}
