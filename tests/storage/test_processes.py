"""Several processes on one file, and processes that die."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

from sqlalchemy import Connection, insert, select, update

from storage import schema
from storage.check import check
from storage.db import Database, dialect_of
from storage.tables import meta

COUNTING = """
import sys, threading
from sqlalchemy import select, update
from storage.db import Database
from storage.tables import meta

def increment(conn):
    value = int(conn.execute(select(meta.c.value).where(meta.c.key == "n")).scalar_one())
    conn.execute(update(meta).where(meta.c.key == "n").values(value=str(value + 1)))

def work():
    for _ in range(times):
        db.write(increment)
        with db.read() as conn:
            conn.execute(select(meta)).all()

url, times = sys.argv[1], int(sys.argv[2])
db = Database.open(url)
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
db.close()
"""

WRITING = """
import itertools, sys
from sqlalchemy import insert
from storage.db import Database
from storage.tables import meta

db = Database.open(sys.argv[1])
for n in itertools.count():
    pair = [{"key": f"{side}-{n}", "value": "x" * 2000} for side in ("left", "right")]
    db.write(lambda conn: [conn.execute(insert(meta).values(row)) for row in pair])
    print(n, flush=True)
"""

OPENING = """
import sys
from storage import schema
from storage.db import Database

for _ in range(5):
    db = Database.open(sys.argv[1])
    print(schema.upgrade(db).current)
    db.close()
"""

DYING_MIGRATION = """
import os, signal, sys
from storage.db import Database
from storage.tables import metadata

def half(conn):
    metadata.create_all(conn, tables=list(metadata.sorted_tables)[:5])
    os.kill(os.getpid(), signal.SIGKILL)

Database.open(sys.argv[1]).migrate(half)
"""


def start(code: str, *args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_all_increments_of_several_processes_and_threads_count(db: Database, ready_url: str) -> None:
    db.write(lambda conn: conn.execute(insert(meta).values(key="n", value="0")))

    running = [start(COUNTING, ready_url, 50) for _ in range(4)]
    own = [threading.Thread(target=lambda: [db.write(_increment) for _ in range(50)]) for _ in range(2)]
    for thread in own:
        thread.start()
    ends = [(process.communicate(timeout=120)[1], process.returncode) for process in running]
    for thread in own:
        thread.join()

    assert ends == [("", 0)] * 4
    with db.read() as conn:
        assert conn.execute(select(meta.c.value).where(meta.c.key == "n")).scalar_one() == str(4 * 100 + 100)


def test_many_processes_open_and_make_the_same_database(url: str) -> None:
    ends = [process.communicate(timeout=120) for process in [start(OPENING, url) for _ in range(4)]]

    assert ends == [(f"{schema.HEAD}\n" * 5, "")] * 4


def test_a_killed_writer_leaves_whole_transactions_and_all_that_it_confirmed(
    db: Database, ready_url: str
) -> None:
    for _ in range(3):
        process = start(WRITING, ready_url)
        assert process.stdout is not None
        lines = [int(process.stdout.readline()) for _ in range(40)]
        process.send_signal(signal.SIGKILL)
        rest, errors = process.communicate(timeout=60)
        confirmed = set(lines) | {int(line) for line in rest.split("\n") if line}

        with db.read() as conn:
            kept = set(conn.execute(select(meta.c.key).where(meta.c.key.like("%t-%"))).scalars())
        left = {int(key.removeprefix("left-")) for key in kept if key.startswith("left-")}
        right = {int(key.removeprefix("right-")) for key in kept if key.startswith("right-")}
        assert errors == ""
        assert left == right >= confirmed
        assert check(db) == []
        db.write(lambda conn: conn.execute(meta.delete().where(meta.c.key.like("%t-%"))))


def test_a_migration_that_is_killed_leaves_the_database_as_it_was(url: str) -> None:
    process = start(DYING_MIGRATION, url)
    assert process.wait(60) == -signal.SIGKILL
    process.communicate()

    db = Database.open(url)
    assert schema.state(db) == schema.SchemaState(None, schema.HEAD, empty=True)
    assert schema.upgrade(db).current == schema.HEAD
    with db.read() as conn:
        assert dialect_of(conn).damage(conn) == []
    db.close()


def _increment(conn: Connection) -> None:
    value = int(conn.execute(select(meta.c.value).where(meta.c.key == "n")).scalar_one())
    conn.execute(update(meta).where(meta.c.key == "n").values(value=str(value + 1)))
