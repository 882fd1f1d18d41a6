from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from databases import Maker
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, event, insert, update

from core.candidates import AllOf, AnyOf, Anything, Candidates, HasToken
from core.text import index_tokens
from core.types import Document
from storage import search
from storage.db import Database
from storage.search import (
    Filters,
    Order,
    Place,
    candidates_page,
    count_candidates,
    documents,
    index_article,
    places,
    reindex_article,
    unindex_article,
)
from storage.tables import articles, hits, watches

START = datetime(2026, 1, 1, tzinfo=UTC)
COMMON, RARE = ("港口", "harbour"), ("灯塔", "lighthouse", "税")
LANGS = ("zh-Hans", "zh-Hant", "en", "zhx", None)


@dataclass(frozen=True)
class Row:
    place: Place
    source: str
    lang: str | None
    hit: bool
    title: frozenset[str]
    tokens: frozenset[str]


@pytest.fixture(scope="module")
def archive(
    maker: Maker,
    add_source: Callable[..., str],
    add_articles: Callable[..., list[int]],
) -> Iterator[tuple[Database, list[Row]]]:
    """More articles with a common word than are sorted at once; dates do not follow ids, many are equal."""
    url = maker.ready()
    db = Database.open(url)
    chance = random.Random(20261124)
    drafts = [_draft(chance) for _ in range(search.FEW + 800)]

    def fill(conn: Connection) -> list[int]:
        for source in ("lake-post", "hill-times"):
            add_source(conn, source)
        return add_articles(conn, drafts)

    ids = db.write(fill)
    with_hits = set(ids[::7])
    db.write(lambda conn: _add_hits(conn, ids[::7], lost=ids[1::7]))
    rows = [
        _row(draft, article_id, article_id in with_hits)
        for draft, article_id in zip(drafts, ids, strict=True)
    ]
    yield db, sorted(rows, key=lambda row: (row.place.sort_at, row.place.id), reverse=True)
    db.close()
    maker.drop(url)


def _draft(chance: random.Random) -> dict[str, object]:
    words = [word for word in COMMON if chance.random() < 0.9] + [
        word for word in RARE if chance.random() < 0.05
    ]
    chance.shuffle(words)
    return {
        "title": " ".join(words[:1]),
        "text": " ".join(words[1:]),
        "sort_at": START + timedelta(hours=chance.randrange(1_000)),
        "source_id": chance.choice(("lake-post", "hill-times")),
        "lang": chance.choice(LANGS),
    }


def _row(draft: dict[str, object], article_id: int, hit: bool) -> Row:
    title, body = str(draft["title"]), str(draft["text"])
    assert isinstance(draft["sort_at"], datetime)
    return Row(
        place=Place(draft["sort_at"], article_id),
        source=str(draft["source_id"]),
        lang=None if draft["lang"] is None else str(draft["lang"]),
        hit=hit,
        title=frozenset(index_tokens(title)),
        tokens=frozenset(index_tokens(title)) | frozenset(index_tokens(body)),
    )


def _add_hits(conn: Connection, ids: list[int], lost: list[int]) -> None:
    watch = {"id": "w", "name_zh": "港", "name_en": "port", "query": "港", "priority": "normal", "version": 1}
    conn.execute(insert(watches).values(**watch, position=1, created_at=START, updated_at=START))
    usual = {"watch_id": "w", "watch_version": 1, "spans": [], "at": START}
    rows = [(article_id, "live") for article_id in ids] + [(article_id, "lost") for article_id in lost]
    conn.execute(
        insert(hits), [usual | {"article_id": article_id, "state": state} for article_id, state in rows]
    )


