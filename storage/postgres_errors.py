"""What PostgreSQL's errors mean to a person, and which of them pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from core.errors import Conflict, PresswatchError, StorageError

CONFLICTS: Final = frozenset({"23505", "23503", "40001", "40P01"})
UNDONE: Final = frozenset({"40001", "40P01"})
"""Serialization failure, deadlock."""
STARTING: Final = "57P03"

# By the beginning of the code, the longest first.
ADVICE: Final[Mapping[str, str]] = {
    "28": "{place} refuses the user {user}: look at the user and the password of the address, and at pg_hba.conf of the server",
    "3D": "there is no such database: {place}; make it with: createdb -E UTF8 {database}",
    "42501": "the user {user} may not do this on {place} ({error}): make {user} the owner of the database",
    "42P01": "{place} lacks a table ({error}): presswatch db upgrade",
    "42703": "{place} lacks a column ({error}): presswatch db upgrade",
    "53100": "the disk of the database server is full ({place}): nothing was lost; free space and it goes on",
    "53200": "not enough memory on the database server ({place}): {error}",
    "53300": "{place} has no connection left: raise max_connections of the server, or end other programs that use it",
    "55P03": "another program has kept {place} to itself for more than a minute: end it and try again; nothing was lost",
    "57014": "{place} ended a statement that took too long ({error}): raise statement_timeout for the user {user}",
    "57P03": "{place} has been starting up for more than a minute: look at the log of the server, then try again",
    "25006": "{place} takes no writes: it is a copy that follows another server; name that one",
    "XX001": "{place} is damaged ({error}): nothing more was written; put back a backup copy",
    "XX002": "an index of {place} is damaged ({error}): REINDEX DATABASE {database}",
}
# A connection that was refused comes without a code; these are the words of the server in English.
REFUSALS: Final[Mapping[str, str]] = {
    "password authentication failed": "28",
    "no password supplied": "28",
    "no pg_hba.conf entry": "28",
    "authentication failed": "28",
    'role "': "28",
    "permission denied for database": "28",
    "the database system is starting up": STARTING,
    "not yet accepting connections": STARTING,
    "too many clients": "53300",
    "remaining connection slots": "53300",
    "too many connections": "53300",
    'database "': "3D",
}
UNREACHED: Final = (
    "{place} cannot be reached ({error}): is the server running, and the address right? nothing of this was stored"
)


def is_lost(error: BaseException) -> bool:
    """The connection broke, or none was made."""
    return (
        isinstance(error, DBAPIError)
        and code_of(error) is None
        and (error.connection_invalidated or type(error.orig).__name__.startswith(("Operational", "Connection")))
    ) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def is_starting(error: BaseException) -> bool:
    return code_of(error) == STARTING


def is_passing(error: BaseException) -> bool:
    """Whatever was refused for good, as a wrong password, is not worth another try."""
    code = code_of(error)
    return code in UNDONE or (is_lost(error) and (code is None or code.startswith(("57", "25P03", "08"))))


def code_of(error: BaseException) -> str | None:
    """SQLSTATE, or the beginning of one."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    code: str | None = getattr(driver, "sqlstate", None)
    if code is not None:
        return code
    said = str(driver)
    return next((code for words, code in REFUSALS.items() if words in said), None)


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
        code = code_of(error) or ""
        if reading and code == "25006":
            return StorageError(
                "something was to be written inside a read, a bug in Presswatch: please report it"
            )
        if code in CONFLICTS:
            return Conflict(
                f"somebody else changed the same data at the same time; try again ({self._said(error)})"
            )
        return StorageError(self._advice(error, code))

    def _advice(self, error: BaseException, code: str) -> str:
        facts = {
            "place": self.place,
            "user": self.url.username or "of this process",
            "database": self.url.database,
            "error": self._said(error),
        }
        for beginning, advice in ADVICE.items():
            if code.startswith(beginning):
                return advice.format(**facts)
        if is_lost(error):
            return UNREACHED.format(**facts)
        return "{place} refused: {error}; 'presswatch db check' looks it over".format(**facts)

    def _said(self, error: BaseException) -> str:
        """The server's words without the rows that they are about, which may name people."""
        driver = error.orig if isinstance(error, DBAPIError) else error
        primary = getattr(getattr(driver, "diag", None), "message_primary", None)
        said = str(primary or driver or error).strip().splitlines()
        line = said[-1] if primary is None and said else said[0] if said else ""
        secret = self.url.password
        return line.replace(str(secret), "…") if secret else line
