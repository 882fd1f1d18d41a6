"""Bringing later changes of a pack over, without touching what a person changed here."""

from __future__ import annotations

from dataclasses import replace

from desk_house import DAILY, SOURCES, WATCHES, Desk

from core.types import Names, Source, Watch
from desk.packing import Change, Packing
from desk.seed import Seed


def packing(desk: Desk) -> Packing:
    return Packing(desk.db, desk.watching, desk.sourcing, desk.digesting)


def seed(**changes: object) -> Seed:
    return replace(Seed(SOURCES, {}, WATCHES, (DAILY,)), **changes)  # type: ignore[arg-type]


def test_the_pack_it_was_made_from_has_nothing_new(desk: Desk) -> None:
    assert packing(desk).diff(seed()) == []


def test_new_and_changed_things_are_brought_over_once(desk: Desk) -> None:
    new = Source("extra", Names("增刊", "Extra"), "https://extra.example/", kind="feed")
    changed = replace(WATCHES[0], query="TISC")
    later = seed(sources=(*SOURCES, new), watches=(changed, WATCHES[1]), aliases={"wipo": "WIPO"})

    done = packing(desk).apply(later)

    assert sorted((c.kind, c.id, c.what) for c in done) == [
        ("alias", "wipo", "new"),
        ("source", "extra", "new"),
        ("watch", "tisc", "changed"),
    ]
    assert desk.watching.show("tisc")[0].query == "TISC"
    assert packing(desk).diff(later) == []


def test_what_a_person_edited_stays_unless_forced(desk: Desk) -> None:
    desk.watching.edit("tisc", query="TISC AND 北京", who="cli:anna")
    later = seed(watches=(replace(WATCHES[0], query="TISC"), WATCHES[1]))

    assert packing(desk).apply(later) == []
    assert packing(desk).diff(later) == [Change("watch", "tisc", "edited-here", ("query",))]
    assert len(packing(desk).apply(later, force=True)) == 1
    assert desk.watching.show("tisc")[0].query == "TISC"


def test_what_a_person_removed_does_not_come_back_by_itself(desk: Desk) -> None:
    desk.watching.remove("green", who="cli:anna")
    desk.sourcing.remove("wire", who="cli:anna")

    assert packing(desk).apply(seed()) == []
    assert [(c.id, c.what) for c in packing(desk).diff(seed())] == [
        ("green", "removed-here"),
        ("wire", "removed-here"),
    ]


def test_what_only_stands_here_is_kept(desk: Desk) -> None:
    desk.watching.add(Watch("own", Names("自", "Own"), "海淀"), who="cli:anna")

    assert packing(desk).diff(seed()) == [Change("watch", "own", "only-here")]


def test_recipients_are_never_the_packs(desk: Desk) -> None:
    desk.digesting.edit(replace(DAILY, to=("desk@office.example",)), who="pack")

    packing(desk).apply(seed(digests=(replace(DAILY, schedule="09:00 daily"),)), force=True)

    subscription = desk.digesting.states()[0].subscription
    assert (subscription.to, subscription.schedule) == (("desk@office.example",), "09:00 daily")
