"""What only a server can suffer."""

from __future__ import annotations

import os
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from databases import VARIABLE, PostgresMaker
from sqlalchemy import URL, Connection, create_engine, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from core.errors import Conflict, PresswatchError, StorageError
from storage import postgres, schema
from storage.db import Database
from storage.jobs import get_fact, set_fact
from storage.postgres_errors import Words, is_lost, is_passing, is_starting
from storage.tables import meta

own_server = pytest.mark.skipif(
    bool(os.environ.get(VARIABLE)), reason="the rights of that server are not ours to change"
)


@pytest.fixture
def db(postgres_db: Database) -> Database:
    return postgres_db


@pytest.fixture
def other(postgres_url: str) -> Iterator[Connection]:
    """Another client of the same database."""
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def own_backend(conn: Connection) -> int:
    return int(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())


def end(other: Connection, backend: int) -> None:
    """Returns when it is gone."""
    other.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})


def fact(db: Database) -> str | None:
    with db.read() as conn:
        return get_fact(conn, "t")


def test_a_write_whose_connection_broke_is_done_again(db: Database, other: Connection) -> None:
    backends: list[int] = []

    def work(conn: Connection) -> None:
        backends.append(own_backend(conn))
        if len(backends) == 1:
            end(other, backends[0])
        set_fact(conn, "t", f"try {len(backends)}")

    db.write(work)

    assert fact(db) == "try 2"
    assert len(set(backends)) == 2


def test_a_connection_that_broke_while_nobody_used_it_is_not_noticed(db: Database, other: Connection) -> None:
    with db.read() as conn:
        reader = own_backend(conn)
    writer = db.write(own_backend)

    end(other, reader)
    end(other, writer)

    assert fact(db) is None
    db.write(lambda conn: set_fact(conn, "t", "written"))
    assert fact(db) == "written"


def test_a_commit_that_is_not_answered_says_to_look(db: Database, other: Connection) -> None:
    other.execute(
        text("""
        CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END$$
    """)
    )
    other.execute(
        text("""
        CREATE CONSTRAINT TRIGGER gone AFTER INSERT ON meta DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION gone()
    """)
    )
    tries: list[int] = []

    with pytest.raises(StorageError, match="whether it was is not known: look before you do it again"):
        db.write(lambda conn: (tries.append(1), set_fact(conn, "t", "1")))

    assert tries == [1]


def fails(code: str, tries: list[str], times: int) -> Callable[[Connection], None]:
    def work(conn: Connection) -> None:
        tries.append(code)
        set_fact(conn, "t", f"try {len(tries)}")
        if len(tries) <= times:
            conn.execute(text(f"DO $$BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '{code}'; END$$"))

    return work


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_what_was_undone_for_the_sake_of_others_is_done_again(db: Database, code: str) -> None:
    db.write(fails(code, [], times=2))

    assert fact(db) == "try 3"


def test_what_is_undone_again_and_again_is_a_conflict(db: Database) -> None:
    tries: list[str] = []

    with pytest.raises(Conflict, match=r"somebody else .* try again \(in the way\)"):
        db.write(fails("40001", tries, times=99))

    assert len(tries) == 6
    assert fact(db) is None


def test_a_writer_that_stands_still_is_put_out_of_the_way_and_does_it_again(
    db: Database, other: Connection
) -> None:
    with db.read() as conn:
        query = text("SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'")
        reading = conn.execute(query).scalar_one()
    writing = db.write(lambda conn: conn.execute(query).scalar_one())
    tries: list[int] = []

    def work(conn: Connection) -> None:
        tries.append(own_backend(conn))
        if len(tries) == 1:
            conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = '20ms'"))
            while other.execute(
                text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid"), {"pid": tries[0]}
            ).first():
                pass
        set_fact(conn, "t", "1")

    db.write(work)

    assert (reading, writing) == ("0", f"{postgres.IDLE_WRITER.total_seconds() * 1000:.0f}")
    assert (len(tries), fact(db)) == (2, "1")


def test_a_write_waits_for_that_of_another_process(db: Database, postgres_url: str) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(conn: Connection) -> None:
        begun.set()
        assert go_on.wait(10)
        set_fact(conn, "t", "slow")

    second = Database.open(postgres_url)
    first_writer = threading.Thread(target=db.write, args=(slow,))
    first_writer.start()
    assert begun.wait(10)
    seen: list[str | None] = []
    second_writer = threading.Thread(
        target=second.write, args=(lambda conn: seen.append(get_fact(conn, "t")),)
    )
    second_writer.start()
    go_on.set()
    first_writer.join()
    second_writer.join()
    second.close()

    assert seen == ["slow"]


