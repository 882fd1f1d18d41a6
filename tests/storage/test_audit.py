from __future__ import annotations

from datetime import datetime

from storage.audit import AuditLine, recent, record
from storage.db import Database


def test_changes_are_told_newest_first_with_what_was_before(db: Database, now: datetime) -> None:
    lines = [
        AuditLine(now, "lin", "watch add", "harbour", None, {"query": "港口"}),
        AuditLine(now, "wei", "watch edit", "harbour", {"query": "港口"}, {"query": "港口 OR harbour"}),
        AuditLine(now, "wei", "alias set", "@port", "港口", "港口 OR 码头"),
    ]
    for line in lines:
        db.write(
            lambda conn, line=line: record(
                conn,
                who=line.who,
                action=line.action,
                subject=line.subject,
                before=line.before,
                after=line.after,
                now=now,
            )
        )

    with db.read() as conn:
        assert recent(conn) == lines[::-1]
        assert recent(conn, limit=1) == [lines[2]]
        assert recent(conn, subject="harbour") == [lines[1], lines[0]]
