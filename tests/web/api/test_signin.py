"""Signing in with a form, and what a cookie may do then."""

from __future__ import annotations

import lxml.html
import pytest
from api_house import PASSWORD, Browser, House, house_of
from desk_house import Desk

EDIT = {"query": "WIPO"}
TISC = "/api/v1/watches/tisc"


@pytest.fixture
def browser(house: House) -> Browser:
    house.people.add("lin", PASSWORD, "analyst", who="test")
    return house.browser()


def edit(browser: Browser, **headers: str) -> int:
    return browser("PATCH", TISC, json=EDIT, headers={"if-match": "*"} | headers).status_code


def test_after_signing_in_one_stands_where_one_wanted_to_go(browser: Browser) -> None:
    wanted = browser.get("/search?q=WIPO")

    signed_in = browser.sign_in("lin", following="/search?q=WIPO")

    assert wanted.headers["location"] == "/login?next=%2Fsearch%3Fq%3DWIPO"
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/search?q=WIPO")
    assert browser.get("/search?q=WIPO").status_code == 200


@pytest.mark.parametrize(
    "following", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_one_is_never_led_elsewhere(browser: Browser, following: str) -> None:
    assert browser.sign_in("lin", following=following).headers["location"] == "/"


def test_the_cookie_is_kept_from_scripts_and_other_sites(desk: Desk) -> None:
    house = house_of(desk, base_url="https://news.example")
    house.people.add("lin", PASSWORD, "reader", who="test")
    browser = house.browser(base_url="https://news.example")

    cookie = browser.sign_in("lin").headers["set-cookie"]

    assert cookie.startswith("__Host-session=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))


def test_an_unknown_user_and_a_wrong_password_read_the_same(browser: Browser) -> None:
    unknown, wrong = browser.sign_in("nobody", "12345678"), browser.sign_in("lin", "12345678")

    assert (unknown.status_code, wrong.status_code) == (401, 401)
    assert unknown.text.replace("nobody", "lin") == wrong.text
    assert "用户名或密码不对，请再试" in wrong.text


def test_the_form_speaks_both_languages(browser: Browser) -> None:
    assert "登录" in browser.get("/login").text
    assert "Sign in" in browser.get("/login?lang=en").text


def test_signing_in_makes_a_new_session_and_ends_the_old_one(browser: Browser, house: House) -> None:
    browser.sign_in("lin")
    old = browser.cookies["session"]

    browser.sign_in("lin")

    assert browser.cookies["session"] != old
    assert house.people.by_session(old) is None


def test_after_signing_out_the_session_is_dead_on_the_server(browser: Browser, house: House) -> None:
    browser.sign_in("lin")
    secret = browser.cookies["session"]
    (csrf,) = lxml.html.fromstring(browser.get("/").text).xpath("//form[@action='/logout']//input/@value")

    without = browser.form("/logout", {})
    done = browser.form("/logout", {"csrf": csrf})

    assert (without.status_code, done.status_code) == (403, 303)
    assert house.people.by_session(secret) is None


def test_a_new_password_ends_every_session(browser: Browser, house: House) -> None:
    browser.sign_in("lin")

    house.people.set_password("lin", "another horse", who="test")

    assert browser.get("/").status_code == 303
    assert browser.sign_in("lin").status_code == 401
    assert browser.sign_in("lin", "another horse").status_code == 303


def test_a_session_ends_after_a_working_day(browser: Browser, house: House) -> None:
    browser.sign_in("lin")
    house.desk.clock.pass_time(hours=11, minutes=59)
    before = browser.get("/").status_code

    house.desk.clock.pass_time(minutes=1)

    assert (before, browser.get("/").status_code) == (200, 303)


def test_the_form_must_come_from_here(browser: Browser) -> None:
    browser.get("/login")
    fields = {"name": "lin", "password": PASSWORD, "next": "/"}

    assert browser.form("/login", fields | {"csrf": ""}).status_code == 403
    assert browser.form("/login", fields | {"csrf": "guessed"}).status_code == 403
    good = fields | {"csrf": browser.cookies["form"]}
    assert browser.form("/login", good, origin="https://evil.example").status_code == 403
    assert browser.form("/login", good, origin="null").status_code == 403
    assert browser.form("/login", good, **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert browser.form("/login", good, origin="http://127.0.0.1:8000").status_code == 303


def test_too_many_tries_must_wait(browser: Browser, house: House) -> None:
    tries = [browser.sign_in("lin", "12345678").status_code for _ in range(11)]
    refused = browser.sign_in("lin")

    house.desk.clock.pass_time(minutes=1)

    assert tries == [401] * 10 + [429]
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert browser.sign_in("lin").status_code == 303


def test_a_cookie_writes_only_with_its_token_and_from_here(browser: Browser) -> None:
    browser.sign_in("lin")
    csrf = browser.json("/api/v1/me")["csrf"]

    assert edit(browser) == 403
    assert edit(browser, **{"x-csrf-token": "0" * 64}) == 403
    assert edit(browser, **{"x-csrf-token": csrf, "origin": "https://evil.example"}) == 403
    assert edit(browser, **{"x-csrf-token": csrf, "origin": "http://127.0.0.1:8000"}) == 200


def test_no_page_elsewhere_writes_where_nobody_signs_in(local: Browser) -> None:
    assert edit(local, origin="https://evil.example") == 403
    assert edit(local, **{"sec-fetch-site": "cross-site"}) == 403
    assert edit(local) == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_only_a_plain_form_is_taken(browser: Browser, kind: str) -> None:
    assert browser("POST", "/login", content=b"name=lin", headers={"content-type": kind}).status_code == 415


def test_a_form_that_is_too_long_is_refused(browser: Browser) -> None:
    assert browser.form("/login", {"name": "x" * 1_000_001}).status_code == 413


@pytest.mark.parametrize("content", [b"\xff\xfe", b"&" * 1000, b"name=%ff%fe&csrf=%00", b"=" * 5000])
def test_a_broken_form_is_a_refusal(browser: Browser, content: bytes) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}

    assert browser("POST", "/login", content=content, headers=kind).status_code == 403
