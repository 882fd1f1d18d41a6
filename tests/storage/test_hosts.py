from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from databases import Maker
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, select

from storage.db import Database
from storage.hosts import Held, RobotsRow, held, hold, reserve, robots, save_robots
from storage.tables import hosts

HOST = "lake-post.example"
DELAY = timedelta(seconds=2)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def slot(db: Database, now: datetime, delay: timedelta = DELAY, host: str = HOST) -> datetime | Held:
    return db.write(lambda conn: reserve(conn, host, delay, now))


def test_slots_of_one_host_stand_a_delay_apart_and_hosts_do_not_wait_for_each_other(
    db: Database, now: datetime
) -> None:
    assert [slot(db, now) for _ in range(3)] == [now, now + DELAY, now + 2 * DELAY]
    assert slot(db, now, host="hill-times.example") == now


def test_after_a_pause_the_next_slot_is_now(db: Database, now: datetime) -> None:
    slot(db, now)

    assert slot(db, now + MINUTE) == now + MINUTE
    assert slot(db, now + MINUTE) == now + MINUTE + DELAY


def test_without_a_delay_nothing_is_written_and_the_pace_of_others_is_kept(
    db: Database, now: datetime
) -> None:
    assert slot(db, now, timedelta(0)) == now
    with db.read() as conn:
        assert conn.execute(select(hosts)).all() == []

    slot(db, now)
    assert slot(db, now, timedelta(0)) == now + DELAY
    assert slot(db, now) == now + DELAY


def test_a_short_hold_is_waited_for(db: Database, now: datetime) -> None:
    db.write(lambda conn: hold(conn, HOST, now + 30 * SECOND, "503"))

    assert slot(db, now) == now + 30 * SECOND
    assert slot(db, now) == now + 30 * SECOND + DELAY


def test_a_long_hold_reserves_nothing(db: Database, now: datetime) -> None:
    until = now + 10 * MINUTE
    db.write(lambda conn: hold(conn, HOST, until, "429 with Retry-After"))

    assert slot(db, now) == Held(until, "429 with Retry-After")
    assert slot(db, now, timedelta(0)) == Held(until, "429 with Retry-After")
    assert slot(db, until) == until


def test_only_a_later_end_prolongs_a_hold(db: Database, now: datetime) -> None:
    for minutes, why in ((10, "first"), (5, "earlier"), (20, "later")):
        db.write(lambda conn, m=minutes, w=why: hold(conn, HOST, now + m * MINUTE, w))

    with db.read() as conn:
        assert held(conn, HOST, now) == Held(now + 20 * MINUTE, "later")
        assert held(conn, HOST, now + 20 * MINUTE) is None
        assert held(conn, "hill-times.example", now) is None


def test_a_slot_written_by_a_wrong_clock_does_not_stop_a_host(db: Database, now: datetime) -> None:
    slot(db, now + timedelta(days=400))

    assert slot(db, now) == now
    assert slot(db, now) == now + DELAY


def test_robots_are_kept_beside_the_pace(db: Database, now: datetime) -> None:
    rules = RobotsRow(now, 200, "User-agent: *\nDisallow: /private\n")
    newer = RobotsRow(now + MINUTE, 404, "")

    slot(db, now)
    with db.read() as conn:
        assert robots(conn, HOST) is None
    db.write(lambda conn: save_robots(conn, HOST, rules))
    with db.read() as conn:
        assert robots(conn, HOST) == rules
    db.write(lambda conn: save_robots(conn, HOST, newer))
    with db.read() as conn:
        assert robots(conn, HOST) == newer
    assert slot(db, now) == now + DELAY


@pytest.fixture(scope="module")
def engine(maker: Maker) -> Iterator[Engine]:
    url = maker.ready()
    engine = create_engine(url)
    yield engine
    engine.dispose()
    maker.drop(url)


@pytest.mark.parametrize("delay", [DELAY, timedelta(milliseconds=50)])
@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.integers(0, 5_000), min_size=1, max_size=20))
def test_slots_are_never_in_the_past_and_never_closer_than_the_delay(
    engine: Engine, delay: timedelta, steps: list[int]
) -> None:
    moment = datetime.fromisoformat("2026-11-24T08:00:00+00:00")
    slots: list[datetime] = []

    with engine.connect() as conn:
        for step in steps:
            moment += timedelta(milliseconds=step)
            reserved = reserve(conn, HOST, delay, moment)
            assert isinstance(reserved, datetime)
            assert reserved >= moment
            slots.append(reserved)

    assert all(later - earlier >= delay for earlier, later in pairwise(slots))
