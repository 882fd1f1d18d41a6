"""The database of one process: who may read and write when, and what becomes of errors.

Reads are snapshots on connections of their own. Writes go one after another, those of other processes included, on every
kind of database: what a transaction has read is still so when it writes.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, make_url
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from core.errors import StorageError
from storage import postgres, sqlite
from storage.patience import again, patiently
from storage.store import Dialect, Kind, Store

T = TypeVar("T")

ASYNC_READERS = 4
ADDRESSES = "write sqlite:////folder/presswatch.db or postgresql+psycopg://user:password@host/database"

_OPENERS: Final[Mapping[str, Callable[[URL], Store]]] = {
    "sqlite": sqlite.open_store,
    "postgresql": postgres.open_store,
}
_DIALECTS: Final[Mapping[str, Dialect]] = {"sqlite": sqlite, "postgresql": postgres}


class Database:
    """All threads of a process share one.

    ``work`` runs on the writer's thread: keep it short, without I/O or parsing. It may run more than once, when the database
    undid it, so it changes nothing but the database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writer_thread: int | None = None
        self._writer = ThreadPoolExecutor(1, "database-writer", self._note_writer)
        self._readers = ThreadPoolExecutor(ASYNC_READERS, "database-reader")
        with self._explained():
            self._begun(store.reading).close()

    @classmethod
    def open(cls, url: str) -> Database:
        """The tables are made by ``schema.upgrade``; on SQLite the file and its folder are made, too."""
        address = _address(url)
        store = _OPENERS[address.get_backend_name()](address)
        try:
            return cls(store)
        except BaseException:
            store.reading.dispose()
            store.writing.dispose()
            raise

    @property
    def kind(self) -> Kind:
        return self._store.kind

    @property
    def place(self) -> str:
        """Where it is, for messages; never with a password."""
        return self._store.place

    @property
    def path(self) -> Path | None:
        """Of the file; None where there is no file but a server."""
        return self._store.path if isinstance(self._store, sqlite.SqliteStore) else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot for the whole block. Cheap; hold it as short as a page takes."""
        with (
            self._explained(reading=True),
            again(lambda: self._begun(self._store.reading), self._store.is_passing) as conn,
        ):
            yield conn

    def write(self, work: Callable[[Connection], T]) -> T:
        """All of ``work`` is stored, or, when it raises, nothing."""
        return self._submit(lambda: self._write(work)).result()

    async def read_async(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._readers.submit(self._read, work))

    async def write_async(self, work: Callable[[Connection], T]) -> T:
        """Cancelled while it waits it is not done; cancelled while it runs it is done all the same."""
        return await asyncio.wrap_future(self._submit(lambda: self._write(work)))

    def migrate(self, work: Callable[[Connection], T]) -> T:
        """Like ``write``, with references checked once at the end: a table may be made anew under its rows."""
        return self._submit(lambda: self._migrate(work)).result()

    def close(self) -> None:
        """Waits for what was begun. Closing twice does nothing."""
        self._readers.shutdown()
        # Housekeeping only: it may fail, on a full disk or beside a busy process, and the data is none the worse.
        with suppress(DBAPIError, sqlite3.Error, RuntimeError):
            self._submit(self._store.keep_house).result()
        self._writer.shutdown()
        self._store.reading.dispose()
        self._store.writing.dispose()

    def _submit(self, act: Callable[[], T]) -> Future[T]:
        if threading.get_ident() == self._writer_thread:
            raise RuntimeError(
                "a write was begun inside a write, which would wait for itself: pass the connection on"
            )
        return self._writer.submit(act)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self.read() as conn:
            return work(conn)

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self._explained():
            return again(lambda: self._try(work), self._store.is_passing)

    def _try(self, work: Callable[[Connection], T]) -> T:
        with self._begun(self._store.writing) as conn:
            self._store.look()
            done = work(conn)
            self._commit(conn)
            return done

    def _commit(self, conn: Connection) -> None:
        try:
            conn.commit()
        except DBAPIError as error:
            if self._store.is_open(error):
                raise StorageError(
                    f"the connection to {self.place} broke while something was being stored, and whether it was is not known: "
                    "look before you do it again"
                ) from error
            raise

    def _migrate(self, work: Callable[[Connection], T]) -> T:
        with self._explained(), self._store.migrating() as conn:
            patiently(conn.begin, self._store.is_busy)
            done = work(conn)
            self._store.look_over(conn)
            self._commit(conn)
            return done

    def _begun(self, engine: Engine) -> Connection:
        """A connection in a transaction; closing it undoes what was not committed."""
        return patiently(lambda: _begin(engine), self._store.is_busy)

    def _note_writer(self) -> None:
        self._writer_thread = threading.get_ident()

    @contextmanager
    def _explained(self, *, reading: bool = False) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._store.explained(error, reading=reading) from error
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
    "postgresql": postgresql_dialect.insert,
}


def database_now(conn: Connection) -> datetime:
    """The time of the machine that the database is on, the same for all who share it."""
    return dialect_of(conn).now(conn)


def dialect_of(conn: Connection) -> Dialect:
    return _DIALECTS[conn.dialect.name]


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        # Not chained: the driver's words may hold a part of the password.
        raise StorageError(f"the database address cannot be read: {ADDRESSES}") from None
    if address.get_backend_name() not in _OPENERS:
        raise StorageError(f"the database address begins with {address.drivername}: {ADDRESSES}")
    return address


def _begin(engine: Engine) -> Connection:
    conn = engine.connect()
    try:
        conn.begin()
    except BaseException:
        conn.close()
        raise
    return conn
