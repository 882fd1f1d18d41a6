from __future__ import annotations

from urllib.parse import quote

import lxml.html
import pytest

from core.types import Names
from desk import views

ADDRESSES = {
    "/": "/",
    "/search": "/search?q=WIPO and x",
    "/sources": "/sources",
    "/articles/{article_id}": "/articles/1",
    "/status": "/status",
    "/theme/{theme}": "/theme/dark?back=/sources",
    "/static/{name}": "/static/desk.css",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
}
"""An address of every route there is."""

PAGES = [
    "/",
    "/search?q=WIPO and x",
    "/search?q=(broken",
    "/search",
    "/sources",
    "/articles/1",
    "/status",
    "/nowhere",
]


def active_content(html: str) -> list[str]:
    """Whatever a browser might run or load, and links elsewhere that are no plain web address or tell who we are."""
    root = lxml.html.fromstring(html.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    found = [
        element.tag
        for element in root.iter("script", "iframe", "object", "embed", "base", "style", "img", "template")
    ]
    for element in root.iter():
        for name, value in element.attrib.items():
            if name.startswith("on") or name in ("style", "srcdoc", "formaction", "background", "ping"):
                found.append(f"{element.tag} {name}")
            outgoing = element.tag == "a" and element.get("rel") == "noopener noreferrer nofollow"
            allowed = ("/", "#", "https://", "http://") if outgoing else ("/", "#")
            if name in ("href", "src", "action", "xlink:href") and not value.startswith(allowed):
                found.append(f"{element.tag} {name}={value}")
            if value.startswith("//"):
                found.append(f"{element.tag} {name}={value}")
    return found


def test_active_content_is_recognised():
    page = "<p onclick='x'>a</p><script>b</script><a href='javascript:c'>d</a><a href='/e' style='f'>g</a>"

    assert active_content(page) == ["script", "p onclick", "a href=javascript:c", "a style"]


def test_poison_reaches_every_text(desk, poison, payloads):
    bad = payloads[0]

    outlet = poison(desk, 0).article(1).outlet

    assert outlet == views.Outlet(bad, Names(bad, bad), "media", 2)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("number", range(8))
def test_nothing_that_a_publisher_writes_becomes_active(visit, desk, offline, poison, number, language):
    for poisoned in (poison(desk, number), poison(offline, number)):
        reader = visit(poisoned, language=language)
        for path in PAGES:
            answer = reader.get(path)
            assert answer.status_code == (404 if path == "/nowhere" else 200), answer.text[:300]
            assert active_content(answer.text) == [], path


@pytest.mark.parametrize("number", range(8))
def test_nothing_that_stands_in_an_address_becomes_active(visitor, payloads, number):
    for path in ("/search", "/", "/nowhere", "/theme/x", "/articles/1"):
        text = quote(payloads[number], safe="")
        answer = visitor.get(f"{path}?q={text}&lang={text}&back={text}&after=1")
        assert active_content(answer.text) == [], path


def test_a_template_of_ours_in_a_text_is_only_text(visit, desk, poison):
    answer = visit(poison(desk, 5)).get("/")

    assert "{{ 7 * 7 }}" in answer.text
    assert "49" not in answer.text


def test_every_route_is_tested_here(visitor):
    assert {route.path for route in visitor.app.routes} == set(ADDRESSES)


@pytest.mark.parametrize(
    "path", [*ADDRESSES.values(), "/nowhere", "/articles/2", "/theme/pink", "/static/desk.0.css"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_every_answer_carries_the_headers(visitor, path, method):
    headers = visitor.get(path, method=method).headers

    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert "cache-control" in headers


def test_errors_carry_the_headers_too(desk, visitor):
    desk.failure = RuntimeError("bug")

    answers = [visitor.get("/"), visitor.get("/", headers={"host": "evil.example"})]

    assert [answer.status_code for answer in answers] == [500, 400]
    assert all("default-src 'none'" in answer.headers["content-security-policy"] for answer in answers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ADDRESSES.values())
def test_nothing_can_be_written(visitor, path, method):
    answer = visitor.get(path, method=method)

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8000",
        "127.9.8.7",
        "localhost",
        "LOCALHOST:1234",
        "localhost.",
        "[::1]:8000",
        "news.example:8000",
        "News.Example",
    ],
)
def test_loopback_and_the_own_name_are_answered(visitor, host):
    assert visitor.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:8000", "news.example.evil.example",
        "192.168.1.5:8000", "0.0.0.0", "2130706433", "127.1", "user@127.0.0.1", "127.0.0.1:8000, evil.example", "[::2]", "a b",
    ],
)  # fmt: skip
def test_any_other_host_is_refused(visitor, host):
    answer = visitor.get("/", headers={"host": host})

    assert answer.status_code == 400
    assert "PRESSWATCH_BASE_URL" in answer.text
    assert "论坛" not in answer.text


def test_a_forwarded_host_is_not_believed(visitor):
    headers = {"host": "evil.example", "x-forwarded-host": "127.0.0.1", "forwarded": "host=127.0.0.1"}

    assert visitor.get("/", headers=headers).status_code == 400


def test_no_description_of_the_interface_is_open(visitor):
    assert [visitor.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 404]


def test_static_files_are_kept_for_ever_under_their_content(visitor):
    paths = lxml.html.fromstring(visitor.get("/").text).xpath("//link/@href")

    answers = [visitor.get(path) for path in paths]

    assert [answer.headers["content-type"] for answer in answers] == [
        "text/css; charset=utf-8",
        "image/svg+xml",
    ]
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=31536000, immutable"}
    assert visitor.get("/static/desk.css").status_code == 404
    assert visitor.get("/static/..%2Fapp.py").status_code == 404


def test_static_files_ask_for_nothing_from_elsewhere(visitor):
    css = visitor.get(lxml.html.fromstring(visitor.get("/").text).xpath("//link/@href")[0]).text

    assert "url(" not in css.split("*/", 1)[1]
    assert "@import" not in css.split("*/", 1)[1]


def test_the_first_page_is_small(visitor):
    page = visitor.get("/")
    files = [visitor.get(path) for path in lxml.html.fromstring(page.text).xpath("//link/@href")]

    assert len(page.content) + sum(len(file.content) for file in files) < 150_000