TOKENS = st.builds(
    HasToken, st.sampled_from(["港口", "港", "harbour", "灯塔", "lighthouse", "税", "nowhere"])
)
PREFIXES = st.builds(HasToken, st.sampled_from(["harb", "light", "lighthouse", "nowhere"]), st.just(True))
TREES = st.recursive(
    TOKENS | PREFIXES | st.just(Anything()),
    lambda inner: (
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
MOMENTS = st.none() | st.integers(0, 1_000).map(lambda hours: START + timedelta(hours=hours))
FILTERS = st.builds(
    Filters,
    since=MOMENTS,
    until=MOMENTS,
    sources=st.none() | st.sets(st.sampled_from(["lake-post", "hill-times", "nowhere"])),
    lang=st.sampled_from([None, "zh", "ZH-hans", "en", "z"]),
    hits_only=st.booleans(),
)
ARCHIVE = tuple[Database, list[Row]]


def holds(asked: Candidates, tokens: frozenset[str]) -> bool:
    match asked:
        case Anything():
            return True
        case HasToken(token, prefix):
            return any(known.startswith(token) for known in tokens) if prefix else token in tokens
        case AllOf(parts):
            return all(holds(part, tokens) for part in parts)
        case AnyOf(parts):
            return any(holds(part, tokens) for part in parts)


def passes(row: Row, filters: Filters) -> bool:
    lang = (row.lang or "").lower()
    return (
        (filters.since is None or row.place.sort_at >= filters.since)
        and (filters.until is None or row.place.sort_at < filters.until)
        and (filters.sources is None or row.source in filters.sources)
        and (
            filters.lang is None
            or lang == filters.lang.lower()
            or lang.startswith(filters.lang.lower() + "-")
        )
        and (row.hit or not filters.hits_only)
    )


def scan(rows: list[Row], asked: Candidates, filters: Filters, order: Order) -> list[Place]:
    found = [row for row in rows if passes(row, filters) and holds(asked, row.tokens)]
    if order == "newest" or holds(asked, frozenset()):
        return [row.place for row in found]
    in_title = [Place(row.place.sort_at, row.place.id, True) for row in found if holds(asked, row.title)]
    return in_title + [row.place for row in found if not holds(asked, row.title)]


@settings(max_examples=80, deadline=None)
@given(asked=TREES, filters=FILTERS, order=st.sampled_from(["newest", "relevance"]))
def test_the_index_gives_what_a_scan_gives_in_the_same_order(
    archive: ARCHIVE, asked: Candidates, filters: Filters, order: Order
) -> None:
    db, rows = archive
    expected = scan(rows, asked, filters, order)

    with db.read() as conn:
        found = list(places(conn, asked, filters, order=order))
        counted = count_candidates(conn, asked, filters, at_most=100_000)

    assert found == expected
    assert counted == (len(expected), True)


@settings(max_examples=20, deadline=None)
@given(
    asked=TREES,
    filters=st.just(Filters()) | FILTERS,
    order=st.sampled_from(["newest", "relevance"]),
    sizes=st.lists(st.integers(60, 900), min_size=1, max_size=5),
)
def test_pages_from_cursor_to_cursor_give_each_article_once(
    archive: ARCHIVE, asked: Candidates, filters: Filters, order: Order, sizes: list[int]
) -> None:
    db, rows = archive
    found: list[Place] = []
    cursor: Place | None = None

    while True:
        size = sizes[len(found) % len(sizes)]
        with db.read() as conn:
            page = candidates_page(conn, asked, filters, cursor, size, order)
        found += page
        if len(page) < size:
            break
        cursor = Place.read(str(page[-1]))

    assert found == scan(rows, asked, filters, order)


def test_a_page_of_a_common_word_looks_at_no_more_than_it_needs(archive: ARCHIVE) -> None:
    db, rows = archive

    with db.read() as conn:
        statements = _count_statements(conn)
        page = list(islice(places(conn, HasToken("港口")), 20))

    assert page == scan(rows, HasToken("港口"), Filters(), "newest")[:20]
    assert len(statements) <= 4


def test_a_rare_word_is_found_without_a_walk_by_date(archive: ARCHIVE) -> None:
    db, rows = archive

    with db.read() as conn:
        statements = _count_statements(conn)
        found = list(places(conn, AllOf((HasToken("lighthouse"), HasToken("灯塔")))))

    assert found == scan(rows, AllOf((HasToken("lighthouse"), HasToken("灯塔"))), Filters(), "newest")
    assert found
    assert not any("ORDER BY" in statement for statement in statements)


def _count_statements(conn: Connection) -> list[str]:
    seen: list[str] = []
    event.listen(conn, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return seen


def test_a_count_stops_where_it_is_told_to(archive: ARCHIVE) -> None:
    db, rows = archive

    with db.read() as conn:
        assert count_candidates(conn, HasToken("港口"), at_most=50) == (50, False)
        assert count_candidates(conn, Anything(), at_most=len(rows)) == (len(rows), True)
        assert count_candidates(conn, AnyOf(())) == (0, True)


def test_candidates_in_one_hour_or_in_many_are_told_apart_by_id(archive: ARCHIVE) -> None:
    db, rows = archive
    hour = rows[len(rows) // 2].place.sort_at

    with db.read() as conn:
        found = candidates_page(conn, Anything(), Filters(since=hour, until=hour + timedelta(hours=1)))

    assert [place.id for place in found] == sorted(
        (row.place.id for row in rows if row.place.sort_at == hour), reverse=True
    )
    assert len(found) > 1


@given(
    st.builds(Place, st.datetimes(timezones=st.just(UTC)), st.integers(0, 2**62), st.booleans()),
)
def test_a_cursor_is_read_as_it_was_written(place: Place) -> None:
    assert Place.read(str(place)) == place


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00_5",
        "2026-01-01T00:00:00+00:00_-5",
        "2026-01-01T00:00:00+00:00_5_x",
        "2026-01-01T00:00:00+00:00_٣",
        "2026-01-01T00:00:00+00:00_9223372036854775808",
        "0001-01-01T00:00:00+01:00_5",
    ],
)
def test_anything_else_is_no_cursor(cursor: str) -> None:
    with pytest.raises(ValueError):
        Place.read(cursor)


def test_a_change_of_an_article_moves_it_in_the_index(
    db: Database, add_source: Callable[..., str], add_articles: Callable[..., list[int]]
) -> None:
    before, after = ("港口关闭", "", "harbour closed"), ("港口重开", "灯塔", "harbour open")
    db.write(add_source)
    [article_id] = db.write(lambda conn: add_articles(conn, [{"title": "港口关闭"}], indexed=False))

    def found(*tokens: str) -> dict[str, bool]:
        with db.read() as conn:
            return {token: candidates_page(conn, HasToken(token)) != [] for token in tokens}

    words = ("港口", "关闭", "重开", "灯塔", "closed", "open")
    db.write(lambda conn: index_article(conn, article_id, before))
    first = found(*words)
    db.write(lambda conn: reindex_article(conn, article_id, before, after))
    second = found(*words)
    db.write(lambda conn: unindex_article(conn, article_id, after))

    assert first == {"港口": True, "关闭": True, "重开": False, "灯塔": False, "closed": True, "open": False}
    assert second == {"港口": True, "关闭": False, "重开": True, "灯塔": True, "closed": False, "open": True}
    assert found(*words) == dict.fromkeys(words, False)


def test_an_article_that_is_gone_is_no_candidate(
    db: Database, add_source: Callable[..., str], add_articles: Callable[..., list[int]]
) -> None:
    db.write(add_source)
    [gone, kept] = db.write(lambda conn: add_articles(conn, [{"title": "灯塔"}, {"title": "灯塔"}]))
    db.write(lambda conn: conn.execute(delete(articles).where(articles.c.id == gone)).rowcount)

    with db.read() as conn:
        assert [place.id for place in candidates_page(conn, HasToken("灯塔"))] == [kept]


def test_documents_carry_all_that_a_query_may_ask_for(
    db: Database, add_source: Callable[..., str], add_articles: Callable[..., list[int]], now: datetime
) -> None:
    db.write(lambda conn: add_source(conn, type="official", tier=1))
    row = {
        "title": "标题",
        "summary": "摘要",
        "text": "正文",
        "author": "林湖",
        "url": "https://www.Lake-Post.example:8080/a?b=1",
        "site_name": "湖畔",
        "published_at": now,
    }
    bare = {"url": None, "lang": None}
    [full, empty] = db.write(lambda conn: add_articles(conn, [row, bare]))

    with db.read() as conn:
        found = documents(conn, [full, empty, 999])

    assert found == {
        full: Document(
            title="标题",
            summary="摘要",
            body="正文",
            source=("lake-post", "湖畔邮报", "Lake Post", "湖畔"),
            site="www.lake-post.example",
            lang="zh-Hans",
            author="林湖",
            url="https://www.Lake-Post.example:8080/a?b=1",
            type="official",
            tier=1,
            published=now,
        ),
        empty: Document(source=("lake-post", "湖畔邮报", "Lake Post"), type="official", tier=1),
    }


def test_dates_that_change_move_the_article_in_the_order(
    db: Database, add_source: Callable[..., str], add_articles: Callable[..., list[int]], now: datetime
) -> None:
    db.write(add_source)
    [first, second] = db.write(lambda conn: add_articles(conn, [{"title": "灯塔"}, {"title": "灯塔"}]))
    later = update(articles).where(articles.c.id == first).values(sort_at=now + timedelta(days=1))
    db.write(lambda conn: conn.execute(later).rowcount)

    with db.read() as conn:
        assert [place.id for place in candidates_page(conn, HasToken("灯塔"))] == [first, second]
