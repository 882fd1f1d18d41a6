"""Articles of another tool: matched and searchable, never told, the same file again and again the same."""

from __future__ import annotations

import json

import pytest
from desk_house import ZONE, Desk

from core.types import Source
from desk.importing import Imported, Importing
from desk.judging import RuleBook


def line(n: int, **changes: object) -> str:
    values: dict[str, object] = {
        "url": f"https://old.example/{n}",
        "title": f"旧闻第{n}号",
        "text": f"第{n}家TISC揭牌。",
    }
    return json.dumps(values | changes, ensure_ascii=False)


def load(desk: Desk, *lines: str) -> Imported:
    return Importing(desk.db, RuleBook(ZONE), desk.clock).load(lines)


def test_an_import_is_matched_and_searchable_but_never_told(desk: Desk) -> None:
    done = load(desk, line(1), line(2, source="gazette"))

    assert (done.read, done.new, done.errors) == (2, 2, [])
    assert len(desk.ids("TISC")) == 2
    assert [hit["id"] for hit in desk.library.show(desk.ids("TISC")[0])["watches"]] == ["tisc"]
    assert desk.digesting.send("daily").stories == 0


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    load(desk, line(1), line(2))

    again = load(desk, line(1), line(2))

    assert (again.new, again.updated, again.skipped) == (0, 0, 2)


def test_a_changed_line_is_a_version(desk: Desk) -> None:
    load(desk, line(1))

    done = load(desk, line(1, title="旧闻改题"))

    article = desk.library.show(desk.ids("旧闻改题")[0])
    assert (done.updated, [v["title"] for v in article["versions"]]) == (1, ["旧闻第1号", "旧闻改题"])


def test_an_unknown_source_is_made_and_not_asked(desk: Desk) -> None:
    load(desk, line(1, source="clippings", site_name="剪报社"))

    made = next(source for source, _ in desk.sourcing.pairs() if source.id == "clippings")
    assert (made.enabled, made.name.zh, made.tier) == (False, "剪报社", 3)
    assert isinstance(made, Source)


def test_a_date_without_offset_is_of_the_services_zone(desk: Desk) -> None:
    load(desk, line(1, published="2024-05-06T08:00:00"))

    assert desk.library.show(desk.ids("TISC")[0])["published"].isoformat() == "2024-05-06T00:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("[]", "not a JSON object"),
        (line(1, url="ftp://x"), "'url'"),
        (line(1, title=" "), "'title'"),
        (line(1, published="yesterday"), "'published'"),
        (line(1, published="2024-05-06", published_precision="hour"), "not known"),
        (line(1, text=7), "'text'"),
    ],
)
def test_a_bad_line_is_named_by_its_number_and_the_others_go_in(desk: Desk, text: str, said: str) -> None:
    done = load(desk, line(5), text, line(6))

    assert (done.new, [error["line"] for error in done.errors]) == (2, [2])
    assert said in done.errors[0]["message"]
