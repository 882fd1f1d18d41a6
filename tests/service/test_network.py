"""Hosts that are dead, and a network that is down: nobody else waits, it is said what fails and why, and it ends by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest
from service.conftest import MakePlace
from service.living import Place, stored_marks, until
from service.town import NameServer, Outlet, names, town
from sqlalchemy import update

from core.clock import utc_now
from storage.db import Database
from storage.tables import source_states

ROUNDS = 4
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

        assert well.pages_asked()[0].at - published < 5
        assert max(after - before for before, after in pairwise(asked(well))) < 4
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
            assert "The network cannot be reached" in page.text
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


def let_the_next_try_come(db: Database) -> None:
    """The minute that is waited while our own network is down."""
    db.write(lambda conn: conn.execute(update(source_states).values(next_due=utc_now())))
