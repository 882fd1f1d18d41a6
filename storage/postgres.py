"""PostgreSQL: how a database is opened, read, written and looked over. What its errors mean: ``storage.postgres_errors``.

One writer at a time, as on SQLite, by a lock that ends with its transaction. Much above this room reads and then writes what
follows from it; with one writer nothing comes in between, and results are the same on both kinds of database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    URL,
    Connection,
    DateTime,
    Engine,
    ExceptionContext,
    Text,
    cast,
    create_engine,
    event,
    func,
    select,
    text,
)

from core.errors import PresswatchError, StorageError
from storage import postgres_errors
from storage.store import Kind
from storage.tables import metadata

OLDEST: Final = 14
DRIVER: Final = "postgresql+psycopg"

READERS_KEPT, READERS_AT_MOST = 4, 20
WRITER_LOCK: Final = int.from_bytes(b"presswat")
LOCK_TIMEOUT: Final = timedelta(seconds=60)
IDLE_WRITER: Final = timedelta(seconds=5)
"""A writer that was stopped in the middle, or whose machine is gone, is in the way no longer than this: the lease of a dead
service is taken over within 8 seconds. One that was only slow does its transaction again."""

# What the address itself says goes before these. A server that is gone is noticed within half a minute.
CONNECTING: Final = {
    "application_name": "presswatch",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
COMMON: Final = {
    "TimeZone": "UTC",
    # Compiling a query takes longer than any of ours runs.
    "jit": "off",
    "lock_timeout": f"{LOCK_TIMEOUT.total_seconds():.0f}s",
}
WRITING: Final = COMMON | {"idle_in_transaction_session_timeout": f"{IDLE_WRITER.total_seconds():.0f}s"}

# Each goes out as one message. A statement after BEGIN takes the snapshot: what is read later is of this moment.
BEGIN_TO_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"
BEGIN_TO_WRITE: Final = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({WRITER_LOCK})"


@dataclass(frozen=True, slots=True)
class PostgresStore:
    place: str
    words: postgres_errors.Words = field(repr=False)
    reading: Engine
    writing: Engine
    kind: Kind = "postgresql"

    def look(self) -> None:
        """A connection that is open leads to the database itself, whatever became of its address."""

    def is_busy(self, error: BaseException) -> bool:
        return postgres_errors.is_starting(error)

    def is_passing(self, error: BaseException) -> bool:
        return postgres_errors.is_passing(error)

    def is_open(self, error: BaseException) -> bool:
        return postgres_errors.is_open(error)

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        with self.writing.connect() as conn:
            yield conn

    def look_over(self, conn: Connection) -> None:
        """References were enforced all the time."""

    def keep_house(self) -> None:
        """PostgreSQL does that itself."""

    def explained(self, error: BaseException, *, reading: bool = False) -> PresswatchError:
        return self.words.explained(error, reading=reading)


def open_store(url: URL) -> PostgresStore:
    """The database must be there; it is not connected to yet."""
    if not url.database or any("@" in (part or "") for part in (url.host, url.database)):
        # What stands there may be the end of a password, so it is not shown.
        raise StorageError(
            "the database address cannot be read: write postgresql+psycopg://user:password@host:5432/database, "
            "with the special characters of the password as %40 and the like"
        )
    if url.drivername not in ("postgresql", DRIVER):
        raise StorageError(f"the database address begins with {url.drivername}: write {DRIVER}://…")
    words = postgres_errors.Words(url)
    return PostgresStore(words.place, words, _engine(url, reading=True), _engine(url, reading=False))


def _engine(url: URL, *, reading: bool) -> Engine:
    given = {name: value for name, value in CONNECTING.items() if name not in url.query}
    engine = create_engine(
        url.set(drivername=DRIVER),
        pool_size=READERS_KEPT if reading else 1,
        max_overflow=READERS_AT_MOST - READERS_KEPT if reading else 0,
        pool_timeout=60,
        # Nothing is prepared: each plan is made for the words asked, and a pooler between may hand out any connection.
        connect_args=given | {"prepare_threshold": None},
        # Texts and addresses of people do not belong into a log.
        hide_parameters=True,
    )
    event.listen(engine, "connect", partial(_set_up, reading))
    event.listen(engine, "begin", partial(_begin, BEGIN_TO_READ if reading else BEGIN_TO_WRITE))
    event.listen(engine, "handle_error", _leave_out_rows)
    return engine


def _set_up(reading: bool, connection: Any, _record: object) -> None:
    try:
        _refuse_unfit(connection.info)
    except StorageError:
        connection.close()
        raise
    # The driver's own notion of when a transaction begins is switched off; see the begin listener.
    connection.autocommit = True
    settings = COMMON if reading else WRITING
    calls = ", ".join("set_config(%s, %s, false)" for _ in settings)
    connection.execute(f"SELECT {calls}", [part for setting in settings.items() for part in setting])


def _refuse_unfit(info: Any) -> None:
    version, encoding = info.server_version // 10_000, info.parameter_status("server_encoding")
    if version < OLDEST:
        raise StorageError(
            f"the database server is PostgreSQL {version}: version {OLDEST} or newer is needed"
        )
    if encoding != "UTF8":
        raise StorageError(
            f"the database {info.dbname} keeps texts as {encoding}: make one with ENCODING 'UTF8' TEMPLATE template0"
        )


def _begin(statement: str, conn: Connection) -> None:
    conn.exec_driver_sql(statement)


def _leave_out_rows(context: ExceptionContext) -> None:
    """The server adds the row that an error is about, with texts and addresses of people."""
    driver, told = context.original_exception, context.sqlalchemy_exception
    primary = getattr(getattr(driver, "diag", None), "message_primary", None)
    if primary and told:
        driver.args = (primary,)
        told.args = (f"({type(driver).__name__}) {primary}",)


def now(conn: Connection) -> datetime:
    # Not the time at which the transaction began: it may have waited for others.
    moment: datetime = conn.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()
    return moment.astimezone(UTC)


def size_bytes(conn: Connection) -> int:
    """All tables of the schema with their indexes, not those of other programs beside it."""
    sizes = text(
        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint AS size FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    )
    return int(conn.execute(sizes).scalar_one())


def damage(conn: Connection) -> list[str]:
    """What the server knows of: pages that failed their checksum, indexes that were not finished."""
    failed = text(
        "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0"
    )
    unfit = text(
        "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
        "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace ORDER BY 1"
    )
    pages = [f"{n} pages failed their checksum" for n in conn.execute(failed).scalars()]
    return pages + [
        f"the index {name} is not valid: REINDEX INDEX {name}" for name in conn.execute(unfit).scalars()
    ]


def broken_references(conn: Connection) -> list[tuple[str, str, str]]:
    """None, unless somebody switched the enforcement off."""
    found = []
    for table in metadata.sorted_tables:
        row = func.concat_ws(", ", *(cast(column, Text) for column in table.primary_key))
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            counterpart = key.column.table.alias()
            known = select(1).where(counterpart.c[key.column.name] == key.parent).exists()
            query = select(row).where(key.parent.is_not(None), ~known).order_by(*table.primary_key).limit(20)
            found += [(table.name, name, key.column.table.name) for name in conn.execute(query).scalars()]
    return found
