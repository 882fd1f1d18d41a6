from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from databases import Maker
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import Connection, Engine, create_engine, insert, select

from core.errors import Conflict
from storage.db import Database
from storage.leases import acquire, fence, holds, is_held, release, renew, take_over
from storage.tables import meta

TTL = timedelta(seconds=8)
NAME = "service"


@pytest.fixture(scope="module")
def engine(maker: Maker) -> Iterator[Engine]:
    url = maker.ready()
    engine = create_engine(url)
    yield engine
    engine.dispose()
    maker.drop(url)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    """In a transaction that is undone."""
    with engine.connect() as connection:
        yield connection


def test_one_of_two_gets_the_lease(conn: Connection, now: datetime) -> None:
    assert acquire(conn, NAME, "a", TTL, now) == 1
    assert acquire(conn, NAME, "b", TTL, now) is None
    assert acquire(conn, "another", "b", TTL, now) == 1


def test_whoever_holds_it_has_it_prolonged(conn: Connection, now: datetime) -> None:
    acquire(conn, NAME, "a", TTL, now)

    assert acquire(conn, NAME, "a", TTL, now + TTL / 2) == 1
    assert acquire(conn, NAME, "b", TTL, now + TTL) is None
    assert acquire(conn, NAME, "b", TTL, now + TTL * 1.5) == 2


def test_a_renewed_lease_does_not_end(conn: Connection, now: datetime) -> None:
    acquire(conn, NAME, "a", TTL, now)

    assert renew(conn, NAME, "a", 1, TTL, now + TTL / 2)
    assert acquire(conn, NAME, "b", TTL, now + TTL) is None


def test_a_process_that_wakes_up_late_is_behind_the_fence(conn: Connection, now: datetime) -> None:
    old = acquire(conn, NAME, "a", TTL, now)
    assert old is not None
    new = acquire(conn, NAME, "b", TTL, now + TTL)

    assert new == old + 1
    assert not renew(conn, NAME, "a", old, TTL, now + TTL)
    assert not holds(conn, NAME, "a", old)
    with pytest.raises(Conflict, match="another process has taken over the work of 'service'"):
        fence(conn, NAME, "a", old)
    fence(conn, NAME, "b", new)


def test_an_owner_that_comes_back_has_a_new_epoch(conn: Connection, now: datetime) -> None:
    first = acquire(conn, NAME, "a", TTL, now)
    acquire(conn, NAME, "b", TTL, now + TTL)
    third = acquire(conn, NAME, "a", TTL, now + 2 * TTL)

    assert (first, third) == (1, 3)
    assert not holds(conn, NAME, "a", 1)


def test_a_lease_that_ended_still_holds_until_somebody_takes_it(conn: Connection, now: datetime) -> None:
    acquire(conn, NAME, "a", TTL, now)

    assert holds(conn, NAME, "a", 1)
    assert not is_held(conn, NAME, now + TTL)
    assert acquire(conn, NAME, "a", TTL, now + 5 * TTL) == 1


def test_a_released_lease_is_free_at_once_and_the_epoch_grows(conn: Connection, now: datetime) -> None:
    acquire(conn, NAME, "a", TTL, now)
    release(conn, NAME, "a", 1, now)

    assert not is_held(conn, NAME, now)
    assert not holds(conn, NAME, "a", 1)
    assert acquire(conn, NAME, "b", TTL, now) == 2


def test_whoever_lost_it_cannot_release_it(conn: Connection, now: datetime) -> None:
    acquire(conn, NAME, "a", TTL, now)
    acquire(conn, NAME, "b", TTL, now + TTL)

    release(conn, NAME, "a", 1, now + TTL)

    assert is_held(conn, NAME, now + TTL)


def test_the_holder_of_the_file_lock_takes_the_lease_at_once(conn: Connection, now: datetime) -> None:
    acquire(conn, NAME, "dead", TTL, now)

    assert take_over(conn, NAME, "alive", TTL, now) == 2
    assert not holds(conn, NAME, "dead", 1)
    assert take_over(conn, NAME, "alive", TTL, now) == 2
    assert take_over(conn, "new", "alive", TTL, now) == 1


def test_a_write_behind_a_lost_fence_is_undone_whole(db: Database) -> None:
    epoch = db.write(lambda conn: acquire(conn, NAME, "a", TTL))
    assert epoch is not None
    db.write(lambda conn: take_over(conn, NAME, "b", TTL))

    def late(conn: Connection) -> None:
        conn.execute(insert(meta).values(key="late", value="work"))
        fence(conn, NAME, "a", epoch)

    with pytest.raises(Conflict):
        db.write(late)

    with db.read() as conn:
        assert conn.execute(select(meta.c.key).where(meta.c.key == "late")).first() is None


def test_time_is_that_of_the_database_when_none_is_given(db: Database) -> None:
    assert db.write(lambda conn: acquire(conn, NAME, "a", TTL)) == 1
    assert db.write(lambda conn: acquire(conn, NAME, "b", TTL)) is None
    with db.read() as conn:
        assert is_held(conn, NAME)
    assert db.write(lambda conn: renew(conn, NAME, "a", 1, -TTL))
    with db.read() as conn:
        assert not is_held(conn, NAME)
    assert db.write(lambda conn: acquire(conn, NAME, "b", TTL)) == 2


OWNERS = st.sampled_from(["a", "b", "c"])


class Leadership(RuleBasedStateMachine):
    """Whatever several processes do, at most one passes the fence, and an epoch belongs to one owner for ever."""

    def __init__(self, conn: Connection) -> None:
        super().__init__()
        self.conn = conn
        self.now = datetime(2026, 11, 24, tzinfo=UTC)
        self.believed: dict[str, int] = {}
        self.owner_of: dict[int, str] = {}

    def won(self, owner: str, epoch: int) -> None:
        assert self.owner_of.setdefault(epoch, owner) == owner
        assert epoch == max(self.owner_of)
        self.believed[owner] = epoch

    @rule(seconds=st.integers(0, 12))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(owner=OWNERS)
    def acquires(self, owner: str) -> None:
        free = not is_held(self.conn, NAME, self.now)
        epoch = acquire(self.conn, NAME, owner, TTL, self.now)
        assert epoch is not None or not free
        if epoch is not None:
            self.won(owner, epoch)

    @rule(owner=OWNERS)
    def takes_over(self, owner: str) -> None:
        self.won(owner, take_over(self.conn, NAME, owner, TTL, self.now))

    @rule(owner=OWNERS)
    def renews(self, owner: str) -> None:
        epoch = self.believed.get(owner, 0)
        assert renew(self.conn, NAME, owner, epoch, TTL, self.now) == holds(self.conn, NAME, owner, epoch)

    @rule(owner=OWNERS)
    def releases(self, owner: str) -> None:
        release(self.conn, NAME, owner, self.believed.pop(owner, 0), self.now)

    @rule()
    def at_most_one_passes(self) -> None:
        passing = [owner for owner, epoch in self.believed.items() if holds(self.conn, NAME, owner, epoch)]
        assert len(passing) <= 1
        assert all(self.believed[owner] == max(self.owner_of) for owner in passing)

    def teardown(self) -> None:
        self.conn.rollback()


def test_leadership(conn: Connection) -> None:
    run_state_machine_as_test(
        lambda: Leadership(conn), settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )
