from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from databases import PostgresMaker, SqliteMaker
from sqlalchemy import Connection, insert

from storage.db import Database
from storage.search import index_articles
from storage.tables import articles, source_states, sources

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

AddSource = Callable[..., str]
AddArticles = Callable[..., list[int]]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def sqlite_url(sqlite_maker: SqliteMaker) -> str:
    """Of a database with tables, for what only SQLite can suffer."""
    return sqlite_maker.ready()


@pytest.fixture
def sqlite_db(sqlite_url: str) -> Iterator[Database]:
    database = Database.open(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def postgres_url(postgres_maker: PostgresMaker) -> Iterator[str]:
    made = postgres_maker.ready()
    yield made
    postgres_maker.drop(made)


@pytest.fixture
def postgres_db(postgres_url: str) -> Iterator[Database]:
    database = Database.open(postgres_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def add_source() -> AddSource:
    return _add_source


@pytest.fixture(scope="session")
def add_articles() -> AddArticles:
    return _add_articles


def _add_source(conn: Connection, source_id: str = "lake-post", **values: Any) -> str:
    row = {
        "id": source_id,
        "name_zh": "湖畔邮报",
        "name_en": "Lake Post",
        "url": f"https://{source_id}.example/feed",
        "kind": "feed",
        "type": "media",
        "tier": 3,
        "fetch": "full",
        "enabled": True,
        "headers": {},
        "created_at": NOW,
        "updated_at": NOW,
    }
    conn.execute(insert(sources).values(row | values))
    conn.execute(insert(source_states).values(source_id=source_id))
    return source_id


def _add_articles(conn: Connection, rows: Sequence[dict[str, Any]], *, indexed: bool = True) -> list[int]:
    """Their ids, in the order of the rows; each row says what is not as usual."""
    values = [_article(row) for row in rows]
    made = insert(articles).returning(articles.c.id, sort_by_parameter_order=True)
    ids = list(conn.execute(made, values).scalars())
    if indexed:
        texts = [(row["title"], row["summary"], row["text"]) for row in values]
        index_articles(conn, zip(ids, texts, strict=True))
    return ids


def _article(row: dict[str, Any]) -> dict[str, Any]:
    usual = {
        "source_id": "lake-post",
        "url": "https://lake-post.example/a",
        "title": "",
        "summary": "",
        "text": "",
        "lang": "zh-Hans",
        "site_name": None,
        "author": None,
        "published_at": None,
        "dates": [],
        "first_seen": NOW,
        "sort_at": NOW,
        "updated_at": NOW,
        "entry_hash": hashlib.sha256(str(row).encode()).hexdigest(),
        "entry": {},
        "novelty": "new",
        "judged_generation": 0,
        "page_state": "none",
    }
    return usual | row
