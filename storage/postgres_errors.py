"""What PostgreSQL's errors mean to a person, and which of them pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from core.errors import Conflict, PresswatchError, StorageError

CONFLICTS: Final = ("23505", "23503", "40001", "40P01")
UNDONE: Final = ("40001", "40P01")
"""Serialization failure, deadlock."""
STOOD_STILL: Final = "25P03"
"""The writer did nothing for too long."""
BROKEN: Final = ("08", "57P01", "57P02", "57P05", STOOD_STILL)
"""The server ended the connection."""
STARTING: Final = "57P03"
WRITTEN_IN_A_READ: Final = "25006"

# By the beginning of the code.
ADVICE: Final[Mapping[str, str]] = {
    "28": "{place} refuses the user {user} ({error}): look at the user and the password of the address, and at pg_hba.conf of the server",
    "3D": "there is no such database: {place}; make it with: createdb -E UTF8 {database}",
    "42501": "the user {user} may not do this on {place} ({error}): make {user} the owner of the database",
    "42P01": "{place} lacks a table ({error}): presswatch db upgrade",
    "42703": "{place} lacks a column ({error}): presswatch db upgrade",
    "53100": "the disk of the database server is full ({place}): nothing was lost; free space and it goes on",
    "53200": "not enough memory on the database server ({place}): {error}",
    "53300": "{place} has no connection left: raise max_connections of the server, or end other programs that use it",
    "55P03": "another program has kept {place} to itself for more than a minute: end it and try again; nothing was lost",
    "57014": "{place} ended a statement that took too long ({error}): raise statement_timeout for the user {user}",
    STARTING: "{place} has been starting up for more than a minute: look at the log of the server, then try again",
    WRITTEN_IN_A_READ: "{place} takes no writes: it is a copy that follows another server; name that one",
    "XX001": "{place} is damaged ({error}): nothing more was written; put back a backup copy",
    "XX002": "an index of {place} is damaged ({error}): REINDEX DATABASE {database}",
}
UNREACHED: Final = "{place} cannot be reached ({error}): is the server running, and the address right? nothing of this was stored"

# A connection that was refused comes without a code. These are the words of the server in English; in another language they
# are shown as they are.
REFUSALS: Final[Mapping[str, str]] = {
    r"password authentication failed|no password supplied|authentication failed|no pg_hba\.conf entry": "28",
    r'role ".*" (does not exist|is not permitted to log in)|permission denied for database': "28",
    r"starting up|not yet accepting connections": STARTING,
    r"too many (clients|connections)|remaining connection slots": "53300",
    r'database ".*" does not exist': "3D",
}


def code_of(error: BaseException) -> str:
    """SQLSTATE, or the beginning of one; empty when there is none."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    given: str | None = getattr(driver, "sqlstate", None)
    if given is not None:
        return given
    return next((code for words, code in REFUSALS.items() if re.search(words, str(driver))), "")


def is_lost(error: BaseException) -> bool:
    """The connection broke, or none could be made."""
    code = code_of(error)
    return code.startswith(BROKEN) or (isinstance(error, OperationalError) and not code)


def is_open(error: BaseException) -> bool:
    """A commit may have arrived or not. One that stood still was ended before."""
    return is_lost(error) and code_of(error) != STOOD_STILL


def is_passing(error: BaseException) -> bool:
    return code_of(error) in UNDONE or is_lost(error)


def is_starting(error: BaseException) -> bool:
    return code_of(error) == STARTING


@dataclass(frozen=True, slots=True)
class Words:
    """How errors of one database are told. The password is in none of them."""

    url: URL

    @property
    def place(self) -> str:
        host = self.url.host or self.url.query.get("host") or "this machine"
        port = f":{self.url.port}" if self.url.port else ""
        return f"the database {self.url.database} on {host}{port}"

    def explained(self, error: BaseException, *, reading: bool = False) -> PresswatchError:
        code = code_of(error)
        if reading and code == WRITTEN_IN_A_READ:
            return StorageError(
                "something was to be written inside a read, a bug in Presswatch: please report it"
            )
        if code in CONFLICTS:
            return Conflict(
                f"somebody else changed the same data at the same time; try again ({self._said(error)})"
            )
        return StorageError(self._advice(error, code))

    def _advice(self, error: BaseException, code: str) -> str:
        advice = next((words for beginning, words in ADVICE.items() if code.startswith(beginning)), None)
        if advice is None and is_lost(error):
            advice = UNREACHED
        return (advice or "{place} refused: {error}; 'presswatch db check' looks it over").format(
            place=self.place,
            user=self.url.username or "of this process",
            database=self.url.database,
            error=self._said(error),
        )

    def _said(self, error: BaseException) -> str:
        """The server's words without the rows that they are about, which may name people."""
        driver = error.orig if isinstance(error, DBAPIError) else error
        primary = getattr(getattr(driver, "diag", None), "message_primary", None)
        said = str(primary or driver).strip().partition("\n")[0].removeprefix("connection failed: ")
        return said.replace(str(self.url.password), "…") if self.url.password else said
