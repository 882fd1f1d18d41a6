"""Digests that are frozen while other things happen: every story is in exactly one, and no digest gets stuck."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from desk_house import START, Desk, entry
from service.living import Place, marks_told, told_by_ledger
from service.town import Outlet
from sqlalchemy import select

from config.settings import load
from core.clock import utc_now
from core.errors import Conflict
from core.types import DateClaim, Entry, Found
from presswatch.compose import House, open_house
from storage.tables import issues

STORIES = 40

SENDING = """
import os, sys
from contextlib import suppress
from config.settings import load
from core.errors import Conflict
from presswatch.compose import open_house

house = open_house(load(os.environ))
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    with suppress(Conflict):
        house.digesting.send("daily")
house.close()
"""


def test_an_article_that_is_stored_while_digests_are_built_is_in_exactly_one(
    place: Place, outlets: list[Outlet], tmp_path: Path
) -> None:
    """Two threads of one process and another process freeze without a pause, while stories come in."""
    house, done = open_house(load(place.environ)), tmp_path / "done"
    other = subprocess.Popen(
        [sys.executable, "-c", SENDING, str(done)], env=place.environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None and other.stdout.readline() == "ready\n"
        with sending(house, threads=2):
            for number in range(STORIES):
                comes_in(house, outlets[0], number)
        done.touch()
        assert other.wait(60) == 0
        house.digesting.send("daily")
        asyncio.run(house.delivering.deliver())
        with house.db.read() as conn:
            frozen = len(conn.execute(select(issues.c.id)).all())
    finally:
        other.kill()
        other.wait()
        told = told_by_ledger(house.db)
        house.close()

    planted = Counter(story.mark for story in outlets[0].stories)
    assert Counter(told) == planted
    assert marks_told(place.data) == planted
    assert frozen > 10


@contextmanager
def sending(house: House, threads: int) -> Iterator[None]:
    ending = threading.Event()

    def work() -> None:
        while not ending.is_set():
            # Without a pause the others are quicker again and again: refused, nothing was told.
            with suppress(Conflict):
                house.digesting.send("daily")

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        ending.set()
        for thread in running:
            thread.join()


def comes_in(house: House, outlet: Outlet, number: int) -> None:
    """Listed by a feed whose entries are complete: a hit that counts at once."""
    story = outlet.publish(number)
    claim = DateClaim(utc_now(), "minute", "feed")
    item = Entry(url=None, title=story.title, guid=str(number), summary=story.paragraphs[0], published=claim)
    asyncio.run(house.archive.store_found(Found(outlet.id, utc_now(), "ok", 200, entries=(item,))))


def test_a_digest_sent_by_hand_at_its_hour_takes_no_slot_s_place(desk: Desk) -> None:
    """It was begun before the slot was frozen and ends after."""
    desk.clock.now = START.replace(minute=30)
    before = desk.digesting.states()[0]
    assert [frozen.slot for frozen in desk.digesting.freeze_due()] == ["2026-03-26T08:30"]

    with desk.db.read() as conn:
        late = desk.digesting._compose(conn, before, "manual", desk.clock())
    desk.db.write(lambda conn: desk.digesting._store(conn, before, late, None, desk.clock()))

    assert desk.digesting.freeze_due() == []
    assert desk.digesting.states()[0].next_due > desk.clock()


def test_a_slot_that_has_its_issue_holds_up_no_later_one(desk: Desk) -> None:
    """The clock was put back, or the schedule was changed and changed back: the same slot is due again."""
    desk.clock.now = START.replace(minute=30)
    desk.digesting.freeze_due()
    desk.clock.now = START
    subscription = desk.digesting.states()[0].subscription
    desk.digesting.edit(replace(subscription, schedule="09:00 daily"), who="test")
    desk.digesting.edit(subscription, who="test")

    desk.clock.now = START.replace(minute=40)
    assert desk.digesting.freeze_due() == []
    desk.clock.pass_time(days=1)
    assert [frozen.slot for frozen in desk.digesting.freeze_due()] == ["2026-03-27T08:30"]


def test_an_address_that_stands_twice_gets_one_mail(desk: Desk) -> None:
    desk.opens()
    desk.finds("wire", entry(1, url="https://wire.example/1"))
    subscription = desk.digesting.states()[0].subscription
    desk.digesting.edit(replace(subscription, to=("ann@office.example", "Ann@Office.example")), who="test")

    frozen = desk.digesting.send("daily")

    assert (frozen.stories, len(frozen.messages)) == (1, 1)
