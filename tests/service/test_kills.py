"""``kill -9`` at any moment: a restart loses nothing and tells nothing twice.

The named moments are made through the rooms, as the service leaves them when it dies there; then a real one goes on.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from service.living import (
    Place,
    let_a_slot_come,
    mails_of,
    marks_told,
    place_for,
    stored_marks,
    told_by_ledger,
    until,
)
from service.town import Outlet, Story, town
from sqlalchemy import select

from alerts.channels.folder import FolderChannel
from config.settings import load
from core.clock import utc_now
from core.types import DateClaim, Entry, Found, Message, PageFound, Reading
from presswatch.compose import House, open_house, outbox_dir
from storage.db import Database
from storage.tables import deliveries, hits, versions

KILLS = 10


@dataclass
class Wreck:
    """What four deaths at four moments left behind, and what a service made of it."""

    place: Place
    stories: dict[str, Story]
    mails_before: list[str]

    def told(self, moment: str) -> int:
        return marks_told(self.place.data)[self.stories[moment].mark]


@pytest.fixture(scope="module")
def wreck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wreck]:
    with town() as (outlet,):
        place = place_for(tmp_path_factory.mktemp("wreck"), [outlet])
        made = die_four_times(place, outlet)
        service = place.start().await_start()
        try:
            with place.database() as db:
                until(lambda: nothing_pends(db), say=lambda: service.log)
                let_a_slot_come(db, 11)
                until(lambda: len(told_by_ledger(db)) == len(made.stories), say=lambda: service.log)
                until(lambda: {state for state, _ in mails_of(db).values()} == {"sent"})
            assert service.stop() == 0
            yield made
        finally:
            service.kill()


def die_four_times(place: Place, outlet: Outlet) -> Wreck:
    house = open_house(load(place.environ))
    try:
        finds(house, outlet)  # its first fetch is over
        stories = {name: outlet.publish(n) for n, name in enumerate(("written", "frozen", "hit", "entry"), 1)}
        for name in ("written", "frozen"):
            reads(house, outlet, stories[name])
            let_a_slot_come(house.db, stories[name].number)
            assert [frozen.stories for frozen in house.digesting.freeze_due()] == [1]
            if name == "written":
                write_the_mail_without_noting_it(house)
        reads(house, outlet, stories["hit"])
        finds(house, outlet, stories["entry"])
        let_a_slot_come(house.db, 10)
    finally:
        house.close()
    return Wreck(place, stories, sorted(path.name for path in (place.data / "outbox").iterdir()))


def finds(house: House, outlet: Outlet, *stories: Story) -> list[int]:
    entries = tuple(
        Entry(
            url=outlet.url(story),
            title=story.title,
            guid=f"{outlet.id}-{story.number}",
            summary=story.paragraphs[0],
            published=DateClaim(utc_now(), "minute", "feed"),
        )
        for story in stories
    )
    found = Found(outlet.id, utc_now(), "ok", 200, entries=entries)
    return list(asyncio.run(house.archive.store_found(found)).pages)


def reads(house: House, outlet: Outlet, story: Story) -> None:
    (article,) = finds(house, outlet, story)
    url = outlet.url(story)
    page = Reading(
        url=url, canonical_url=url, title=story.title, text="\n\n".join(story.paragraphs), lang="en"
    )
    asyncio.run(house.archive.store_page(PageFound(article, utc_now(), "ok", 200, reading=page)))


def write_the_mail_without_noting_it(house: House) -> None:
    ((message_id, (_, raw)),) = mails_of(house.db).items()
    FolderChannel(outbox_dir(house.settings)).write(Message(message_id, "", "", raw))


def test_after_a_death_between_entry_and_page_the_page_is_read(wreck: Wreck) -> None:
    with wreck.place.database() as db, db.read() as conn:
        texts = conn.execute(select(versions.c.text)).scalars().all()

    story = wreck.stories["entry"]
    assert [text for text in texts if story.mark in text] == ["\n\n".join(story.paragraphs)]
    assert wreck.told("entry") == 1


def test_after_a_death_between_hit_and_digest_the_hit_is_told(wreck: Wreck) -> None:
    assert wreck.told("hit") == 1


def test_after_a_death_between_freeze_and_delivery_the_frozen_mail_goes_out(wreck: Wreck) -> None:
    assert wreck.told("frozen") == 1


def test_a_mail_that_was_written_but_not_noted_stays_one_file(wreck: Wreck) -> None:
    assert len(wreck.mails_before) == 1
    assert wreck.told("written") == 1
    assert set(wreck.mails_before) <= {path.name for path in (wreck.place.data / "outbox").iterdir()}


def test_every_mail_in_the_folder_is_what_was_frozen(wreck: Wreck) -> None:
    with wreck.place.database() as db:
        frozen = sorted(raw for _, raw in mails_of(db).values())
        with db.read() as conn:
            outcomes = [row.outcome for row in conn.execute(select(deliveries))]

    written = sorted(path.read_bytes() for path in (wreck.place.data / "outbox").iterdir())
    assert written == frozen
    assert outcomes == ["delivered"] * len(frozen)


def test_killed_again_and_again_it_tells_every_story_once(place: Place, outlets: list[Outlet]) -> None:
    draw = random.Random(20261124)
    numbers = iter(range(1, 10_000))

    for day in range(KILLS):
        service = place.start()
        for outlet in outlets:
            outlet.publish(next(numbers))
        if day % 2:
            service.await_start()
            with place.database() as db:
                let_a_slot_come(db, day)
        # Not a wait for anything: the moment of the death is drawn.
        time.sleep(draw.uniform(0.05, 0.6) if day % 2 else draw.uniform(0.5, 1.6))
        service.kill()

    planted = Counter(story.mark for outlet in outlets for story in outlet.stories)
    with place.service() as service, place.database() as db:
        until(lambda: set(stored_marks(db)) == set(planted) and nothing_pends(db), say=lambda: service.log)
        let_a_slot_come(db, KILLS)
        until(lambda: set(told_by_ledger(db)) == set(planted), say=lambda: service.log)
        until(lambda: {state for state, _ in mails_of(db).values()} == {"sent"}, say=lambda: service.log)
        assert Counter(stored_marks(db)) == Counter(told_by_ledger(db)) == planted
    assert marks_told(place.data) == planted


def nothing_pends(db: Database) -> bool:
    """No hit waits for its page."""
    with db.read() as conn:
        return conn.execute(select(hits.c.article_id).where(hits.c.state == "pending")).first() is None
