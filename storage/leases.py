"""Who leads. A lease is a row with an owner, an end and an epoch that grows whenever the owner changes.

Time is the database's own, so that the clocks of several machines do not matter; ``now`` is for tests. A process that was
stopped and wakes up late still believes that it leads: therefore whatever it writes is behind ``fence``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, insert, select, update

from core.errors import Conflict
from storage.db import database_now
from storage.tables import leases


def acquire(
    conn: Connection, name: str, owner: str, ttl: timedelta, now: datetime | None = None
) -> int | None:
    """The epoch, or None while somebody else holds it. Whoever holds it already has it prolonged."""
    now = now or database_now(conn)
    row = _row(conn, name, lock=True)
    if row is not None and row["owner"] != owner and row["expires_at"] > now:
        return None
    return _take(conn, row, name, owner, now + ttl)


def take_over(conn: Connection, name: str, owner: str, ttl: timedelta, now: datetime | None = None) -> int:
    """At once, whoever holds it: only for the holder of the lock that proves the other one dead."""
    return _take(conn, _row(conn, name, lock=True), name, owner, (now or database_now(conn)) + ttl)


def renew(
    conn: Connection, name: str, owner: str, epoch: int, ttl: timedelta, now: datetime | None = None
) -> bool:
    """False = lost; nothing was changed."""
    expires_at = (now or database_now(conn)) + ttl
    return (
        conn.execute(update(leases).where(_same(name, owner, epoch)).values(expires_at=expires_at)).rowcount
        == 1
    )


def release(conn: Connection, name: str, owner: str, epoch: int, now: datetime | None = None) -> None:
    """Free from now on. The row stays, for the next epoch must be a higher one."""
    ended = {"owner": "", "expires_at": now or database_now(conn)}
    conn.execute(update(leases).where(_same(name, owner, epoch)).values(**ended))


def holds(conn: Connection, name: str, owner: str, epoch: int) -> bool:
    """True until somebody else took it, also beyond its end: nobody else can have written meanwhile."""
    query = select(leases.c.epoch).where(_same(name, owner, epoch))
    return conn.execute(query.with_for_update(read=True)).first() is not None


def fence(conn: Connection, name: str, owner: str, epoch: int) -> None:
    """To stand in the transaction that it protects. Raises ``Conflict`` when the lease is lost."""
    if not holds(conn, name, owner, epoch):
        raise Conflict(f"another process has taken over the work of '{name}': nothing was written")


def is_held(conn: Connection, name: str, now: datetime | None = None) -> bool:
    """Somebody holds it now."""
    return holder_of(conn, name, now) is not None


def holder_of(conn: Connection, name: str, now: datetime | None = None) -> str | None:
    row = _row(conn, name)
    held = row is not None and row["owner"] != "" and row["expires_at"] > (now or database_now(conn))
    return row["owner"] if row is not None and held else None


def _take(conn: Connection, row: RowMapping | None, name: str, owner: str, expires_at: datetime) -> int:
    if row is None:
        conn.execute(insert(leases).values(name=name, owner=owner, epoch=1, expires_at=expires_at))
        return 1
    epoch: int = row["epoch"] if row["owner"] == owner else row["epoch"] + 1
    values = {"owner": owner, "epoch": epoch, "expires_at": expires_at}
    conn.execute(update(leases).where(leases.c.name == name).values(**values))
    return epoch


def _row(conn: Connection, name: str, *, lock: bool = False) -> RowMapping | None:
    query = select(leases).where(leases.c.name == name)
    return conn.execute(query.with_for_update() if lock else query).mappings().first()


def _same(name: str, owner: str, epoch: int) -> ColumnElement[bool]:
    return and_(leases.c.name == name, leases.c.owner == owner, leases.c.epoch == epoch)
