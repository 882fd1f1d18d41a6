"""Commands of all kinds beside a collecting service, for minutes, on a network that has its troubles.

    .venv/bin/python bench/soak.py [--minutes 10] [--seed 1]

Sites on loopback, each a host of its own, publish all the time; digests are sent and rules are edited by commands. One
host falls silent for a minute, later all names fail for a while. In the end every planted story must be stored, be judged
by the rule in force, and stand in exactly one mail; no command may have failed or met a locked database; every host's
pace must have been kept by service and commands together. Exit 1 when something of this does not hold.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path

import psutil

HOUSE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HOUSE), str(HOUSE / "tests")]

from service.living import (  # noqa: E402  # the folders above are not installed
    Place,
    Service,
    marks_told,
    place_for,
    stored_marks,
    told_by_ledger,
    until,
)
from service.test_edited_watch import judged_again, versions_hit  # noqa: E402
from service.town import NameServer, Outlet, Story, names, town  # noqa: E402

from storage.check import check  # noqa: E402
from storage.db import Database  # noqa: E402

SITES, WORKERS = 4, 2
PACE_S, SLACK = 0.5, 0.9
IN_A_ROW = 5
"""So many requests are timed together: the server notes one late when the machine is busy, and the next on time."""
PUBLISH_EVERY_S = 1.0
OPEN_AT_MOST = 40
"""Stories that no digest has told yet: more than about sixty do not fit into one mail."""
ALL_TROUBLES_MINUTES = 8
SILENT_S, NAMELESS_S = 60.0, 150.0
"""Names that were asked for are remembered for a minute, so the outage is felt for the rest."""
FOLLOWED_WITHIN_S, OTHERS_WAIT_AT_MOST_S, BACK_WITHIN_S, ENDED_WITHIN_S = 5.0, 10.0, 90.0, 15.0


@dataclass
class Soak:
    place: Place
    outlets: list[Outlet]
    name_server: NameServer
    draw: random.Random
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    told: list[Story] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    followed: list[float] = field(default_factory=list)
    silent: tuple[float, float] = (0.0, 0.0)
    back_after: float | None = None
    wrong: list[str] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    def publish(self) -> None:
        with self.place.database() as db:
            while not self.ending.wait(PUBLISH_EVERY_S):
                if len(self.told) - len(told_by_ledger(db)) < OPEN_AT_MOST:
                    self.told.append(self.draw.choice(self.outlets).publish(next(self.numbers)))

    def command(self, *arguments: str) -> None:
        begun = time.monotonic()
        done = self.place.command(*arguments, timeout_s=300)
        self.seconds[" ".join(arguments[:2])].append(time.monotonic() - begun)
        if done.code or "locked" in done.err:
            self.wrong.append(f"{' '.join(arguments)}: exit {done.code}: {done.err.strip()[-300:]}")

    def work(self) -> None:
        site = self.outlets[0].id
        while not self.ending.is_set():
            self.command(
                *self.draw.choice(
                    [
                        ("crawl",),
                        ("crawl", "--all", "--wait-pages"),
                        ("crawl", site),
                        ("search", "TISC", "--limit", "5"),
                        ("search", "desk NEAR/10 TISC"),
                        ("watch", "edit", "tisc", "--query", self.draw.choice(("TISC", "TISC OR Pike"))),
                        ("source", "edit", site, "--tier", self.draw.choice("123")),
                        ("digest", "send", "daily"),
                        ("digest", "send", "daily"),
                        ("digest", "preview", "daily"),
                        ("status",),
                        ("db", "stats"),
                        ("source", "list"),
                    ]
                )
            )

    def edit(self) -> None:
        """A rule of its own that changes again and again; the next article of the new word has to be its hit."""
        self.place.command("watch", "add", "tracer", "Tracer0")
        with self.place.database() as db:
            while not self.ending.wait(3):
                number = next(self.numbers)
                outlet = self.outlets[-1]
                self.command("watch", "edit", "tracer", "--query", f"Tracer{number}")
                saved, story = time.monotonic(), outlet.publish(number, f"Tracer{number}")
                while (
                    not versions_hit(db, story.mark)
                    and time.monotonic() < saved + 300
                    and not self.ending.is_set()
                ):
                    time.sleep(0.05)
                if self.name_server.well and not self.ending.is_set():
                    self.followed.append(time.monotonic() - saved)

    def trouble(self, minutes: float) -> None:
        """A silent host, then no names, in the first two thirds of the time."""
        if minutes < ALL_TROUBLES_MINUTES or self.ending.wait(minutes * 60 * 0.1):
            return
        begun = time.monotonic()
        self.outlets[0].mood = "silent"
        self.ending.wait(SILENT_S)
        self.outlets[0].mood = "well"
        self.silent = (begun, time.monotonic())
        if self.ending.wait(minutes * 60 * 0.1):
            return
        self.name_server.well = False
        self.ending.wait(NAMELESS_S)
        network = self.place.command("status", "--json").document["network"]
        if network["health"] != "waiting" or network["cause"]["error_class"] != "dns":
            self.wrong.append(f"status did not say that no name can be resolved: {network}")
        self.name_server.well, returned = True, time.monotonic()
        before = [len(outlet.visits) for outlet in self.outlets]
        while not all(len(its.visits) > n for its, n in zip(self.outlets, before, strict=True)):
            if self.ending.wait(0.1):
                return
        self.back_after = time.monotonic() - returned


def gaps(outlet: Outlet, path: str = "", apart: int = 1) -> list[float]:
    """Between each request at this host, or for this path, and the one ``apart`` before it; shortest first."""
    at = [visit.at for visit in outlet.visits if visit.path.startswith(path)]
    return sorted(after - before for before, after in zip(at, at[apart:], strict=False))


def settle(soak: Soak, db: Database) -> None:
    marks = {story.mark for story in soak.told}
    until(lambda: marks <= set(stored_marks(db)), 300)
    soak.command("crawl", "--all", "--wait-pages")
    for _ in range(20):
        if marks <= set(told_by_ledger(db)):
            return
        soak.command("digest", "send", "daily")


def judge(soak: Soak, service: Service, db: Database) -> None:
    judge_stories(soak, db)
    judge_pace(soak)
    slowest = sorted(soak.followed)
    print(
        f"edited rule followed {len(slowest)} times: median {slowest[len(slowest) // 2]:.1f} s, slowest {slowest[-1]:.1f} s"
    )
    soak.wrong += ["an edited rule was followed too late"] * (slowest[-1] > FOLLOWED_WITHIN_S)
    if soak.back_after is not None:
        print(f"back after {soak.back_after:.1f} s when names could be resolved again")
        soak.wrong += ["not back in time"] * (soak.back_after > BACK_WITHIN_S)
    for word in ("locked", "Traceback", " ERROR "):
        lines = [line for line in service.log.splitlines() if word in line]
        soak.wrong += [
            f"log of the service, {len(lines)} lines with {word!r}: {line[:400]}" for line in lines[:1]
        ]
    soak.wrong += [f"database: {finding}" for finding in check(db)]


def judge_end(soak: Soak, service: Service) -> None:
    """Also while another program keeps the database to itself."""
    with closing(sqlite3.connect(soak.place.data / "presswatch.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        code = service.stop()
    took = time.monotonic() - begun
    print(f"ended with {code} after {took:.1f} s beside a program that holds the database")
    soak.wrong += ["SIGTERM: not 0 within 15 s"] * (code != 0 or took > ENDED_WITHIN_S)


def judge_stories(soak: Soak, db: Database) -> None:
    marks = Counter(story.mark for story in soak.told)
    for what, counted in (
        ("stored", Counter(stored_marks(db))),
        ("told by the ledger", Counter(told_by_ledger(db))),
        ("in mails", marks_told(soak.place.data)),
    ):
        found = Counter({mark: times for mark, times in counted.items() if mark in marks})
        print(
            f"{what}: {len(found)} of {len(marks)} stories, {sum(times > 1 for times in found.values())} twice"
        )
        soak.wrong += [f"{what}: not each story once"] * (found != marks)
    stored, misjudged, judged = judged_again(db)
    print(
        f"judged again: {stored} articles, {len(misjudged)} not as the rule in force says, by rule {dict(judged)}"
    )
    soak.wrong += [f"misjudged: {misjudged[:5]}"] * bool(misjudged)


def judge_pace(soak: Soak) -> None:
    for outlet in soak.outlets:
        shortest, pace = gaps(outlet)[0], gaps(outlet, apart=IN_A_ROW)[0] / IN_A_ROW
        print(
            f"{outlet.id}: {len(outlet.visits)} requests, shortest gap {shortest:.3f} s, over {IN_A_ROW} {pace:.3f} s each"
        )
        soak.wrong += [f"{outlet.id}: pace of {PACE_S} s not kept"] * (pace < PACE_S * SLACK)
    soak.wrong += dead_host_delays(soak)


def dead_host_delays(soak: Soak) -> list[str]:
    """While the first host was silent the others were read on."""
    begin, end = soak.silent
    wrong = []
    for outlet in soak.outlets[1:]:
        at = [begin, *(v.at for v in outlet.visits if v.path == "/feed.xml" and begin < v.at < end), end]
        longest = max(after - before for before, after in pairwise(at))
        print(f"{outlet.id}: longest wait while another host was silent {longest:.1f} s")
        wrong += [f"{outlet.id} waited {longest:.1f} s for a silent host"] * (longest > OTHERS_WAIT_AT_MOST_S)
    return wrong


def memory_mb(service: Service) -> float:
    tree = [
        psutil.Process(service.process.pid),
        *psutil.Process(service.process.pid).children(recursive=True),
    ]
    return sum(process.memory_full_info().pss for process in tree) / 2**20


def run(soak: Soak, minutes: float) -> None:
    jobs: list[Callable[[], None]] = [
        soak.publish,
        soak.edit,
        lambda: soak.trouble(minutes),
        *[soak.work] * WORKERS,
    ]
    with soak.place.service() as service, soak.place.database() as db:
        threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            time.sleep(min(60, max(0.1, end - time.monotonic())))
            done = sum(map(len, soak.seconds.values()))
            print(
                f"{done} commands, {len(soak.told)} stories, {memory_mb(service):.0f} MB, wrong: {soak.wrong}",
                flush=True,
            )
        soak.ending.set()
        for thread in threads:
            thread.join()
        settle(soak, db)
        judge(soak, service, db)
        judge_end(soak, service)


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        names() as name_server,
        town(SITES, "news-{n}.example") as outlets,
    ):
        name_server.well = True
        place = place_for(Path(folder), outlets, resolver=name_server.place, host_delay=PACE_S, tick=0.5)
        soak = Soak(place, outlets, name_server, random.Random(given.seed))
        run(soak, given.minutes)
    for name, seconds in sorted(soak.seconds.items()):
        print(
            f"{name}: {len(seconds)} times, median {sorted(seconds)[len(seconds) // 2]:.1f} s, slowest {max(seconds):.1f} s"
        )
    print("\n".join(soak.wrong) if soak.wrong else f"all held for {given.minutes:g} minutes")
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
