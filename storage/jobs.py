"""When each job of the timetable last ran, and small facts about the database itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from storage.db import upsert
from storage.tables import jobs, meta


@dataclass(frozen=True, slots=True)
class JobRun:
    name: str
    ran_at: datetime | None
    ok_at: datetime | None
    error: str | None


def record_run(conn: Connection, name: str, now: datetime, error: str | None) -> None:
    row = {"name": name, "ran_at": now, "error": error} | ({} if error else {"ok_at": now})
    upsert(conn, jobs, [row], on=["name"], change=[column for column in row if column != "name"])


def job_runs(conn: Connection) -> dict[str, JobRun]:
    return {row["name"]: JobRun(**row) for row in conn.execute(select(jobs)).mappings()}


def get_fact(conn: Connection, key: str) -> str | None:
    return conn.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()


def set_fact(conn: Connection, key: str, value: str) -> None:
    upsert(conn, meta, [{"key": key, "value": value}], on=["key"], change=["value"])


def drop_fact(conn: Connection, key: str) -> bool:
    return conn.execute(delete(meta).where(meta.c.key == key)).rowcount > 0
