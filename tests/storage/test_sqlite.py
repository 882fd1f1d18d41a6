"""What only a file can suffer."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from core.errors import StorageError
from storage import sqlite, sqlite_errors
from storage.db import Database
from storage.tables import meta


@pytest.fixture
def db(sqlite_db: Database) -> Database:
    return sqlite_db


def path_of(db: Database) -> Path:
    assert db.path is not None
    return db.path


def put(conn: Connection, key: str, value: str = "") -> None:
    conn.execute(insert(meta).values(key=key, value=value))


def keys_of(db: Database) -> list[str]:
    with db.read() as conn:
        query = select(meta.c.key).where(meta.c.key.like("t-%")).order_by(meta.c.key)
        return list(conn.execute(query).scalars())


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    db = Database.open(f"sqlite:///{tmp_path}/some/where/presswatch.db")
    db.close()

    assert (tmp_path / "some" / "where" / "presswatch.db").exists()


def test_nothing_but_the_file_is_left_after_closing(db: Database) -> None:
    db.write(lambda conn: put(conn, "t-1"))
    db.close()
    db.close()

    assert sorted(path.name for path in path_of(db).parent.iterdir()) == ["presswatch.db"]


def test_a_full_disk_is_named_and_work_goes_on_when_there_is_space(db: Database) -> None:
    db.write(lambda conn: put(conn, "t-before", "x" * 50_000))
    pages = db.write(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar_one())

    def limit(more: int) -> None:
        db.write(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count={pages + more}").scalar_one())

    limit(5)
    for _ in range(2):
        with pytest.raises(
            StorageError, match=r"the disk is full .* nothing was lost; free space and it goes on"
        ):
            db.write(lambda conn: put(conn, "t-large", "x" * 500_000))
    db.write(lambda conn: put(conn, "t-small"))
    limit(5_000)
    db.write(lambda conn: put(conn, "t-large", "x" * 500_000))

    assert keys_of(db) == ["t-before", "t-large", "t-small"]
    with db.read() as conn:
        assert sqlite.damage(conn) == []


def test_a_file_that_was_replaced_is_not_written_into(db: Database, tmp_path: Path) -> None:
    db.write(lambda conn: put(conn, "t-1"))
    path_of(db).rename(tmp_path / "moved.db")

    with pytest.raises(StorageError, match="removed or replaced while it was open"):
        db.write(lambda conn: put(conn, "t-2"))

    (tmp_path / "moved.db").rename(path_of(db))
    db.write(lambda conn: put(conn, "t-3"))
    assert keys_of(db) == ["t-1", "t-3"]


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, and rather long ones\n" * 200, encoding="utf-8")
    before = path.read_bytes()

    with pytest.raises(StorageError, match="is no database, or its beginning is damaged"):
        Database.open(f"sqlite:///{path}")

    assert path.read_bytes() == before


def test_a_damaged_file_is_named_with_what_to_do(db: Database) -> None:
    for n in range(200):
        db.write(lambda conn, n=n: put(conn, f"t-{n}", "x" * 1_000))
    db.close()
    size = path_of(db).stat().st_size
    with path_of(db).open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\x5a" * (size - 9 * 4096))

    with pytest.raises(StorageError, match=r"presswatch\.db is damaged .* put back a backup copy"):
        Database.open(f"sqlite:///{path_of(db)}").write(
            lambda conn: conn.execute(update(meta).values(value="new"))
        )


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(StorageError, match=r"the folder .*file/data cannot be made"):
        Database.open(f"sqlite:///{tmp_path}/file/data/presswatch.db")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        Database.open(f"sqlite:///{tmp_path}")


def test_a_lock_that_never_ends_is_explained_without_the_word_of_the_driver(db: Database) -> None:
    holder = sqlite3.connect(path_of(db), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    impatient = sqlite3.connect(path_of(db), isolation_level=None, timeout=0)
    with pytest.raises(sqlite3.OperationalError) as caught:
        impatient.execute("BEGIN IMMEDIATE")
    holder.close()
    impatient.close()

    assert sqlite_errors.is_busy(caught.value)
    assert str(sqlite_errors.explained(caught.value, path_of(db))) == (
        f"another program has kept {path_of(db)} to itself for more than a minute: end it and try again; nothing was lost"
    )


def test_a_write_waits_for_another_program(db: Database) -> None:
    holder = sqlite3.connect(path_of(db), isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(0.3, holder.execute, ("COMMIT",))
    ending.start()

    db.write(lambda conn: put(conn, "t-patient"))

    ending.join()
    holder.close()
    assert keys_of(db) == ["t-patient"]