def test_a_lock_that_never_ends_is_explained(db: Database, other: Connection) -> None:
    other.execute(text(f"SELECT pg_advisory_lock({postgres.WRITER_LOCK})"))
    writer = create_engine(other.engine.url)
    with writer.connect() as conn, pytest.raises(DBAPIError) as caught:
        conn.execute(text("SET lock_timeout = '10ms'"))
        conn.execute(text(f"SELECT pg_advisory_xact_lock({postgres.WRITER_LOCK})"))
    writer.dispose()

    assert str(Words(other.engine.url).explained(caught.value)) == (
        f"another program has kept {db.place} to itself for more than a minute: end it and try again; nothing was lost"
    )


def opening(url: URL | str) -> str:
    """What is said when it is opened."""
    address = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    with pytest.raises(PresswatchError) as caught:
        Database.open(address)
    return str(caught.value)


def test_a_database_that_is_not_there_is_named(postgres_url: str) -> None:
    url = make_url(postgres_url).set(database="nowhere")

    assert (
        opening(url)
        == f"there is no such database: {Words(url).place}; make it with: createdb -E UTF8 nowhere"
    )


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    said = opening(f"postgresql+psycopg://press:sesame@127.0.0.1:{port}/press")

    assert said.startswith(f"the database press on 127.0.0.1:{port} cannot be reached (")
    assert "is the server running" in said
    assert "sesame" not in said


def test_the_address_carries_parameters_to_the_driver() -> None:
    said = opening("postgresql://press:sesame@127.0.0.1/press?sslmode=perhaps")

    assert 'invalid sslmode value: "perhaps"' in said


@pytest.fixture
def guarded(postgres_maker: PostgresMaker, postgres_url: str) -> Iterator[URL]:
    """A user of that database who must give a password."""
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        hba = Path(conn.execute(text("SHOW hba_file")).scalar_one())
        before = hba.read_text()
        conn.execute(text("CREATE ROLE guarded LOGIN PASSWORD 'right'"))
        hba.write_text(f"local all guarded scram-sha-256\n{before}")
        conn.execute(text("SELECT pg_reload_conf()"))
        yield make_url(postgres_url).set(username="guarded")
        hba.write_text(before)
        conn.execute(text("SELECT pg_reload_conf()"))
        conn.execute(text("DROP OWNED BY guarded"))
        conn.execute(text("DROP ROLE guarded"))
    admin.dispose()


@own_server
def test_a_wrong_password_is_explained_and_never_shown(guarded: URL) -> None:
    said = opening(guarded.set(password="pass-sesame"))

    assert said.startswith(f"{Words(guarded).place} refuses the user guarded (")
    assert "sesame" not in said
    assert "look at the user and the password" in opening(guarded)
    assert "refuses the user nobody" in opening(guarded.set(username="nobody"))


@own_server
def test_a_missing_right_is_named(guarded: URL) -> None:
    db = Database.open(guarded.set(password="right").render_as_string(hide_password=False))

    with pytest.raises(StorageError, match=r"the user guarded may not do this on .*: make guarded the owner"):
        schema.state(db)
        db.write(lambda conn: set_fact(conn, "t", "1"))

    db.close()


