"""Several processes that want the same things at the same time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from databases import Maker
from sqlalchemy import select

from storage.db import Database
from storage.jobs import get_fact, set_fact
from storage.leases import acquire, take_over
from storage.requests import ask
from storage.tables import meta

PROCESSES, TIMES = 4, 60
DELAY = timedelta(seconds=2)
START = datetime.fromisoformat("2026-11-24T08:00:00+00:00")

CHILD = f"""
import json, sys
from datetime import datetime, timedelta
from sqlalchemy import insert, select, update
from core.errors import Conflict
from storage import hosts, leases, requests
from storage.db import Database
from storage.tables import meta

me, db = sys.argv[2], Database.open(sys.argv[1])
now, delay, ttl = datetime.fromisoformat("{START.isoformat()}"), timedelta(seconds={DELAY.total_seconds()}), timedelta(milliseconds=2)

def led(conn, epoch):
    leases.fence(conn, "work", me, epoch)
    conn.execute(insert(meta).values(key=f"{{epoch}}/{{me}}/{{n}}", value=""))

slots, taken, won, led_in = [], [], [], []
input()
for n in range({TIMES}):
    slots.append(db.write(lambda conn: hosts.reserve(conn, "lake-post.example", delay, now)).isoformat())
    taken += [request.id for request in db.write(lambda conn: requests.take(conn, limit=3))]
    try:
        db.write(lambda conn: conn.execute(insert(meta).values(key=f"race {{n}}", value=me)))
        won.append(n)
    except Conflict:
        pass
    epoch = db.write(lambda conn: leases.acquire(conn, "work", me, ttl))
    if epoch is not None:
        try:
            db.write(lambda conn: led(conn, epoch))
            led_in.append(epoch)
        except Conflict:
            pass
db.close()
print(json.dumps({{"slots": slots, "taken": taken, "won": won, "led": led_in}}))
"""


@pytest.fixture(scope="module")
def scramble(maker: Maker) -> Iterator[tuple[Database, list[dict[str, Any]], list[int]]]:
    """What each process got, and what was there to be taken."""
    url = maker.ready()
    db = Database.open(url)
    asked = db.write(lambda conn: [ask(conn, "crawl", {}, START) for _ in range(PROCESSES * TIMES)])
    running = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, url, f"p{n}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(PROCESSES)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=120) for process in running]
    assert [errors for _, errors in ends] == [""] * PROCESSES
    yield db, [json.loads(out) for out, _ in ends], asked
    db.close()
    maker.drop(url)


Scramble = tuple[Database, list[dict[str, Any]], list[int]]


def test_no_slot_of_a_host_is_given_out_twice(scramble: Scramble) -> None:
    _, got, _ = scramble

    slots = sorted(datetime.fromisoformat(slot) for its in got for slot in its["slots"])

    assert slots[0] == START
    assert {later - earlier for earlier, later in pairwise(slots)} == {DELAY}


def test_each_request_is_taken_once(scramble: Scramble) -> None:
    _, got, asked = scramble

    assert sorted(request for its in got for request in its["taken"]) == asked


def test_of_those_who_write_the_same_key_one_wins_and_the_others_are_told(scramble: Scramble) -> None:
    _, got, _ = scramble

    assert sorted(n for its in got for n in its["won"]) == list(range(TIMES))


def test_an_epoch_has_one_owner_and_only_its_owner_writes_in_it(scramble: Scramble) -> None:
    db, got, _ = scramble
    with db.read() as conn:
        keys = [
            key.split("/")
            for key in conn.execute(select(meta.c.key).where(meta.c.key.like("%/%/%"))).scalars()
        ]

    owners = {epoch: {who for its, who, _ in keys if its == epoch} for epoch, _, _ in keys}
    written = Counter((who, int(epoch)) for epoch, who, _ in keys)

    assert all(len(who) == 1 for who in owners.values())
    assert written == Counter((f"p{n}", epoch) for n, its in enumerate(got) for epoch in its["led"])
    assert written


STOPPING = """
import os, signal, sys, time
from datetime import timedelta
from storage.db import Database
from storage.jobs import set_fact
from storage.leases import acquire, fence

def half(conn):
    tries.append(1)
    fence(conn, "work", "stopped", epoch)
    set_fact(conn, "half", "written")
    if len(tries) == 1:
        print("stopping", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(0.5)  # a signal takes hold of this thread only when it next waits for something

tries, db = [], Database.open(sys.argv[1])
epoch = db.write(lambda conn: acquire(conn, "work", "stopped", timedelta(seconds=6)))
try:
    db.write(half)
except Exception as error:
    print(type(error).__name__, len(tries), flush=True)
"""


def test_a_process_that_is_stopped_while_it_writes_is_out_of_the_way_in_eight_seconds(
    postgres_db: Database, postgres_url: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPING, postgres_url], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "stopping\n"

    start = time.monotonic()
    postgres_db.write(lambda conn: set_fact(conn, "other", "written"))
    waited = time.monotonic() - start
    epoch = postgres_db.write(lambda conn: take_over(conn, "work", "alive", timedelta(seconds=6)))
    os.kill(process.pid, signal.SIGCONT)
    told = process.communicate(timeout=30)[0]

    assert waited < 8
    assert (epoch, told) == (2, "Conflict 2\n")
    with postgres_db.read() as conn:
        assert (get_fact(conn, "half"), get_fact(conn, "other")) == (None, "written")


def test_those_who_come_first_to_a_new_lease_agree_on_one(db: Database, ready_url: str) -> None:
    others = [Database.open(ready_url) for _ in range(4)]
    got: list[int | None] = []

    def come(database: Database, who: str) -> None:
        got.append(database.write(lambda conn: acquire(conn, "new", who, timedelta(minutes=1))))

    threads = [threading.Thread(target=come, args=(other, f"w{n}")) for n, other in enumerate(others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()

    assert sorted(got, key=str) == [1, None, None, None]
