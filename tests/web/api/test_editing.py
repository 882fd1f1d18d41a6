"""Changing things: each change names the version it was made on, and is written down with who made it."""

from __future__ import annotations

from typing import Any

import pytest
from api_house import Browser, House

from storage import audit

TISC = "/api/v1/watches/tisc"
GREEN: dict[str, Any] = {
    "id": "greener",
    "name": {"zh": "绿色", "en": "Green"},
    "query": '"WIPO GREEN" AND 北京',
}
DIGEST: dict[str, Any] = {
    "name": {"zh": "每日", "en": "Daily"},
    "to": ["desk@office.example"],
    "watches": ["tisc"],
    "schedule": "09:00 mon-fri",
    "timezone": "Asia/Shanghai",
    "language": "en",
}


def lines(house: House) -> list[tuple[str, str, str]]:
    with house.desk.db.read() as conn:
        return [(line.who, line.action, line.subject) for line in audit.recent(conn)]


def test_two_people_never_overwrite_each_other_silently(house: House) -> None:
    ann, bob = house.program("analyst"), house.program("analyst")
    seen_by_ann, seen_by_bob = ann.get(TISC).headers["etag"], bob.get(TISC).headers["etag"]

    first = ann("PATCH", TISC, json={"query": "TISC OR WIPO"}, headers={"if-match": seen_by_ann})
    second = bob("PATCH", TISC, json={"query": "TISC OR PCT"}, headers={"if-match": seen_by_bob})

    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    assert second.status_code == 412
    assert second.json()["current"] == first.json()
    assert second.headers["etag"] == '"2"'
    again = bob(
        "PATCH", TISC, json={"query": "TISC OR WIPO OR PCT"}, headers={"if-match": second.headers["etag"]}
    )
    assert (again.json()["query"], again.json()["version"]) == ("TISC OR WIPO OR PCT", 3)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", TISC, {"name": {"zh": "甲", "en": "A"}, "query": "TISC"}),
        ("PATCH", TISC, {"query": "TISC"}),
        ("DELETE", TISC, None),
        ("PUT", "/api/v1/sources/gazette", {"url": "https://gazette.example/feed"}),
        ("PATCH", "/api/v1/sources/gazette", {"tier": 2}),
        ("DELETE", "/api/v1/sources/gazette", None),
        ("PUT", "/api/v1/digests/daily", DIGEST),
        ("PUT", "/api/v1/aliases/wipo", {"query": "WIPO"}),
        ("DELETE", "/api/v1/aliases/wipo", None),
    ],
)
def test_a_change_must_say_what_it_was_made_on(
    house: House, local: Browser, method: str, path: str, body: Any
) -> None:
    house.desk.watching.set_alias("wipo", "WIPO OR 世界知识产权组织", who="test")
    before = local.get(path).text if "aliases" not in path else ""

    missing = local(method, path, json=body)
    wrong = [
        local(method, path, json=body, headers={"if-match": tag}).status_code
        for tag in ('"99"', 'W/"1"', "1", "")
    ]

    assert (missing.status_code, missing.json()["type"]) == (428, "urn:presswatch:problem:no-if-match")
    assert wrong == [412] * 4
    assert before == (local.get(path).text if "aliases" not in path else "")


def test_a_watch_is_made_changed_and_taken_out_of_service(house: House) -> None:
    analyst = house.program("analyst")

    made = analyst("POST", "/api/v1/watches", json=GREEN)
    where = made.headers["location"]
    body = {"name": GREEN["name"], "query": "WIPO GREEN", "priority": "urgent", "why": "shorter"}
    changed = analyst("PUT", where, json=body, headers={"if-match": made.headers["etag"]})
    gone = analyst("DELETE", where, headers={"if-match": changed.headers["etag"]})

    assert (made.status_code, where, made.json()["canonical"]) == (
        201,
        "/api/v1/watches/greener",
        '"WIPO GREEN" AND 北京',
    )
    assert (changed.json()["priority"], changed.json()["version"]) == ("urgent", 2)
    assert (gone.status_code, gone.content, analyst.get(where).status_code) == (204, b"", 404)
    who = "api:analyst-0/ci"
    assert lines(house)[:3] == [(who, f"watch {what}", "greener") for what in ("remove", "edit", "add")]
    versions = analyst.json(f"{where}/versions")
    assert [(v["version"], v["who"], v["why"]) for v in versions["items"]] == [
        (1, who, ""),
        (2, who, "shorter"),
    ]


