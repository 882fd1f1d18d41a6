"""Which form the database has, and how it gets the one that this program knows.

The common case, nothing to do, reads one row; Alembic is imported only when a migration must run.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from core.errors import StorageError
from storage import indexing
from storage.db import Database
from storage.jobs import get_fact, set_fact

REVISIONS = ("0001", "0002")
"""All that this program knows, oldest first; a test holds them equal to those of the migrations."""
HEAD = REVISIONS[-1]
MIGRATIONS = Path(__file__).parent / "migrations"
MADE_BY = "schema made by"

_VERSION = table("alembic_version", column("version_num"))


@dataclass(frozen=True, slots=True)
class SchemaState:
    current: str | None
    """None = there are no tables of ours."""
    head: str
    empty: bool
    """There are no tables at all."""


def state(db: Database) -> SchemaState:
    with db.read() as conn:
        return _state(conn)


def upgrade(db: Database) -> SchemaState:
    """Makes the tables, or brings them up to date; does nothing when they are. All of it happens, or nothing.

    Raises ``StorageError`` when the database was made by a newer program, or is none of ours.
    """
    with db.read() as conn:
        found = _state(conn)
        _refuse_foreign(conn, found, db.place)
        ready = found.current == HEAD and indexing.is_current(conn)
    if ready:
        return found
    if found.current != HEAD:
        db.migrate(lambda conn: _migrate(conn, db.place))
    indexing.rebuild(db)
    return state(db)


def is_of_metadata(name: str | None, kind: str, _parents: object) -> bool:
    """False for the tables of the full-text index, which ``tables.metadata`` does not know."""
    return kind != "table" or not (name or "").startswith("article_index")


def _migrate(conn: Connection, place: str) -> None:
    found = _state(conn)
    _refuse_foreign(conn, found, place)
    if found.current == HEAD:
        return  # another process was faster

    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, HEAD)
    set_fact(conn, MADE_BY, _own_version())


def _state(conn: Connection) -> SchemaState:
    tables = inspect(conn).get_table_names()
    current = None
    if "alembic_version" in tables:
        current = conn.execute(select(_VERSION.c.version_num)).scalar_one_or_none()
    return SchemaState(current, HEAD, not tables)


def _refuse_foreign(conn: Connection, found: SchemaState, place: str) -> None:
    if found.current is None and not found.empty:
        raise StorageError(f"{place} is a database of another program: name another one; nothing was changed")
    if found.current is not None and found.current not in REVISIONS:
        maker = get_fact(conn, MADE_BY) or "a newer version"
        raise StorageError(
            f"{place} was made by Presswatch {maker} (schema {found.current}), this is {_own_version()} (schema {HEAD}): "
            f"install Presswatch {maker} or newer, or put back a copy made before; nothing was changed"
        )


def _own_version() -> str:
    try:
        return version("presswatch")
    except PackageNotFoundError:
        return "(not installed)"
