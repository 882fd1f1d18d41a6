"""``kill -9`` of the service, hundreds of times, at random moments and right behind the steps of an article's way.

    .venv/bin/python bench/kills.py [--kills 300] [--seed 1]

Sites on loopback publish all the time and digests are due all the time. Each death takes the whole process group; what it
left half done is counted. In the end a last service runs until nothing is open, and every planted story must be stored
once, told once in the ledger and stand in exactly one mail. Exit 1 when one does not, or when the database is damaged.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

HOUSE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HOUSE), str(HOUSE / "tests")]

from service.living import (  # noqa: E402  # the folders above are not installed
    Place,
    Service,
    is_due,
    let_a_slot_come,
    mails_of,
    marks_told,
    place_for,
    stored_marks,
    told_by_ledger,
    until,
)
from service.town import Outlet, town  # noqa: E402

from storage.check import check  # noqa: E402
from storage.db import Database  # noqa: E402
from storage.tables import articles, hits  # noqa: E402

EVERY_S = 0.25
OPEN_AT_MOST = 30
"""Stories that no digest has told yet: more than about sixty do not fit into one mail."""
LONGEST_LIFE_S = 15.0


class Town:
    """Publishes and lets digests come due until it is told to stop."""

    def __init__(self, place: Place, outlets: list[Outlet]) -> None:
        self.place, self.outlets, self.days, self.number = place, outlets, 0, 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ending.set()
        self._thread.join()

    @property
    def planted(self) -> set[str]:
        return {story.mark for outlet in self.outlets for story in outlet.stories}

    def _work(self) -> None:
        with self.place.database() as db:
            while not self._ending.wait(EVERY_S):
                if self.number - len(told_by_ledger(db)) < OPEN_AT_MOST:
                    self.number += 1
                    self.outlets[self.number % len(self.outlets)].publish(self.number)
                if not is_due(db):
                    self.days += 1
                    let_a_slot_come(db, self.days)


def moments(place: Place, outlets: list[Outlet], draw: random.Random) -> dict[str, Callable[[Service], bool]]:
    """When to kill: each says whether its step has been seen since the service began."""
    mails, pages = (
        len(list((place.data / "outbox").glob("*.eml"))),
        sum(len(its.pages_asked()) for its in outlets),
    )
    visits = sum(len(outlet.visits) for outlet in outlets)
    end = time.monotonic() + draw.uniform(0.2, 4.0)
    return {
        "at random": lambda _: time.monotonic() > end,
        "a feed was asked": lambda _: sum(len(outlet.visits) for outlet in outlets) > visits,
        "a page was asked": lambda _: sum(len(outlet.pages_asked()) for outlet in outlets) > pages,
        "a digest was frozen": lambda service: "digest frozen" in service.log,
        "a mail was written": lambda _: len(list((place.data / "outbox").glob("*.eml"))) > mails,
    }


def live_and_die(place: Place, outlets: list[Outlet], draw: random.Random, which: int) -> str:
    name, seen = list(moments(place, outlets, draw).items())[which]
    service = place.start()
    deadline = time.monotonic() + LONGEST_LIFE_S
    while not seen(service) and time.monotonic() < deadline:
        time.sleep(0.001)
    # Right behind the step, or some way on.
    time.sleep(draw.choice((0.0, draw.uniform(0, 0.05), draw.uniform(0, 0.3))))
    service.kill()
    service.log_file.unlink()
    place.services.remove(service)
    return name


def left_behind(db: Database, folder: Path) -> Counter[str]:
    """What was half done when it died."""
    with db.read() as conn:
        unread = conn.execute(
            select(func.count()).select_from(articles).where(articles.c.page_state == "wanted")
        ).scalar_one()
        pending = conn.execute(
            select(func.count()).select_from(hits).where(hits.c.state == "pending")
        ).scalar_one()
    queued = {message_id for message_id, (state, _) in mails_of(db).items() if state == "queued"}
    written = {path.stem for path in (folder / "outbox").glob("*.eml")}
    unnoted = sum(message_id.strip("<>") in written for message_id in queued)
    untold = len(set(stored_marks(db)) - set(told_by_ledger(db)))
    return Counter(
        {
            "entry without its page": unread > 0,
            "hit that waits for its page": pending > 0,
            "article that no digest has told": untold > 0,
            "mail that was frozen and not written": len(queued) > unnoted,
            "mail that was written and not noted": unnoted > 0,
        }
    )


def settle(place: Place, town_: Town, db: Database) -> None:
    """The last service works until nothing is open."""
    with place.service() as service:
        until(lambda: set(stored_marks(db)) == town_.planted, 300, say=lambda: service.log[-2000:])
        until(lambda: not left_behind(db, place.data)["hit that waits for its page"], 300)
        while set(told_by_ledger(db)) != town_.planted:
            town_.days += 1
            let_a_slot_come(db, town_.days)
            time.sleep(1)
        until(lambda: {state for state, _ in mails_of(db).values()} == {"sent"}, 300)


def verdict(place: Place, town_: Town, db: Database) -> list[str]:
    """What is wrong; nothing, it is hoped."""
    wrong = []
    for what, counted in (
        ("stored", Counter(stored_marks(db))),
        ("in the ledger", Counter(told_by_ledger(db))),
        ("in mails", marks_told(place.data)),
    ):
        lost = sorted(town_.planted - set(counted))
        twice = sorted(mark for mark, times in counted.items() if times > 1)
        print(f"{what}: {len(counted)} of {len(town_.planted)}, lost {len(lost)}, twice {len(twice)}")
        wrong += [f"{what}, lost: {lost[:5]}"] * bool(lost) + [f"{what}, twice: {twice[:5]}"] * bool(twice)
    frozen = {message_id.strip("<>"): raw for message_id, (_, raw) in mails_of(db).items()}
    written = {path.stem: path.read_bytes() for path in (place.data / "outbox").glob("*.eml")}
    print(f"mails: {len(frozen)} frozen, {len(written)} files")
    wrong += ["the files are not what was frozen"] * (frozen != written)
    return wrong + [f"database: {finding}" for finding in check(db)]


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--kills", type=int, default=300)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    draw, deaths, left = random.Random(given.seed), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder, town(2) as outlets:
        place = place_for(Path(folder), outlets)
        with place.service():
            pass
        town_ = Town(place, outlets)
        with place.database() as db:
            town_.begin()
            for number in range(given.kills):
                deaths[live_and_die(place, outlets, draw, number % 5)] += 1
                left += left_behind(db, place.data)
                if number % 20 == 19:
                    print(f"{number + 1} deaths, {len(town_.planted)} stories, {dict(left)}", flush=True)
            town_.end()
            settle(place, town_, db)
            print("died when:", dict(deaths))
            print("left behind:", dict(left))
            wrong = verdict(place, town_, db)
    print("\n".join(wrong) if wrong else f"nothing lost and nothing told twice in {given.kills} deaths")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
