"""What ``storage.db`` must be told about a kind of database; ``storage.sqlite`` and ``storage.postgres`` tell it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy import Connection, Engine

from core.errors import PresswatchError

Kind = Literal["sqlite", "postgresql"]


class Store(Protocol):
    """One database, opened. Connections of ``reading`` begin with a snapshot, those of ``writing`` as the only writer."""

    @property
    def kind(self) -> Kind: ...

    @property
    def place(self) -> str:
        """Where it is, in words for messages, without a password."""

    @property
    def reading(self) -> Engine: ...

    @property
    def writing(self) -> Engine: ...

    def look(self) -> None:
        """Raises ``StorageError`` when what is written would go nowhere."""

    def is_busy(self, error: BaseException) -> bool:
        """A transaction could not begin, but will when others have ended."""

    def is_passing(self, error: BaseException) -> bool:
        """All of the transaction was undone, through no fault of its own: the same again may succeed."""

    def is_open(self, error: BaseException) -> bool:
        """Of an error of a commit: nobody can tell whether it was stored."""

    def migrating(self) -> AbstractContextManager[Connection]:
        """A connection on which tables may be changed, not yet in a transaction."""

    def look_over(self, conn: Connection) -> None:
        """Before the commit of a migration: raises ``StorageError`` when it broke something."""

    def keep_house(self) -> None:
        """At the end. May fail, and the data is none the worse."""

    def explained(self, error: BaseException, *, reading: bool = False) -> PresswatchError:
        """The error in words that say what to do."""


class Dialect(Protocol):
    """What is asked of a connection in the words of its kind."""

    def now(self, conn: Connection) -> datetime: ...

    def size_bytes(self, conn: Connection) -> int: ...

    def damage(self, conn: Connection) -> list[str]: ...

    def broken_references(self, conn: Connection) -> list[tuple[str, str, str]]:
        """(table, row, table it refers to) of rows whose counterpart is missing."""