def test_a_database_that_cannot_hold_every_text_is_refused(
    postgres_maker: PostgresMaker, postgres_url: str
) -> None:
    url = make_url(postgres_url).set(database="presswatch_test_ascii")
    postgres_maker.run(
        f"CREATE DATABASE \"{url.database}\" ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    )

    said = opening(url)
    postgres_maker.run(f'DROP DATABASE "{url.database}"')

    assert "keeps texts as SQL_ASCII: make one with ENCODING 'UTF8'" in said


@dataclass
class Info:
    server_version: int
    dbname: str = "press"

    def parameter_status(self, name: str) -> str:
        return {"server_encoding": "UTF8"}[name]


def test_a_server_that_is_too_old_is_refused() -> None:
    postgres._refuse_unfit(Info(140_001))
    with pytest.raises(StorageError, match="PostgreSQL 13: version 14 or newer is needed"):
        postgres._refuse_unfit(Info(130_020))


WORDS = Words(make_url("postgresql+psycopg://press:sesame@db.example:5433/archive"))
PLACE = "the database archive on db.example:5433"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (psycopg.errors.DiskFull("could not extend file"), "the disk of the database server is full"),
        (
            psycopg.errors.TooManyConnections("sorry"),
            f"{PLACE} has no connection left: raise max_connections",
        ),
        (
            psycopg.OperationalError("FATAL:  sorry, too many clients already"),
            f"{PLACE} has no connection left",
        ),
        (psycopg.errors.QueryCanceled("timeout"), f"{PLACE} ended a statement that took too long (timeout)"),
        (psycopg.errors.ReadOnlySqlTransaction("no"), f"{PLACE} takes no writes: it is a copy"),
        (psycopg.errors.DataCorrupted("page 7"), f"{PLACE} is damaged (page 7): nothing more was written"),
        (psycopg.errors.UndefinedTable("meta"), f"{PLACE} lacks a table (meta): presswatch db upgrade"),
        (psycopg.errors.DivisionByZero("by sesame"), f"{PLACE} refused: by …; 'presswatch db check'"),
        (psycopg.errors.AdminShutdown("stops"), f"{PLACE} cannot be reached (stops)"),
    ],
)
def test_errors_say_what_to_do(error: psycopg.Error, said: str) -> None:
    explained = WORDS.explained(OperationalError("", {}, error))

    assert type(explained) is StorageError
    assert str(explained).startswith(said)


def test_who_is_named_in_a_row_is_not_named_in_an_error(db: Database) -> None:
    person = "ann@office.example"
    db.write(lambda conn: set_fact(conn, person, "1"))

    with pytest.raises(Conflict) as caught:
        db.write(lambda conn: conn.execute(meta.insert().values(key=person, value="2")).rowcount)

    assert "duplicate key" in str(caught.value)
    assert "ann@office" not in "".join(traceback.format_exception(caught.value))


def test_what_passes_and_what_does_not() -> None:
    starting = OperationalError(
        "", {}, psycopg.OperationalError("FATAL:  the database system is starting up")
    )
    refused = OperationalError("", {}, psycopg.OperationalError("FATAL:  password authentication failed"))
    broken = OperationalError("", {}, psycopg.OperationalError("server closed the connection unexpectedly"))
    deadlock = OperationalError("", {}, psycopg.errors.DeadlockDetected("two"))

    found = {
        name: (is_starting(error), is_lost(error), is_passing(error))
        for name, error in (
            ("starting", starting),
            ("refused", refused),
            ("broken", broken),
            ("deadlock", deadlock),
        )
    }

    assert found == {
        "starting": (True, False, False),
        "refused": (False, False, False),
        "broken": (False, True, True),
        "deadlock": (False, False, True),
    }


def test_a_value_that_is_rejected_is_no_conflict(db: Database) -> None:
    with pytest.raises(StorageError, match="refused: null value in column"):
        db.write(lambda conn: conn.execute(meta.insert().values(key="t", value=None)).rowcount)


def test_the_place_of_a_database_is_told_without_the_password(db: Database) -> None:
    told = f"{WORDS.place} {WORDS!r} {db.place}"

    assert "the database archive on db.example:5433" in told
    assert "sesame" not in told
    assert (db.kind, db.path) == ("postgresql", None)


def test_reads_begin_with_their_snapshot_and_read_only(db: Database) -> None:
    with db.read() as conn:
        level = conn.execute(text("SHOW transaction_isolation")).scalar_one()
        is_read_only = conn.execute(text("SHOW transaction_read_only")).scalar_one()
        zone = conn.execute(text("SHOW TimeZone")).scalar_one()
    written_at = db.write(lambda conn: conn.execute(text("SHOW transaction_isolation")).scalar_one())

    assert (level, is_read_only, zone, written_at) == ("repeatable read", "on", "UTC", "read committed")


def test_an_index_that_was_not_finished_is_named(db: Database, other: Connection) -> None:
    other.execute(
        text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_articles_first_seen'::regclass")
    )

    with db.read() as conn:
        assert postgres.damage(conn) == [
            "the index ix_articles_first_seen is not valid: REINDEX INDEX ix_articles_first_seen"
        ]
        assert conn.execute(select(1)).scalar_one() == 1