def test_an_id_can_be_used_once(local: Browser) -> None:
    local("POST", "/api/v1/watches", json=GREEN)

    again = local("POST", "/api/v1/watches", json=GREEN)
    source = local("POST", "/api/v1/sources", json={"id": "gazette", "url": "https://other.example/"})

    assert (again.status_code, again.json()["reason"]) == (409, "there is a watch greener already")
    assert source.status_code == 409


def test_a_query_that_cannot_be_read_is_told_with_its_place(local: Browser) -> None:
    body = {"query": "TISC AND (WIPO"}

    zh = local(
        "PATCH", TISC, json=body, headers={"if-match": "*", "accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}
    )
    en = local("PATCH", TISC, json=body, headers={"if-match": "*", "accept-language": "en-GB"})

    assert (zh.status_code, zh.json()["title"], zh.headers["content-language"]) == (
        400,
        "检索式读不懂",
        "zh-Hans",
    )
    assert (en.json()["title"], en.headers["content-language"]) == ("The query cannot be read", "en")
    assert {key: en.json()[key] for key in ("code", "position")} == {
        "code": "unbalanced_bracket",
        "position": 9,
    }
    assert zh.json()["detail"] != en.json()["detail"]


def test_aliases_are_made_once_and_changed_on_what_was_seen(local: Browser) -> None:
    path = "/api/v1/aliases/wipo"
    new = {"if-none-match": "*"}

    made = local("PUT", path, json={"query": "WIPO"}, headers=new)
    twice = local("PUT", path, json={"query": "PCT"}, headers=new)
    changed = local("PUT", path, json={"query": "WIPO OR OMPI"}, headers={"if-match": made.headers["etag"]})
    late = local("DELETE", path, headers={"if-match": made.headers["etag"]})

    assert (made.status_code, twice.status_code, twice.json()["current"]["query"]) == (201, 412, "WIPO")
    assert (changed.status_code, late.status_code) == (200, 412)
    assert local("DELETE", path, headers={"if-match": changed.headers["etag"]}).status_code == 204
    assert local.json("/api/v1/aliases")["items"] == []


def test_a_source_is_read_like_one_of_a_pack(house: House) -> None:
    operator = house.program("operator")
    body = {"id": "courier", "name": {"zh": "信使", "en": "Courier"}, "url": "https://courier.example/list",
            "kind": "listing", "list": {"item": "li", "link": "a::attr(href)"}, "every": "1h"}  # fmt: skip

    made = operator("POST", "/api/v1/sources", json=body)
    wrong = operator("POST", "/api/v1/sources", json=body | {"id": "x", "every": "soon"})

    assert (made.status_code, made.headers["location"]) == (201, "/api/v1/sources/courier")
    assert (made.json()["tier"], made.json()["list"]["item"], made.json()["state"]["outcome"]) == (
        3,
        "li",
        None,
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["at"]) == (422, ["every"])
    assert lines(house)[0] == ("api:operator-0/ci", "source add", "courier")


def test_parts_of_a_source_are_changed_and_keys_taken_away(local: Browser) -> None:
    path = "/api/v1/sources/gazette"
    tag = local.get(path).headers["etag"]

    changed = local(
        "PATCH", path, json={"every": "1h", "type": None, "tier": None}, headers={"if-match": tag}
    )
    late = local("PATCH", path, json={"every": "2h"}, headers={"if-match": tag})

    document = changed.json()
    assert (document["every"], document["type"], document["tier"]) == ("1h", "media", 3)
    assert (late.status_code, late.json()["current"]["every"]) == (412, "1h")


def test_a_source_is_put_as_a_whole_and_removed(local: Browser) -> None:
    path = "/api/v1/sources/gazette"

    put = local("PUT", path, json={"url": "https://gazette.example/new"}, headers={"if-match": '"1"'})
    gone = local("DELETE", path, headers={"if-match": put.headers["etag"]})

    assert (put.json()["url"], put.json()["name"]["en"], put.json()["version"]) == (
        "https://gazette.example/new",
        "gazette",
        2,
    )
    assert (gone.status_code, local.get(path).status_code) == (204, 404)


def test_a_source_is_paused_and_taken_up_again(local: Browser) -> None:
    path = "/api/v1/sources/gazette"

    paused, resumed = (
        local("POST", f"{path}/pause"),
        local("POST", f"{path}/resume", headers={"if-match": '"2"'}),
    )
    late = local("POST", f"{path}/pause", headers={"if-match": '"2"'})

    assert (paused.json()["enabled"], resumed.json()["enabled"], late.status_code) == (False, True, 412)


def test_headers_of_a_source_are_shown_to_operators_only(house: House) -> None:
    operator, analyst = house.program("operator"), house.program("analyst")
    body = {"headers": {"Authorization": "Bearer hush"}}
    operator("PATCH", "/api/v1/sources/gazette", json=body, headers={"if-match": "*"})

    seen = [who.json("/api/v1/sources/gazette")["headers"] for who in (operator, analyst)]

    assert seen == [{"Authorization": "Bearer hush"}, {"Authorization": None}]


def test_a_digest_is_changed_and_its_addresses_are_for_operators(house: House) -> None:
    operator, reader = house.program("operator"), house.program("reader")
    path = "/api/v1/digests/daily"

    changed = operator("PUT", path, json=DIGEST, headers={"if-match": operator.get(path).headers["etag"]})
    late = operator("PUT", path, json=DIGEST | {"language": "zh"}, headers={"if-match": '"1"'})

    document = changed.json()
    assert (document["schedule"], document["watches"], document["to"]) == (
        "09:00 mon-fri",
        ["tisc"],
        DIGEST["to"],
    )
    assert (late.status_code, late.json()["current"]) == (412, document)
    seen = reader.json(path)
    assert (seen["to"], seen["recipients"]) == (None, 1)
    assert lines(house)[0] == ("api:operator-0/ci", "digest edit", "daily")


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"to": ["nobody"]}, "to"),
        ({"schedule": "sometimes"}, "schedule"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"watches": ["nothing"]}, "watches"),
    ],
)
def test_a_digest_that_cannot_work_is_refused(local: Browser, change: dict[str, Any], at: str) -> None:
    answer = local("PUT", "/api/v1/digests/daily", json=DIGEST | change, headers={"if-match": "*"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["at"][0].startswith(at)


def test_a_preview_stores_nothing(local: Browser) -> None:
    first, second = (local.json("/api/v1/digests/daily/preview") for _ in range(2))

    assert first == second
    assert set(first) == {"id", "subject", "text", "html"}


@pytest.mark.parametrize("extra", [{"version": 9}, {"role": "operator"}, {"id": "other"}])
def test_what_is_not_a_field_is_refused(local: Browser, extra: dict[str, Any]) -> None:
    answer = local("PATCH", TISC, json={"query": "TISC"} | extra, headers={"if-match": "*"})

    assert (answer.status_code, answer.json()["errors"][0]["at"]) == (422, ["body", *extra])


def test_values_are_taken_as_they_are_and_never_told_back(local: Browser) -> None:
    answer = local(
        "PATCH",
        "/api/v1/sources/gazette",
        json={"tier": "2", "notes": "sec\u0000ret"},
        headers={"if-match": "*"},
    )

    assert [line["at"] for line in answer.json()["errors"]] == [["body", "tier"], ["body", "notes"]]
    assert "ret" not in answer.text.replace("characters", "")
