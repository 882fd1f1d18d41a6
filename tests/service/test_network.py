"""Hosts that are dead, and a network that is down: nobody else waits, it is said what fails and why, and it ends by itself."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest
from desk_house import START, Desk, entry
from service.conftest import MakePlace
from service.living import Place, stored_marks, until
from service.town import NameServer, Outlet, names, town
from sqlalchemy import update

from core.clock import utc_now
from core.types import Found, Page, PageFound, Source, SourceState
from desk.collect import Collector, Job, Sink
from scheduler.dispatch import LocalDispatch
from storage.articles import load_articles
from storage.db import Database
from storage.tables import source_states

ROUNDS = 3
UNDISTURBED_S = 10
"""Whoever waits for a dead host waits for 25 s."""
SOURCES = 4


def test_a_dead_host_delays_no_other(make_place: MakePlace) -> None:
    with town(3) as (dead, half_dead, well):
        dead.mood, half_dead.mood = "silent", "pages-silent"
        half_dead.publish(1)
        service = make_place([dead, half_dead, well]).start()
        until(lambda: dead.visits and half_dead.pages_asked() and asked(well), say=lambda: service.log)

        before, published = len(asked(well)), time.monotonic()
        well.publish(2)
        until(lambda: well.pages_asked() and len(asked(well)) >= before + ROUNDS, say=lambda: service.log)

        assert well.pages_asked()[0].at - published < UNDISTURBED_S
        assert max(after - before for before, after in pairwise(asked(well))) < UNDISTURBED_S
        assert len(dead.visits) == len(half_dead.pages_asked()) == 1, "they still hang"


def asked(outlet: Outlet) -> list[float]:
    return [visit.at for visit in list(outlet.visits) if visit.path == "/feed.xml"]


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    with names() as server:
        yield server


def test_without_a_network_it_stays_says_so_and_works_when_it_returns(
    make_place: MakePlace, name_server: NameServer
) -> None:
    with town(SOURCES, "news-{n}.example") as outlets:
        planted = sorted(outlet.publish(n).mark for n, outlet in enumerate(outlets))
        place = make_place(outlets, resolver=name_server.place)
        with place.service("--port", "0") as service, place.database() as db:
            until(lambda: network(place)["health"] == "waiting", say=lambda: service.log)
            cause = network(place)["cause"]
            page, ready = (visit(service.address + path) for path in ("/", "/readyz"))
            assert (cause["error_class"], page.status_code, ready.status_code) == ("dns", 200, 200)
            assert f"{SOURCES} failed" in text_of(page)
            assert ready.json()["parts"]["sources"] is None
            assert place.here("doctor").code == 1

            name_server.well = True
            let_the_next_try_come(db)
            until(lambda: sorted(stored_marks(db)) == planted, say=lambda: service.log)

            until(lambda: network(place)["health"] == "ok")
            assert visit(service.address + "/readyz").json()["parts"]["sources"] is not None


def network(place: Place) -> dict[str, object]:
    found: dict[str, object] = place.here("status", "--json").document["network"]
    return found


def visit(url: str) -> httpx.Response:
    with httpx.Client(trust_env=False) as client:
        return client.get(url)


def text_of(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def let_the_next_try_come(db: Database) -> None:
    """The minute that is waited while our own network is down."""
    db.write(lambda conn: conn.execute(update(source_states).values(next_due=utc_now())))


@dataclass
class Unreachable:
    """Spiders that meet this fault on every page."""

    error_class: str

    async def listings(self, jobs: Sequence[Job], sink: Sink) -> None:
        raise AssertionError("not asked for here")

    async def pages(self, pages: Sequence[Page], sink: Sink) -> None:
        for page in pages:
            await sink.page(
                PageFound(page.article_id, START, "transient", None, "no connection", self.error_class)
            )


@pytest.mark.parametrize(("error_class", "tries"), [("dns", [0, 0, 0]), ("http-503", [1, 1, 1])])
def test_no_page_is_given_up_because_our_own_network_is_down(
    desk: Desk, error_class: str, tries: list[int]
) -> None:
    """A weekend without network is longer than a page is tried for."""
    asked_for = [
        desk.finds("gazette", entry(n, url=f"https://site-{n}.example/{n}")).pages[0] for n in range(3)
    ]
    collector = Collector(
        desk.db, desk.archive, NoReader(), Unreachable(error_class), LocalDispatch(), desk.clock
    )
    for host in ("near.example", "elsewhere.example", "far.example"):
        collector.latest.note(host, error_class, desk.clock())

    asyncio.run(fetch(collector))

    with desk.db.read() as conn:
        stored = load_articles(conn, asked_for)
    assert [stored[article].page_attempts for article in asked_for] == tries
    assert all(article.page_state == "wanted" and article.page_due > START for article in stored.values())


class NoReader:
    async def poll(self, source: Source, state: SourceState) -> Found:
        raise AssertionError("not asked for here")


async def fetch(collector: Collector) -> None:
    await collector.fetch_pages()
    await collector.dispatch.stop(timedelta(seconds=10))
