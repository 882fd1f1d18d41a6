"""Copies of the database: whole, consistent, made while it is in use; and putting one back.

A copy is a database file of its own, so it can be looked into, and opened by any command with PRESSWATCH_DATABASE_URL.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from core.errors import StorageError
from storage.db import Database
from storage.schema import REVISIONS

SIDE_FILES = ("-wal", "-shm")


def back_up(db: Database, target: Path) -> int:
    """Bytes of the copy. It appears under its name only when it is complete and checked."""
    if db.path is None:
        raise StorageError(f"{db.place} is no file that could be copied: make a copy with pg_dump")
    temporary = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        with sqlite3.connect(db.path, timeout=60, isolation_level=None) as conn:
            conn.execute("VACUUM INTO ?", (str(temporary),))
        conn.close()
        examine(temporary)
        _sync(temporary)
        temporary.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"the copy {target} was not made: {error}; is there room, and the right to write there?"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target.stat().st_size


def put_back(source: Path, target: Path) -> None:
    """Replaces the file of the database by a copy. Nobody may have it open. A damaged or foreign file is refused."""
    examine(source)
    temporary = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, temporary)
        _sync(temporary)
        for side in SIDE_FILES:
            target.with_name(target.name + side).unlink(missing_ok=True)
        temporary.replace(target)
    except OSError as error:
        raise StorageError(f"{source} was not put back: {error}; the database is as it was") from error
    finally:
        temporary.unlink(missing_ok=True)


def examine(file: Path) -> None:
    """Raises ``StorageError`` unless it is a whole database of this program or an older one."""
    if not file.is_file():
        raise StorageError(f"there is no file {file}")
    try:
        with sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True) as conn:
            found = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
            revision = conn.execute("SELECT version_num FROM alembic_version").fetchone()
        conn.close()
    except sqlite3.Error as error:
        raise StorageError(
            f"{file} is damaged or no database of Presswatch ({error}): nothing was changed"
        ) from error
    if found != "ok":
        raise StorageError(f"{file} is damaged ({found}): nothing was changed; take another copy")
    if revision is None or revision[0] not in REVISIONS:
        raise StorageError(
            f"{file} was made by a newer Presswatch: install that version; nothing was changed"
        )


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
