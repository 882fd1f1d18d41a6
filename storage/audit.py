"""Who changed which rule, source or digest, from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from storage.tables import audit

State = Mapping[str, Any] | str | None
"""None = it did not exist."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    at: datetime
    who: str
    action: str
    subject: str
    before: State
    after: State


def record(
    conn: Connection, *, who: str, action: str, subject: str, before: State, after: State, now: datetime
) -> None:
    """In the transaction of the change itself."""
    values = {"at": now, "who": who, "action": action, "subject": subject, "before": before, "after": after}
    conn.execute(insert(audit).values(**values))


def recent(conn: Connection, limit: int = 50, subject: str | None = None) -> list[AuditLine]:
    """Newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    names = AuditLine.__dataclass_fields__
    return [AuditLine(**{name: row[name] for name in names}) for row in conn.execute(query).mappings()]
