"""What SQLite's errors mean to a person."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from core.errors import Conflict, PresswatchError, StorageError

FULL_BELOW_BYTES = 1 << 20

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


def is_busy(error: BaseException) -> bool:
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def explained(error: BaseException, path: Path, *, reading: bool = False) -> PresswatchError:
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


def _has_no_space(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < FULL_BELOW_BYTES
    except OSError:
        return False


def _name(error: BaseException | None) -> str:
    if isinstance(error, DBAPIError):
        error = error.orig
    return getattr(error, "sqlite_errorname", None) or ""
