"""``presswatch run`` as a process of its own that can be killed, commands beside it, and what is found afterwards."""

from __future__ import annotations

import email
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from service.town import MARK, Outlet, write_pack
from sqlalchemy import select, update

from core.clock import utc_now
from core.types import Fetch
from presswatch.__main__ import main
from storage.db import Database
from storage.tables import articles, digests, ledger, outbox

PROGRAM = (sys.executable, "-m", "presswatch")
PATIENCE_S = 60.0
"""So long is waited for what must come; a test of what comes in time measures for itself."""
LOOK_S = 0.05
MARKS = re.compile(MARK + r"\d{6}")
ZONE = ZoneInfo("Asia/Shanghai")
FIRST_SLOT = datetime(2000, 1, 1, 0, 30, tzinfo=UTC)
"""08:30 there, as the pack of these tests says."""


def until(what: Callable[[], Any], patience_s: float = PATIENCE_S, *, say: Callable[[], str] = str) -> Any:
    """The first true answer. Raises ``AssertionError`` with ``say()`` when none comes in time."""
    deadline = time.monotonic() + patience_s
    while not (answer := what()):
        assert time.monotonic() < deadline, f"not within {patience_s:.0f} s: {say()}"
        time.sleep(LOOK_S)
    return answer


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        assert self.code in (0, 1), self.err
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line that it said on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


class Service:
    """In a session of its own, so that its children can be killed with it."""

    def __init__(self, environ: dict[str, str], log: Path, arguments: Sequence[str]) -> None:
        self.log_file = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [*PROGRAM, "run", *arguments],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    @property
    def address(self) -> str:
        found = re.search(r"service started .*address=(\S+)", self.log)
        assert found is not None, self.log
        return found[1]

    def await_start(self) -> Service:
        def started() -> bool:
            return "service started" in self.log or not self.lives

        until(started, say=lambda: self.log)
        assert self.lives, self.log
        return self

    def kill(self) -> None:
        """With all its children, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@dataclass
class Place:
    """A data folder with its settings; a service may live on it, commands may be run on it."""

    folder: Path
    environ: dict[str, str]
    services: list[Service] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return Path(self.environ["PRESSWATCH_DATA_DIR"])

    def command(self, *arguments: str, timeout_s: float = PATIENCE_S) -> Ended:
        done = subprocess.run(
            [*PROGRAM, *arguments],
            env=self.environ,
            capture_output=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def here(self, *arguments: str) -> Ended:
        """In this process, which spares the start of one: beside the service all the same, but one at a time."""
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            code = main(arguments, self.environ)
        return Ended(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str) -> Service:
        """Does not wait until it is at work."""
        log = self.folder / f"service-{len(self.services) + 1}.log"
        self.services.append(Service(self.environ, log, arguments or ("--no-web",)))
        return self.services[-1]

    @contextmanager
    def service(self, *arguments: str) -> Iterator[Service]:
        """At work inside, ended in order outside."""
        service = self.start(*arguments).await_start()
        yield service
        assert service.stop() == 0, service.log

    @contextmanager
    def database(self) -> Iterator[Database]:
        db = Database.open(f"sqlite:///{self.data / 'presswatch.db'}")
        try:
            yield db
        finally:
            db.close()


def place_for(folder: Path, outlets: Sequence[Outlet], *, fetch: Fetch = "full", **settings: object) -> Place:
    """Settings under which everything comes at once, and whatever is given on top."""
    write_pack(folder / "pack", outlets, fetch)
    own = {key: value for key, value in os.environ.items() if not key.startswith("PRESSWATCH_")}
    fast = {
        "data_dir": folder / "data",
        "pack": folder / "pack",
        "allow_hosts": ",".join(outlet.place for outlet in outlets),
        "host_delay": 0,
        "min_interval": "1s",
        "tick": 0.2,
        "language": "en",
    }
    chosen = {f"PRESSWATCH_{key.upper()}": str(value) for key, value in (fast | settings).items()}
    return Place(folder, own | chosen)


def marks_told(data: Path) -> Counter[str]:
    """In how many mails each story stands."""
    told: Counter[str] = Counter()
    for path in sorted((data / "outbox").glob("*.eml")):
        told.update(set(MARKS.findall(text_of(path))))
    return told


def text_of(mail: Path) -> str:
    body = email.message_from_bytes(mail.read_bytes(), policy=default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def stored_marks(db: Database) -> list[str]:
    """Of each article, one line each."""
    with db.read() as conn:
        return [
            mark
            for title in conn.execute(select(articles.c.title)).scalars()
            for mark in MARKS.findall(title)
        ]


def told_by_ledger(db: Database) -> list[str]:
    told = select(articles.c.title).join(ledger, ledger.c.article_id == articles.c.id)
    with db.read() as conn:
        return [mark for title in conn.execute(told).scalars() for mark in MARKS.findall(title)]


def let_a_slot_come(db: Database, number: int) -> None:
    """The digest is due now, as the slot of day ``number``, which was never due before."""
    due = FIRST_SLOT + timedelta(days=number)
    db.write(lambda conn: conn.execute(update(digests).values(next_due=due)))


def is_due(db: Database) -> bool:
    """A slot has come that is not frozen yet."""
    with db.read() as conn:
        return conn.execute(select(digests.c.next_due)).scalar_one() < utc_now()


def mails_of(db: Database) -> dict[str, tuple[str, bytes]]:
    """State and content of each frozen message, by Message-ID."""
    with db.read() as conn:
        return {row.message_id: (row.state, row.raw) for row in conn.execute(select(outbox))}
