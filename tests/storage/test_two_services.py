"""Two services with folders of their own on one PostgreSQL: one works, the other takes over; commands beside and without them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from service.living import Place, place_for, stored_marks, until
from service.town import Outlet, town

from desk.health import SERVICE
from storage.db import Database
from storage.leases import holder_of

TAKEN_OVER_S = 8.0


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    with town() as (opened,):
        yield opened


@pytest.fixture
def places(tmp_path: Path, outlet: Outlet, postgres_url: str) -> Iterator[tuple[Place, Place]]:
    """Two machines, as far as files tell."""
    made = [place_for(tmp_path / name, [outlet], database_url=postgres_url) for name in ("one", "two")]
    yield made[0], made[1]
    for place in made:
        for service in place.services:
            service.kill()


def leader(db: Database) -> str | None:
    with db.read() as conn:
        return holder_of(conn, SERVICE)


def test_one_service_works_and_the_other_takes_over_when_it_is_killed(
    places: tuple[Place, Place], outlet: Outlet, postgres_db: Database
) -> None:
    one, two = places
    first = one.start().await_start()
    second = two.start().await_start()
    before = outlet.publish(1)
    until(lambda: before.mark in stored_marks(postgres_db), say=lambda: first.log)
    leads, alone = leader(postgres_db), "source read" not in second.log

    killed = time.monotonic()
    first.kill()
    until(lambda: leader(postgres_db) not in (None, leads), say=lambda: second.log)
    took = time.monotonic() - killed
    after = outlet.publish(2)
    until(lambda: after.mark in stored_marks(postgres_db), say=lambda: second.log)

    assert alone
    assert "another process leads; this one waits" in second.log
    assert took < TAKEN_OVER_S
    assert sorted(stored_marks(postgres_db)) == sorted([before.mark, after.mark])
    assert second.stop() == 0
    assert leader(postgres_db) is None


def test_a_command_elsewhere_is_done_by_the_service_that_leads(
    places: tuple[Place, Place], outlet: Outlet, postgres_db: Database
) -> None:
    one, two = places
    service = one.start().await_start()
    outlet.publish(1)

    crawled = two.command("crawl", "--all", "--wait-pages", "--json")
    sent = two.command("digest", "send", "daily", "--json")

    assert (crawled.code, crawled.err) == (0, "")
    assert [source["id"] for source in crawled.document["sources"]] == [outlet.id]
    assert [message["state"] for message in sent.document["messages"]] == ["sent"]
    assert list((one.data / "outbox").glob("*.eml"))
    assert not (two.data / "outbox").exists()
    assert service.stop() == 0


def test_commands_without_a_service_do_it_themselves(
    places: tuple[Place, Place], outlet: Outlet, postgres_db: Database
) -> None:
    place, _ = places
    story = outlet.publish(1)

    crawled = place.command("crawl", "--all", "--wait-pages", "--json")
    led = leader(postgres_db)
    found = place.here("search", "TISC", "--json")
    sent = place.here("digest", "send", "daily", "--json")
    stats = place.here("db", "stats", "--json")
    upgraded = place.here("db", "upgrade", "--json")
    checked = place.here("db", "check", "--json")

    assert (crawled.document["new"], crawled.document["hits"], led) == (1, 1, None)
    assert [story.mark in item["title"] for item in found.document["items"]] == [True]
    assert [message["state"] for message in sent.document["messages"]] == ["sent"]
    assert (stats.document["articles"], stats.document["hits"]) == (1, 1)
    assert upgraded.document["schema"] == upgraded.document["newest"]
    assert checked.document == {"ok": True, "findings": []}
