"""Identity of entries: the same article again when title, link or guid changes; another one when a guid is reused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.text import title_key
from core.types import DateClaim, Entry, Names, Source
from desk.intake import Known, address_key, decide, entry_hash, keys_of

NOW = datetime(2026, 3, 27, 4, 0, tzinfo=UTC)
SOURCE = Source(id="gazette", name=Names("公报", "Gazette"), url="https://gazette.example/feed")
PRINTED = DateClaim(NOW - timedelta(hours=3), "minute", "feed")


def entry(n: int, **changes: object) -> Entry:
    made = Entry(
        url=f"https://gazette.example/a/{n}",
        title=f"海淀区知识产权服务窗口第{n}次扩容",
        guid=f"tag:gazette,{n}",
        summary=f"第{n}段摘要",
        published=PRINTED,
    )
    return replace(made, **changes)


def known(article_id: int, of: Entry, source_id: str = "gazette") -> Known:
    return Known(
        id=article_id,
        source_id=source_id,
        url_key=address_key(of.url) if of.url else None,
        title_key=title_key(of.title),
        entry_hash=entry_hash(of),
        published=of.published,
        first_seen=NOW - timedelta(hours=1),
    )


def stored(*entries: Entry) -> dict[str, Known]:
    """What the store knows after a fetch of these entries, article ids from 1."""
    return {
        key: known(number, its)
        for number, (its, keys) in enumerate(zip(entries, keys_of(SOURCE, entries), strict=True), 1)
        for key in keys.all()
    }


def outcome(entries: list[Entry], before: dict[str, Known]) -> list[tuple[str, int | None]]:
    decisions = decide(SOURCE, entries, keys_of(SOURCE, entries), before, (), NOW)
    return [(d.what, d.article.id if d.article else None) for d in decisions]


def test_an_unknown_entry_is_new() -> None:
    assert outcome([entry(1)], {}) == [("new", None)]


def test_an_unchanged_entry_is_seen() -> None:
    assert outcome([entry(1)], stored(entry(1))) == [("seen", 1)]


@pytest.mark.parametrize(
    "again",
    [
        entry(1, title="海淀区知识产权服务窗口扩容，新增两席"),
        entry(1, summary="摘要改过"),
        entry(1, guid="tag:gazette,renumbered", summary="摘要改过"),
        entry(1, url="https://gazette.example/moved/1", summary="摘要改过"),
    ],
    ids=["title", "summary", "guid", "link"],
)
def test_an_edit_changes_the_known_article(again: Entry) -> None:
    assert outcome([again], stored(entry(1))) == [("changed", 1)]


def test_an_entry_listed_twice_is_stored_once() -> None:
    assert outcome([entry(1), entry(1)], {}) == [("new", None), ("repeat", None)]


def test_one_guid_for_all_entries_is_no_identity() -> None:
    entries = [entry(n, guid="same") for n in (1, 2, 3)]

    assert outcome(entries, {}) == [("new", None)] * 3


def test_one_address_for_different_entries_is_no_identity() -> None:
    entries = [entry(n, url="https://gazette.example/") for n in (1, 2, 3)]

    assert outcome(entries, stored(*entries[:2])) == [("seen", 1), ("seen", 2), ("new", None)]


def test_a_reused_guid_with_another_address_and_title_is_another_article() -> None:
    again = entry(2, guid="tag:gazette,1")

    assert outcome([again], stored(entry(1))) == [("new", None)]


def test_a_session_id_in_the_link_makes_no_second_article() -> None:
    first = entry(1, guid=None, url="https://gazette.example/a/1?visit=aaaa1111")
    again = entry(1, guid=None, url="https://gazette.example/a/1?visit=bbbb2222")

    assert outcome([again], stored(first)) == [("seen", 1)]


def test_the_same_title_on_another_day_is_another_article() -> None:
    first = entry(1, guid=None, title="知识产权每日简报：今日要点")
    tomorrow = DateClaim(NOW + timedelta(hours=1), "minute", "feed")
    again = entry(2, guid=None, title="知识产权每日简报：今日要点", published=tomorrow)

    assert outcome([again], stored(first)) == [("new", None)]


def test_two_articles_of_one_title_in_one_list_are_two() -> None:
    first, second = (
        entry(1, guid=None, title="局领导会见来访代表团"),
        entry(2, guid=None, title="局领导会见来访代表团"),
    )

    assert outcome([first, second], stored(first)) == [("seen", 1), ("new", None)]


def test_notes_without_address_and_guid_are_known_by_what_they_say() -> None:
    notes = [Entry(url=None, title="快讯", summary=text) for text in ("甲地签约", "乙地签约")]

    assert outcome(notes, {}) == [("new", None)] * 2
    assert outcome(notes, stored(*notes)) == [("seen", 1), ("seen", 2)]


def test_another_source_that_lists_the_address_changes_nothing() -> None:
    first = entry(1)
    before = {address_key(first.url or ""): known(7, first, source_id="herald")}

    assert outcome([entry(1, guid=None, title="另一种标题")], before) == [("seen", 7)]


def test_a_deleted_article_stays_deleted() -> None:
    entries = [entry(1)]
    keys = keys_of(SOURCE, entries)

    assert [d.what for d in decide(SOURCE, entries, keys, {}, keys[0].all()[:1], NOW)] == ["buried"]
