"""Who may come in: a stranger nowhere but to health, each role as far as it goes."""

from __future__ import annotations

import pytest
from api_house import Browser, House
from fastapi.routing import APIRoute

HEALTH = {"/healthz", "/readyz"}
FOR_STRANGERS = HEALTH | {"/login", "/logout", "/static/{name}"}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def filled(path: str) -> str:
    values = {
        "{article_id}": "1", "{watch_id}": "tisc", "{source_id}": "gazette", "{digest_id}": "daily", "{name}": "wipo",
        "{theme}": "dark",
    }  # fmt: skip
    for name, value in values.items():
        path = path.replace(name, value)
    assert "{" not in path
    return path


def routes(house: House) -> list[tuple[str, str]]:
    found = house.app.routes
    assert all(isinstance(route, APIRoute) for route in found)
    return sorted((method, route.path) for route in found for method in route.methods)


def test_a_stranger_gets_nothing_but_health(house: House) -> None:
    house.program("reader")
    stranger = house.browser(client=("203.0.113.9", 4000), base_url="http://127.0.0.1:8000")

    answers = {
        (method, path): stranger(method, filled(path))
        for method, path in routes(house)
        if path not in FOR_STRANGERS
    }

    assert len(answers) > 30
    for (_, path), answer in answers.items():
        if path.startswith("/api/"):
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
            assert answer.headers["www-authenticate"].startswith("Bearer")
        else:
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/login")
            assert answer.text == ""


def test_health_tells_a_stranger_no_details(house: House) -> None:
    before = house.browser().get("/readyz").json()
    house.program("reader")

    after = house.browser().get("/readyz")

    assert set(before) == {"ready", "database", "scheduler", "parts"}
    assert after.json() == {"ready": False}
    assert house.browser().get("/healthz").text == "ok"


def test_addresses_that_do_not_exist_are_closed_too(house: House) -> None:
    house.program("reader")

    assert house.browser().get("/api/v1/nothing").status_code == 401
    assert house.browser().get("/nothing").status_code == 303


def test_a_reader_changes_nothing(house: House) -> None:
    reader = house.program("reader")
    writes = [(m, p) for m, p in routes(house) if m in UNSAFE and p.startswith("/api/")]

    answers = [
        reader(method, filled(path), json=body_for(path), headers={"if-match": "*"})
        for method, path in writes
    ]

    assert len(answers) == 13
    assert {answer.status_code for answer in answers} == {403}


def body_for(path: str) -> dict[str, object]:
    return {"query": "WIPO"} if "aliases" in path else {}


def test_an_analyst_writes_rules_but_neither_sources_nor_digests(house: House) -> None:
    analyst = house.program("analyst")
    watch = {"query": "WIPO"}
    any_version = {"if-match": "*"}

    assert analyst("PATCH", "/api/v1/watches/tisc", json=watch, headers=any_version).status_code == 200
    assert analyst("POST", "/api/v1/sources/gazette/pause").status_code == 200
    refused = analyst("PATCH", "/api/v1/sources/gazette", json={"tier": 2}, headers=any_version)
    assert (refused.status_code, refused.json()["needed"], refused.json()["role"]) == (
        403,
        "operator",
        "analyst",
    )


def test_without_users_whoever_reaches_this_machine_is_its_operator(house: House, local: Browser) -> None:
    assert local.json("/api/v1/me") == {"name": "local", "role": "operator", "by": "local", "csrf": None}
    assert local.get("/").status_code == 200
    assert local.get("/login").headers["location"] == "/"


def test_without_users_nobody_comes_in_from_elsewhere(open_house_to_all: House) -> None:
    from_elsewhere = open_house_to_all.browser()

    assert from_elsewhere.get("/api/v1/me").status_code == 401
    assert from_elsewhere.get("/").headers["location"] == "/login"


@pytest.mark.parametrize(
    "authorization", ["Bearer nothing", "Bearer ", "bearer", "Basic YWRtaW46YWRtaW4=", "pw_x"]
)
def test_what_is_no_token_opens_nothing(house: House, authorization: str) -> None:
    house.program("operator")

    answer = house.browser().get("/api/v1/me", headers={"authorization": authorization})

    assert answer.status_code == 401


def test_a_revoked_token_is_over_at_once(house: House) -> None:
    program = house.program("operator")
    before = program.get("/api/v1/me").status_code
    (token,) = house.people.tokens()

    house.people.revoke_token(token.id, who="test")

    assert (before, program.get("/api/v1/me").status_code) == (200, 401)


def test_a_wrong_token_is_nobody_even_beside_a_good_cookie(house: House) -> None:
    house.program("operator")
    browser = house.browser()
    browser.sign_in("operator-0")

    assert browser.get("/api/v1/me").status_code == 200
    assert browser.get("/api/v1/me", headers={"authorization": "Bearer x"}).status_code == 401


def test_the_description_is_open_to_this_machine_only(house: House) -> None:
    house.program("reader")
    path = "/api/v1/openapi.json"

    assert house.browser().get(path).status_code == 200
    assert house.browser(client=("203.0.113.9", 1)).get(path).status_code == 401
    assert house.browser().get(path, headers={"x-forwarded-for": "203.0.113.9"}).status_code == 401
