"""SQLite: how a file is opened, read, written and looked over. What its errors mean: ``storage.sqlite_errors``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Text, create_engine, event, text
from sqlalchemy.pool import QueuePool

from core.errors import PresswatchError, StorageError
from storage import sqlite_errors
from storage.patience import patiently
from storage.store import Kind

BUSY_TIMEOUT_S = 10.0
READERS_KEPT = 4
READERS_AT_MOST = 40
"""As many as the threads of a web server; those beyond the kept ones are closed after use."""
READ_CACHE_KIB = 4_000
WRITE_CACHE_KIB = 8_000

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


@dataclass(frozen=True, slots=True)
class SqliteStore:
    path: Path
    reading: Engine
    writing: Engine
    identity: tuple[int, int] | None = field(repr=False)
    kind: Kind = "sqlite"

    @property
    def place(self) -> str:
        return str(self.path)

    def look(self) -> None:
        """Without this a service would go on writing into a file that was deleted or replaced under it."""
        if _identity(self.path) != self.identity:
            raise StorageError(
                f"{self.path} was removed or replaced while it was open: nothing was written; put it back and start again"
            )

    def is_busy(self, error: BaseException) -> bool:
        return sqlite_errors.is_busy(error)

    def is_passing(self, error: BaseException) -> bool:
        """A transaction that began has the file to itself: whatever stops it would stop it again."""
        return False

    def is_open(self, error: BaseException) -> bool:
        return False

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """References are not enforced meanwhile: a table may be made anew under its rows."""
        with self.writing.connect() as conn:
            # Only outside a transaction; inside one SQLite ignores it without a word.
            _driver(conn).execute("PRAGMA foreign_keys=OFF")
            try:
                yield conn
            finally:
                conn.rollback()
                _driver(conn).execute("PRAGMA foreign_keys=ON")

    def look_over(self, conn: Connection) -> None:
        if broken := broken_references(conn):
            raise StorageError(f"the migration was undone, it would have broken references: {broken[:5]}")

    def keep_house(self) -> None:
        with self.writing.connect() as conn:
            _driver(conn).execute("PRAGMA busy_timeout=0")
            # Refreshes the planner's figures where they are old; reads at most 400 rows of an index.
            conn.exec_driver_sql("PRAGMA analysis_limit=400")
            conn.exec_driver_sql("PRAGMA optimize")
            conn.commit()
            # Brings the log into the file as far as no reader holds it up.
            _driver(conn).execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def explained(self, error: BaseException, *, reading: bool = False) -> PresswatchError:
        return sqlite_errors.explained(error, self.path, reading=reading)


def open_store(url: URL) -> SqliteStore:
    """Makes the file and its folder if they are not there."""
    path = _file_of(url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the folder {path.parent} cannot be made: {error.strerror}") from error
    try:
        patiently(lambda: _prepare(path), sqlite_errors.is_busy)
    except sqlite3.Error as error:
        raise sqlite_errors.explained(error, path) from error
    return SqliteStore(path, _read_engine(path), _write_engine(path), _identity(path))


def _file_of(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.query:
        raise StorageError(
            f"the database address {url.render_as_string()} names no file: write sqlite:////folder/presswatch.db"
        )
    return Path(url.database).absolute()


def _prepare(path: Path) -> None:
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


def _read_engine(path: Path) -> Engine:
    # The first look at the schema takes the snapshot: what is read later in the block is of this moment.
    begin = ("BEGIN", "PRAGMA schema_version")
    return _engine(path, READ_PRAGMAS, begin, READERS_KEPT, READERS_AT_MOST - READERS_KEPT)


def _write_engine(path: Path) -> Engine:
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
        # Texts and addresses of people do not belong into a log.
        hide_parameters=True,
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


def now(conn: Connection) -> datetime:
    moment = text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now') AS moment").columns(moment=Text)
    return datetime.fromisoformat(conn.execute(moment).scalar_one()).replace(tzinfo=UTC)


def size_bytes(conn: Connection) -> int:
    """The file without its log."""
    pages, size = (
        conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
    )
    return int(pages * size)


def damage(conn: Connection) -> list[str]:
    return [line for line in conn.exec_driver_sql("PRAGMA integrity_check(20)").scalars() if line != "ok"]


def broken_references(conn: Connection) -> list[tuple[str, str, str]]:
    rows = conn.exec_driver_sql("PRAGMA foreign_key_check")
    return [(row[0], str(row[1] or 0), row[2]) for row in rows]


def _driver(conn: Connection) -> Any:
    """The driver's own connection: a statement on it begins no transaction."""
    return conn.connection.dbapi_connection


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_dev, stat.st_ino
