"""What all processes on the same data remember of a host, so that restarts, workers and commands keep its pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, or_, select, update

from storage.db import upsert
from storage.tables import hosts

WAITED_OUT = timedelta(seconds=60)
"""A hold that ends sooner is waited for; behind a longer one nothing is reserved."""
FARTHEST = timedelta(hours=1)
"""Slots are handed out just before use: one that is farther away was written by a clock that was wrong."""


@dataclass(frozen=True, slots=True)
class Held:
    """The host asked to be left alone."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class RobotsRow:
    fetched_at: datetime
    status: int
    text: str


def reserve(conn: Connection, host: str, delay: timedelta, now: datetime) -> datetime | Held:
    """When this request may leave; the next one may ``delay`` later. ``Held`` when that is more than a minute away.

    Without a delay nothing is written. Needs a write transaction: no two callers get the same slot.
    """
    row = _locked(conn, host) if delay else _row(conn, host)
    if row is None:
        return now
    standing = _held(row, now)
    if standing is not None and standing.until > now + WAITED_OUT:
        return standing
    slot = max(now, standing.until if standing else now, _next_slot(row, now, delay))
    if delay:
        conn.execute(update(hosts).where(hosts.c.host == host).values(next_at=slot + delay))
    return slot


def held(conn: Connection, host: str, now: datetime) -> Held | None:
    """The hold that stands now, however short."""
    row = _row(conn, host)
    return _held(row, now) if row else None


def hold(conn: Connection, host: str, until: datetime, why: str) -> None:
    """An end earlier than the present one changes nothing."""
    row = _locked(conn, host)
    if row["held_until"] is None or row["held_until"] < until:
        conn.execute(update(hosts).where(hosts.c.host == host).values(held_until=until, held_why=why))


def robots(conn: Connection, host: str) -> RobotsRow | None:
    """However old: whoever asks knows how long it holds."""
    row = _row(conn, host)
    if row is None or row["robots_at"] is None:
        return None
    return RobotsRow(row["robots_at"], row["robots_status"], row["robots_text"])


def save_robots(conn: Connection, host: str, found: RobotsRow) -> None:
    values = {"robots_at": found.fetched_at, "robots_status": found.status, "robots_text": found.text}
    upsert(conn, hosts, [{"host": host} | values], on=["host"], change=list(values))


def _row(conn: Connection, host: str) -> RowMapping | None:
    return conn.execute(select(hosts).where(hosts.c.host == host)).mappings().first()


def _locked(conn: Connection, host: str) -> RowMapping:
    upsert(conn, hosts, [{"host": host}], on=["host"], change=[])
    return conn.execute(select(hosts).where(hosts.c.host == host).with_for_update()).mappings().one()


def _held(row: RowMapping, now: datetime) -> Held | None:
    until = row["held_until"]
    return Held(until, row["held_why"] or "") if until is not None and until > now else None


def _next_slot(row: RowMapping, now: datetime, delay: timedelta) -> datetime:
    following: datetime | None = row["next_at"]
    return now if following is None or following > now + delay + FARTHEST else following


def claim(conn: Connection, host: str, owner: str, now: datetime, until: datetime) -> bool:
    """True when the host is this worker's now; False while another one's claim runs."""
    upsert(conn, hosts, [{"host": host}], on=["host"], change=[])
    free = or_(hosts.c.claimed_until.is_(None), hosts.c.claimed_until <= now, hosts.c.claimed_by == owner)
    taken = update(hosts).where(hosts.c.host == host, free).values(claimed_by=owner, claimed_until=until)
    return conn.execute(taken).rowcount == 1


def unclaim(conn: Connection, owner: str, host: str | None = None) -> None:
    """One host, or all that this worker claimed."""
    mine = update(hosts).where(hosts.c.claimed_by == owner)
    if host is not None:
        mine = mine.where(hosts.c.host == host)
    conn.execute(mine.values(claimed_by=None, claimed_until=None))
