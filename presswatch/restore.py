"""Putting a copy of the database back: while nobody uses it, keeping what was there, and holding mail."""

from __future__ import annotations

from pathlib import Path

from core.errors import ConfigError
from presswatch.cli.session import Session
from presswatch.compose import open_house
from scheduler.lock import ServiceLock
from storage.backup import examine, put_back

KEPT = "before-restore"


def restore(session: Session, file: Path) -> Path | None:
    """Where the database that was there before is kept. Raises ``Conflict`` while a service runs."""
    settings = session.settings
    if not settings.database_url.startswith("sqlite"):
        raise ConfigError("this restores SQLite files only; put a PostgreSQL dump back with its own tools")
    target = Path(settings.database_url.removeprefix("sqlite:///"))
    examine(file)
    lock = ServiceLock.take(settings.data_dir, kind="command")
    try:
        kept = None
        if target.exists():
            kept = target.with_name(f"{target.name}.{KEPT}")
            put_aside(target, kept)
        put_back(file, target)
        with_house = open_house(settings)
        try:
            with_house.restoring.hold()
        finally:
            with_house.close()
        return kept
    finally:
        lock.release()


def put_aside(database: Path, kept: Path) -> None:
    """As a whole copy, its log included. What is too damaged to be copied is kept as the file it is."""
    import shutil

    from core.errors import StorageError
    from storage.backup import back_up
    from storage.db import Database

    try:
        db = Database.open(f"sqlite:///{database.absolute()}")
        try:
            back_up(db, kept)
        finally:
            db.close()
    except StorageError:
        shutil.copyfile(database, kept)
