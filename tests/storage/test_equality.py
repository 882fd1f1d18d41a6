"""What is stored comes back, is compared and is sorted the same on every kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from databases import Maker
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, delete, func, insert, select

from core.text import index_tokens
from storage.tables import Text, audit, jobs, meta

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
SIMILAR = st.text("aAzZ_- éÉß北税\u3000\U0001f4a1", max_size=4)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 2),
    max_value=datetime(9999, 12, 30),
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9, minutes=-30))]
    ),
)


@pytest.fixture(scope="module")
def engine(maker: Maker) -> Iterator[Engine]:
    url = maker.ready()
    engine = create_engine(url)
    yield engine
    engine.dispose()
    maker.drop(url)


@pytest.fixture(scope="module")
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        connection.execute(delete(meta))
        yield connection


def storable(text: str) -> str:
    return "".join("\ufffd" if char == "\x00" or "\ud800" <= char <= "\udfff" else char for char in text)


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_text_comes_back_with_every_place_where_it_was(conn: Connection, text: str) -> None:
    with conn.begin_nested() as undone:
        conn.execute(insert(meta).values(key="t", value=text))
        found = conn.execute(select(meta.c.value).where(meta.c.value == text)).scalar_one()
        undone.rollback()

    assert found == storable(text)
    assert len(found) == len(text)


@settings(deadline=None)
@given(ANY_TEXT)
def test_what_is_replaced_changes_no_token(text: str) -> None:
    assert list(index_tokens(storable(text))) == list(index_tokens(text))


@settings(deadline=None)
@given(st.sets(ANY_TEXT.map(storable) | SIMILAR, max_size=12))
def test_texts_are_sorted_by_code_points(conn: Connection, texts: set[str]) -> None:
    with conn.begin_nested() as undone:
        for text in texts:
            conn.execute(insert(meta).values(key=text, value=""))
        rising = list(conn.execute(select(meta.c.key).order_by(meta.c.key)).scalars())
        middle = sorted(texts)[len(texts) // 2] if texts else ""
        above = set(conn.execute(select(meta.c.key).where(meta.c.key > middle)).scalars())
        undone.rollback()

    assert rising == sorted(texts)
    assert above == {text for text in texts if text > middle}


@settings(deadline=None)
@given(SIMILAR, SIMILAR)
def test_case_is_that_of_ascii_and_a_beginning_is_literal(
    conn: Connection, text: str, beginning: str
) -> None:
    low = func.lower(meta.c.key, type_=Text)
    ascii_low = "".join(char.lower() if char.isascii() else char for char in text)
    asked = "".join(char.lower() if char.isascii() else char for char in beginning)

    with conn.begin_nested() as undone:
        conn.execute(insert(meta).values(key=text, value=""))
        found = conn.execute(select(low)).scalar_one()
        begins = conn.execute(select(low).where(low.startswith(asked, autoescape=True))).first() is not None
        undone.rollback()

    assert found == ascii_low
    assert begins == ascii_low.startswith(asked)


@settings(deadline=None)
@given(JSON_VALUES)
def test_plain_values_come_back(conn: Connection, value: Any) -> None:
    line = {
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "who": "t",
        "action": "t",
        "subject": "t",
        "before": value,
    }
    with conn.begin_nested() as undone:
        conn.execute(insert(audit).values(line))
        found = conn.execute(select(audit.c.before)).scalar_one()
        undone.rollback()

    assert found == value
    assert list(found) == list(value) if isinstance(value, dict) else True


@settings(deadline=None)
@given(MOMENTS, MOMENTS)
def test_moments_come_back_to_the_microsecond_and_in_order(
    conn: Connection, one: datetime, other: datetime
) -> None:
    with conn.begin_nested() as undone:
        conn.execute(insert(jobs), [{"name": "one", "ran_at": one}, {"name": "other", "ran_at": other}])
        found = {row.name: row.ran_at for row in conn.execute(select(jobs.c.name, jobs.c.ran_at))}
        earliest = conn.execute(select(func.min(jobs.c.ran_at))).scalar_one()
        undone.rollback()

    assert found == {"one": one, "other": other}
    assert all(moment.utcoffset() == timedelta(0) for moment in found.values())
    assert earliest == min(one, other)
