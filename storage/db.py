"""The database of one process: who may read and write when, and what becomes of errors.

Reads are snapshots on connections of their own. Writes go one after another through one thread: there is never more
than one writer of this process, and those of other processes are waited for.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, make_url
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from core.errors import StorageError
from storage import sqlite

T = TypeVar("T")

PATIENCE_S = 60.0
"""How long a transaction waits to begin while other processes write, on top of SQLite's own 10 seconds."""
ASYNC_READERS = 4


class Database:
    """All threads of a process share one. ``work`` runs on the writer's thread: keep it short, without I/O or parsing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reading = sqlite.read_engine(path)
        self._writing = sqlite.write_engine(path)
        self._writer_thread: int | None = None
        self._writer = ThreadPoolExecutor(1, "database-writer", self._note_writer)
        self._readers = ThreadPoolExecutor(ASYNC_READERS, "database-reader")
        with self._explained():
            self._begun(self._reading).close()
        self._file = _identity(path)

    @classmethod
    def open(cls, url: str) -> Database:
        """Makes the file and its folder if they are not there; the tables are made by ``schema.upgrade``."""
        path = _sqlite_file(url)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"the folder {path.parent} cannot be made: {error.strerror}") from error
        try:
            _patiently(lambda: sqlite.prepare(path))
        except sqlite3.Error as error:
            raise sqlite.explained(error, path) from error
        return cls(path)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot for the whole block. Cheap; hold it as short as a page takes."""
        with self._explained(reading=True), self._begun(self._reading) as conn:
            yield conn

    def write(self, work: Callable[[Connection], T]) -> T:
        """All of ``work`` is stored, or, when it raises, nothing."""
        return self._submit(self._write, work).result()

    async def read_async(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._readers.submit(self._read, work))

    async def write_async(self, work: Callable[[Connection], T]) -> T:
        """Cancelled while it waits it is not done; cancelled while it runs it is done all the same."""
        return await asyncio.wrap_future(self._submit(self._write, work))

    def migrate(self, work: Callable[[Connection], T]) -> T:
        """Like ``write``, with references checked once at the end: a table may be made anew under its rows."""
        return self._submit(self._migrate, work).result()

    def close(self) -> None:
        """Waits for what was begun. Closing twice does nothing."""
        self._readers.shutdown()
        # Housekeeping only: it may fail, on a full disk or beside a busy process, and the data is none the worse.
        with suppress(DBAPIError, sqlite3.Error, RuntimeError):
            self._submit(self._keep_house, sqlite.tidy_up).result()
        self._writer.shutdown()
        self._reading.dispose()
        self._writing.dispose()

    def _submit(
        self, run: Callable[[Callable[[Connection], T]], T], work: Callable[[Connection], T]
    ) -> Future[T]:
        if threading.get_ident() == self._writer_thread:
            raise RuntimeError(
                "a write was begun inside a write, which would wait for itself: pass the connection on"
            )
        return self._writer.submit(run, work)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self.read() as conn:
            return work(conn)

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self._explained(), self._begun(self._writing) as conn:
            self._still_there()
            done = work(conn)
            conn.commit()
            return done

    def _migrate(self, work: Callable[[Connection], T]) -> T:
        with self._explained(), self._writing.connect() as conn:
            sqlite.enforce_foreign_keys(conn, False)
            try:
                _patiently(conn.begin)
                done = work(conn)
                if broken := sqlite.broken_references(conn):
                    raise StorageError(
                        f"the migration was undone, it would have broken references: {broken[:5]}"
                    )
                conn.commit()
                return done
            finally:
                conn.rollback()
                sqlite.enforce_foreign_keys(conn, True)

    def _keep_house(self, work: Callable[[Connection], None]) -> None:
        with self._writing.connect() as conn:
            sqlite.wait_no_more(conn)
            work(conn)
            conn.commit()
            sqlite.shrink_log(conn)

    def _begun(self, engine: Engine) -> Connection:
        """A connection in a transaction; closing it undoes what was not committed."""
        return _patiently(lambda: _begin(engine))

    def _note_writer(self) -> None:
        self._writer_thread = threading.get_ident()

    def _still_there(self) -> None:
        """Without this a service would go on writing into a file that was deleted or replaced under it."""
        if _identity(self.path) != self._file:
            raise StorageError(
                f"{self.path} was removed or replaced while it was open: nothing was written; put it back and start again"
            )

    @contextmanager
    def _explained(self, *, reading: bool = False) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise sqlite.explained(error, self.path, reading=reading) from error
        except NoFreeConnection as error:
            raise StorageError("too many reads at once for a minute: try again") from error


def upsert(
    conn: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    on: Sequence[str],
    change: Sequence[str],
) -> None:
    """Inserts; a row whose ``on`` columns are there already gets the ``change`` columns, or, without any, stays as it is."""
    if not rows:
        return
    statement: Any = _INSERT[conn.dialect.name](table)
    if change:
        new = {name: statement.excluded[name] for name in change}
        statement = statement.on_conflict_do_update(index_elements=list(on), set_=new)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(on))
    conn.execute(statement, [dict(row) for row in rows])


_INSERT: Mapping[str, Callable[[Table], Any]] = {
    "sqlite": sqlite_dialect.insert,
    "postgresql": postgresql.insert,
}


def database_now(conn: Connection) -> datetime:
    """The time of the machine that the database is on, the same for all who share it."""
    return sqlite.now(conn)


def _sqlite_file(url: str) -> Path:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StorageError(
            "the database address cannot be read: write sqlite:////folder/presswatch.db"
        ) from error
    if address.get_backend_name() != "sqlite":
        raise StorageError(
            f"the database address begins with {address.drivername}: this version stores in SQLite, sqlite:////folder/presswatch.db"
        )
    return sqlite.file_of(address)


def _begin(engine: Engine) -> Connection:
    conn = engine.connect()
    try:
        conn.begin()
    except BaseException:
        conn.close()
        raise
    return conn


def _patiently(act: Callable[[], T]) -> T:
    """Again while another process holds the file; SQLite's own waiting has gaps (opening, recovery after a crash)."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return act()
        except (DBAPIError, sqlite3.Error) as error:
            if not sqlite.is_busy(error) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.01, 0.1))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_dev, stat.st_ino
