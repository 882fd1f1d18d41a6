from __future__ import annotations

import asyncio
import threading

import pytest
from sqlalchemy import Connection, func, insert, select

from core.errors import Conflict, StorageError
from storage.db import Database, database_now, upsert
from storage.tables import aliases, meta, sightings


def put(conn: Connection, key: str, value: str = "") -> None:
    conn.execute(insert(meta).values(key=key, value=value))


def keys(conn: Connection) -> list[str]:
    return list(conn.execute(select(meta.c.key).where(meta.c.key.like("t-%")).order_by(meta.c.key)).scalars())


def keys_of(db: Database) -> list[str]:
    with db.read() as conn:
        return keys(conn)


def test_a_write_gives_what_its_work_gave(db: Database) -> None:
    assert db.write(lambda conn: (put(conn, "t-1"), keys(conn))[1]) == ["t-1"]
    assert keys_of(db) == ["t-1"]


def test_a_write_that_raises_stores_nothing_and_the_next_one_works(db: Database) -> None:
    def half(conn: Connection) -> None:
        put(conn, "t-half")
        raise LookupError("the second half fails")

    with pytest.raises(LookupError, match="the second half fails"):
        db.write(half)
    db.write(lambda conn: put(conn, "t-whole"))

    assert keys_of(db) == ["t-whole"]


def test_a_savepoint_undoes_only_its_own_part(db: Database) -> None:
    def work(conn: Connection) -> None:
        put(conn, "t-before")
        with pytest.raises(LookupError), conn.begin_nested():
            put(conn, "t-inside")
            raise LookupError
        put(conn, "t-after")

    db.write(work)

    assert keys_of(db) == ["t-after", "t-before"]


def test_a_read_sees_one_moment_from_its_beginning(db: Database) -> None:
    with db.read() as conn:
        db.write(lambda writing: put(writing, "t-later"))
        during = keys(conn)

    assert during == []
    assert keys_of(db) == ["t-later"]


def test_many_reads_at_once_do_not_wait_for_a_write(db: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(conn: Connection) -> None:
        put(conn, "t-slow")
        begun.set()
        assert go_on.wait(10)

    writer = threading.Thread(target=db.write, args=(slow,))
    writer.start()
    assert begun.wait(10)
    seen = [keys_of(db) for _ in range(20)]
    go_on.set()
    writer.join(10)

    assert seen == [[]] * 20
    assert keys_of(db) == ["t-slow"]


def test_a_write_inside_a_write_says_so_instead_of_waiting_for_itself(db: Database) -> None:
    def outer(conn: Connection) -> None:
        put(conn, "t-outer")
        db.write(lambda inner: put(inner, "t-inner"))

    with pytest.raises(RuntimeError, match="a write was begun inside a write"):
        db.write(outer)

    assert keys_of(db) == []


def test_a_write_inside_a_read_is_refused_as_a_bug(db: Database) -> None:
    with pytest.raises(StorageError, match="written inside a read, a bug"), db.read() as conn:
        put(conn, "t-1")


def test_work_of_coroutines_runs_beside_the_loop(db: Database) -> None:
    async def work() -> list[str]:
        await asyncio.gather(*(db.write_async(lambda conn, n=n: put(conn, f"t-{n}")) for n in range(9)))
        return await db.read_async(keys)

    assert asyncio.run(work()) == [f"t-{n}" for n in range(9)]


def test_a_write_that_is_cancelled_while_it_waits_is_not_done(db: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(conn: Connection) -> None:
        begun.set()
        assert go_on.wait(10)
        put(conn, "t-slow")

    async def work() -> None:
        running = asyncio.ensure_future(db.write_async(slow))
        await asyncio.to_thread(begun.wait, 10)
        waiting = asyncio.ensure_future(db.write_async(lambda conn: put(conn, "t-waiting")))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go_on.set()
        await running

    asyncio.run(work())

    assert keys_of(db) == ["t-slow"]


def test_upsert_inserts_and_changes_only_the_named_columns(db: Database) -> None:
    def work(conn: Connection) -> None:
        now = database_now(conn)
        first = [{"name": name, "query": "old", "updated_at": now} for name in ("a", "b")]
        upsert(conn, aliases, first, on=["name"], change=["query"])
        second = [{"name": name, "query": "new", "updated_at": now} for name in ("b", "c")]
        upsert(conn, aliases, second, on=["name"], change=["query"])

    db.write(work)

    with db.read() as conn:
        rows = conn.execute(select(aliases.c.name, aliases.c.query).order_by(aliases.c.name)).all()
    assert [tuple(row) for row in rows] == [("a", "old"), ("b", "new"), ("c", "new")]


def test_upsert_without_changes_leaves_what_is_there(db: Database) -> None:
    def work(conn: Connection) -> None:
        upsert(conn, meta, [{"key": "t-1", "value": "first"}], on=["key"], change=[])
        upsert(conn, meta, [{"key": "t-1", "value": "second"}], on=["key"], change=[])
        upsert(conn, meta, [], on=["key"], change=["value"])

    db.write(work)

    with db.read() as conn:
        assert conn.execute(select(meta.c.value).where(meta.c.key == "t-1")).scalar_one() == "first"


def test_the_same_key_twice_is_a_conflict(db: Database) -> None:
    db.write(lambda conn: put(conn, "t-1"))

    with pytest.raises(Conflict, match="try again"):
        db.write(lambda conn: put(conn, "t-1"))


def test_references_are_enforced(db: Database) -> None:
    def work(conn: Connection) -> None:
        values = {"article_id": 7, "source_id": "nowhere", "seen_at": database_now(conn)}
        conn.execute(insert(sightings).values(values))

    with pytest.raises(Conflict):
        db.write(work)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("presswatch.db", "cannot be read"),
        ("mysql://somebody:secret@db.example/presswatch", "begins with mysql: write sqlite:"),
        (
            "postgresql+asyncpg://somebody:secret@db.example/presswatch",
            "begins with postgresql[+]asyncpg: write",
        ),
        (
            "postgresql://somebody:my@secret@db.example/presswatch",
            "special characters of the password as %40",
        ),
        (
            "postgresql://somebody:my@secret/x@db.example/presswatch",
            "special characters of the password as %40",
        ),
        ("postgresql://somebody:secret@db.example:port/presswatch", "cannot be read"),
        ("postgresql://somebody:secret@db.example", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, message: str) -> None:
    with pytest.raises(StorageError, match=message) as caught:
        Database.open(url)

    assert "secret" not in str(caught.value)


def test_the_clock_of_the_database_is_utc_and_goes_forward(db: Database) -> None:
    with db.read() as conn:
        first, second = database_now(conn), database_now(conn)

    assert first.utcoffset() is not None
    assert first <= second


def test_more_reads_than_connections_that_are_kept(db: Database) -> None:
    barrier = threading.Barrier(20)
    counts: list[int] = []

    def read() -> None:
        with db.read() as conn:
            barrier.wait(10)
            counts.append(conn.execute(select(func.count()).select_from(aliases)).scalar_one())

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert counts == [0] * 20
