"""What a command asks of a running service: it writes a row, the service does the work, the command reads the answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from core.errors import NotFound
from storage.tables import requests


@dataclass(frozen=True, slots=True)
class Request:
    id: int
    kind: str
    args: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    state: Literal["asked", "taken", "done", "failed"]
    result: Any = None
    """Of ``done``."""
    error: str | None = None
    """Of ``failed``."""


def ask(conn: Connection, kind: str, args: Mapping[str, Any], now: datetime) -> int:
    values = {"kind": kind, "args": dict(args), "state": "asked", "created_at": now}
    made: int = conn.execute(insert(requests).values(**values).returning(requests.c.id)).scalar_one()
    return made


def take(conn: Connection, kinds: Collection[str] | None = None, limit: int = 100) -> list[Request]:
    """Those that nobody has taken, oldest first; they are the caller's now. ``kinds`` None = all."""
    query = select(requests).where(requests.c.state == "asked").order_by(requests.c.id).limit(limit)
    if kinds is not None:
        query = query.where(requests.c.kind.in_(list(kinds)))
    rows = conn.execute(query.with_for_update(skip_locked=True)).mappings().all()
    conn.execute(update(requests).where(requests.c.id.in_([row["id"] for row in rows])).values(state="taken"))
    return [Request(row["id"], row["kind"], row["args"], row["created_at"]) for row in rows]


def finish(
    conn: Connection, request_id: int, now: datetime, *, result: Any = None, error: str | None = None
) -> None:
    """``error`` = it failed, in words for whoever asked. One that was withdrawn meanwhile is gone."""
    state, answer = ("done", result) if error is None else ("failed", {"error": error})
    done = update(requests).where(requests.c.id == request_id, requests.c.state == "taken")
    conn.execute(done.values(state=state, result=answer, done_at=now))


def answer(conn: Connection, request_id: int) -> Answer:
    row = conn.execute(select(requests.c.state, requests.c.result).where(requests.c.id == request_id)).first()
    if row is None:
        raise NotFound(f"there is no request {request_id}")
    if row.state == "failed":
        return Answer("failed", error=row.result["error"])
    return Answer(row.state, row.result)


def withdraw(conn: Connection, request_id: int, *, begun: bool = False) -> bool:
    """By a command that waits no longer. False = the service has begun, or has done it.

    ``begun``: also what a service began, because it is known to have died over it.
    """
    states = ["asked", "taken"] if begun else ["asked"]
    waiting = delete(requests).where(requests.c.id == request_id, requests.c.state.in_(states))
    return conn.execute(waiting).rowcount == 1


def give_back(conn: Connection) -> int:
    """At the start of the service: what its predecessor took and did not finish is open again."""
    return conn.execute(update(requests).where(requests.c.state == "taken").values(state="asked")).rowcount


def drop_finished(conn: Connection, before: datetime) -> int:
    return conn.execute(delete(requests).where(requests.c.done_at < before)).rowcount


def are_waiting(conn: Connection, kinds: Collection[str]) -> bool:
    """A read is cheaper than looking with a write each second."""
    waiting = select(requests.c.id).where(requests.c.state == "asked", requests.c.kind.in_(list(kinds)))
    return conn.execute(waiting.limit(1)).first() is not None
