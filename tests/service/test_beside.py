"""Commands beside a running service: done by it or at once, with the same answers, and never in each other's way."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise

import pytest
from service.conftest import MakePlace
from service.living import Ended, Place, mails_of, marks_told, until
from service.town import Outlet, Visit, town

PACE_S = 1.0
SLACK_S = 0.15
"""A server notes when a request came, not when it left; both ends run on a busy machine."""


@contextmanager
def publishing(outlets: Sequence[Outlet], every_s: float = 0.3) -> Iterator[None]:
    """News all the time."""
    ending = threading.Event()

    def work() -> None:
        number = 0
        while not ending.wait(every_s):
            number += 1
            outlets[number % len(outlets)].publish(number)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def test_commands_at_the_same_time_as_the_service_all_succeed(place: Place, outlets: list[Outlet]) -> None:
    commands = [
        ("crawl", "--all", "--wait-pages", "--json"),
        ("search", "TISC", "--json"),
        ("watch", "edit", "tisc", "--query", "TISC OR desk", "--json"),
        ("source", "edit", outlets[0].id, "--name", "First", "--json"),
        ("digest", "send", "daily", "--json"),
        ("status", "--json"),
    ]
    with place.service() as service:
        with publishing(outlets), ThreadPoolExecutor(len(commands)) as at_once:
            ended = list(at_once.map(lambda arguments: place.command(*arguments), commands))
        told = everything_told(place, outlets)
        log = service.log

    assert [(done.code, done.err) for done in ended] == [(0, "")] * len(commands)
    assert told == Counter(story.mark for outlet in outlets for story in outlet.stories)
    assert "locked" not in log


def everything_told(place: Place, outlets: Sequence[Outlet]) -> Counter[str]:
    """In how many mails each story stands, when the last round is over."""
    assert place.here("crawl", "--all", "--wait-pages").code == 0
    assert place.here("digest", "send", "daily").code == 0
    with place.database() as db:
        until(lambda: {state for state, _ in mails_of(db).values()} == {"sent"})
    return marks_told(place.data)


def test_a_command_that_the_service_does_answers_like_one_that_is_alone(
    place: Place, outlets: list[Outlet]
) -> None:
    outlets[0].publish(1)
    crawl = ("crawl", outlets[0].id, "--wait-pages", "--json")
    wrong = [
        ("crawl", "nowhere"),
        ("digest", "send", "nowhere"),
        ("search", "(TISC"),
        ("article", "show", "99"),
    ]

    alone, refused_alone = place.here(*crawl), [place.here(*arguments) for arguments in wrong]
    with place.service():
        served, refused = place.here(*crawl), [place.here(*arguments) for arguments in wrong]
        sent = place.here("digest", "send", "daily", "--json")

    assert (alone.code, served.code) == (0, 0)
    assert shape(served) == shape(alone)
    assert [done.code for done in refused] == [3, 3, 2, 3]
    assert refused == refused_alone
    assert (sent.code, [message["state"] for message in sent.document["messages"]]) == (0, ["sent"])


def shape(crawled: Ended) -> tuple[set[str], list[tuple[str, set[str]]]]:
    return set(crawled.document), [(line["id"], set(line)) for line in crawled.document["sources"]]


@pytest.fixture
def slow_place(make_place: MakePlace) -> Iterator[tuple[Place, Outlet]]:
    with town() as (outlet,):
        yield make_place([outlet], host_delay=PACE_S), outlet


def test_the_pace_of_a_host_is_kept_across_service_and_command(slow_place: tuple[Place, Outlet]) -> None:
    place, outlet = slow_place
    outlet.publish(1)

    service = place.start().await_start()
    until(lambda: outlet.visits, say=lambda: service.log)
    assert service.stop(signal.SIGTERM) == 0
    begun = time.monotonic()
    assert place.here("crawl", "--all", "--wait-pages").code == 0

    assert [visit.path for visit in outlet.visits][-2:] == ["/feed.xml", "/a/1.html"]
    assert begun < outlet.visits[-2].at
    assert gaps(outlet.visits) >= PACE_S - SLACK_S


def gaps(visits: Sequence[Visit]) -> float:
    """The shortest time between two visits."""
    return min(after.at - before.at for before, after in pairwise(visits))
