"""A copy that was put back must not tell again what was told since: it is held until a person releases it.

A mark beside the database holds the last issue that was frozen. A database that knows less than the mark is an older copy,
however it came there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from core.clock import Clock
from storage import digests as digest_store
from storage import jobs as job_store
from storage.db import Database

HELD = "outbox held"
HELD_ADVICE = (
    "mail is held, because an older copy of the database was put back: what it tells may have been told since; "
    "look at 'presswatch outbox list', then: presswatch outbox release"
)
MARK = "outbox.mark"


@dataclass(frozen=True, slots=True)
class Restoring:
    db: Database
    folder: Path
    clock: Clock

    def hold(self) -> None:
        now = self.clock()
        self.db.write(lambda conn: job_store.set_fact(conn, HELD, now.isoformat()))

    def held_since(self) -> datetime | None:
        with self.db.read() as conn:
            return held_since(conn)

    def release(self) -> bool:
        """False when nothing was held. What is due goes out from now on."""

        def work(conn: Connection) -> bool:
            was_held = job_store.drop_fact(conn, HELD)
            self._write(digest_store.last_issue(conn))
            return was_held

        return self.db.write(work)

    def note(self) -> None:
        """After an issue was frozen."""
        with self.db.read() as conn:
            self._write(digest_store.last_issue(conn))

    def look(self) -> bool:
        """At the start: True when the database is older than the mark, and is held from now on."""
        with self.db.read() as conn:
            behind = digest_store.last_issue(conn) < self._marked()
        if behind:
            self.hold()
        return behind

    def _marked(self) -> int:
        try:
            return int(json.loads((self.folder / MARK).read_text())["issue"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _write(self, issue: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{MARK}.part"
        temporary.write_text(json.dumps({"issue": issue}))
        temporary.replace(self.folder / MARK)


def forget_mark(folder: Path) -> None:
    """A database that begins anew is no older copy of the one that stood here before."""
    (folder / MARK).unlink(missing_ok=True)


def held_since(conn: Connection) -> datetime | None:
    text = job_store.get_fact(conn, HELD)
    return datetime.fromisoformat(text) if text else None
