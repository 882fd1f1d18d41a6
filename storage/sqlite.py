"""SQLite: how a file is opened and what its errors mean to a person. Nobody but ``storage.db`` needs this file."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Text, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from core.errors import Conflict, PresswatchError, StorageError

BUSY_TIMEOUT_S = 10.0
READERS_KEPT = 4
READERS_AT_MOST = 40
"""As many as the threads of a web server; those beyond the kept ones are closed after use."""
READ_CACHE_KIB = 4_000
WRITE_CACHE_KIB = 8_000
FULL_BELOW_BYTES = 1 << 20

READ_PRAGMAS = (f"cache_size=-{READ_CACHE_KIB}", "temp_store=MEMORY", "query_only=ON")
WRITE_PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    f"cache_size=-{WRITE_CACHE_KIB}",
    "temp_store=MEMORY",
    # Debian's build overwrites what is deleted with zeros, which doubles the work of merging the full-text index.
    "secure_delete=FAST",
    # Without it the log keeps the size of the largest transaction for ever.
    f"journal_size_limit={64 << 20}",
)


def file_of(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.query:
        raise StorageError(
            f"the database address {url.render_as_string()} names no file: write sqlite:////folder/presswatch.db"
        )
    return Path(url.database).absolute()


def prepare(path: Path) -> None:
    """Makes the file if there is none, and turns on write-ahead logging, which stays on in the file."""
    conn = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        if conn.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            return
        if conn.execute("PRAGMA journal_mode=WAL").fetchone() != ("wal",):
            raise StorageError(
                f"{path} lies on a file system without shared memory (a network drive?): move the data folder to a local disk"
            )
    finally:
        conn.close()


def read_engine(path: Path) -> Engine:
    # The first look at the schema takes the snapshot: what is read later in the block is of this moment.
    return _engine(
        path, READ_PRAGMAS, ("BEGIN", "PRAGMA schema_version"), READERS_KEPT, READERS_AT_MOST - READERS_KEPT
    )


def write_engine(path: Path) -> Engine:
    # A transaction that reads first and writes later fails at once when somebody else wrote in between, whatever
    # the timeout: the write lock is taken before anything else.
    return _engine(path, WRITE_PRAGMAS, ("BEGIN IMMEDIATE",), 1, 0)


def _engine(path: Path, pragmas: tuple[str, ...], begin: tuple[str, ...], kept: int, more: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=kept,
        max_overflow=more,
        pool_timeout=60,
        # The driver's own notion of when a transaction begins is switched off; see the begin listener.
        connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", partial(_set_up, pragmas))
    event.listen(engine, "begin", partial(_begin, begin))
    return engine


def _set_up(pragmas: tuple[str, ...], connection: sqlite3.Connection, _record: object) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _begin(statements: tuple[str, ...], conn: Connection) -> None:
    for statement in statements:
        conn.exec_driver_sql(statement)


def enforce_foreign_keys(conn: Connection, on: bool) -> None:
    """Only outside a transaction; inside one SQLite ignores it without a word."""
    _driver(conn).execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def broken_references(conn: Connection) -> list[tuple[str, int, str]]:
    """(table, row, table it refers to) of rows whose counterpart is missing."""
    rows = conn.exec_driver_sql("PRAGMA foreign_key_check")
    return [(row[0], row[1] or 0, row[2]) for row in rows]


def damage(conn: Connection) -> list[str]:
    return [line for line in conn.exec_driver_sql("PRAGMA integrity_check(20)").scalars() if line != "ok"]


def size_bytes(conn: Connection) -> int:
    pages, size = (
        conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
    )
    return int(pages * size)


def now(conn: Connection) -> datetime:
    moment = text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now') AS moment").columns(moment=Text)
    return datetime.fromisoformat(conn.execute(moment).scalar_one()).replace(tzinfo=UTC)


def tidy_up(conn: Connection) -> None:
    """Refreshes the planner's figures where they are old; reads at most 400 rows of an index."""
    conn.exec_driver_sql("PRAGMA analysis_limit=400")
    conn.exec_driver_sql("PRAGMA optimize")


def shrink_log(conn: Connection) -> None:
    """Brings the log into the file as far as no reader holds it up; outside a transaction."""
    _driver(conn).execute("PRAGMA wal_checkpoint(TRUNCATE)")


def wait_no_more(conn: Connection) -> None:
    """From now on this connection gives up at once where another one holds a lock."""
    _driver(conn).execute("PRAGMA busy_timeout=0")


def is_busy(error: BaseException) -> bool:
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def explained(error: DBAPIError | sqlite3.Error, path: Path, *, reading: bool = False) -> PresswatchError:
    """The same error in words that say what to do."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    if reading and _name(driver) == "SQLITE_READONLY":
        return StorageError(
            "something was to be written inside a read, a bug in Presswatch: please report it"
        )
    if _name(driver) in CONFLICTS:
        return Conflict(f"somebody else changed the same data at the same time; try again ({driver})")
    return StorageError(_advice(driver, path))


def _advice(error: BaseException | None, path: Path) -> str:
    name = _name(error)
    if name == "SQLITE_FULL" or (
        name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")) and _has_no_space(path)
    ):
        return f"the disk is full ({path.parent}): nothing was lost; free space and it goes on"
    for beginning, advice in ADVICE.items():
        if name.startswith(beginning):
            return advice.format(path=path, folder=path.parent, error=error)
    return f"the database refused: {error} ({path}); 'presswatch db check' looks it over, 'presswatch db upgrade' brings it up to date"


CONFLICTS = frozenset(f"SQLITE_CONSTRAINT_{kind}" for kind in ("UNIQUE", "PRIMARYKEY", "ROWID", "FOREIGNKEY"))
ADVICE = {
    "SQLITE_BUSY": "another program has kept {path} to itself for more than a minute: end it and try again; nothing was lost",
    "SQLITE_LOCKED": "another program has kept {path} to itself for more than a minute: end it and try again; nothing was lost",
    "SQLITE_CORRUPT": "the database {path} is damaged ({error}): nothing more was written; put back a backup copy",
    "SQLITE_NOTADB": "{path} is no database, or its beginning is damaged: nothing was changed; put back a backup copy or name another file",
    "SQLITE_READONLY": "{path} cannot be written ({error}): give this user the right to write it and its folder {folder}",
    "SQLITE_PERM": "{path} cannot be opened: give this user the right to read and write it and its folder {folder}",
    "SQLITE_AUTH": "{path} cannot be opened: give this user the right to read and write it and its folder {folder}",
    "SQLITE_CANTOPEN": "{path} cannot be opened: the folder {folder} must exist and this user must have the right to write in it",
    "SQLITE_IOERR": "the disk failed under {path} ({error}): nothing that was confirmed is lost; look at the disk, then start again",
    "SQLITE_NOMEM": "not enough memory for the database {path}: end other programs and try again",
}


def _has_no_space(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < FULL_BELOW_BYTES
    except OSError:
        return False


def _driver(conn: Connection) -> Any:
    """The driver's own connection: a statement on it begins no transaction."""
    return conn.connection.dbapi_connection


def _name(error: BaseException | None) -> str:
    if isinstance(error, DBAPIError):
        error = error.orig
    return getattr(error, "sqlite_errorname", None) or ""
