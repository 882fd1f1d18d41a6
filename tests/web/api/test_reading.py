"""Reading through the API: the archive, lists in pages, and errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_house import Browser, House
from desk_house import entry

from web.api import answers
from web.api.problems import KEYS, words


@pytest.fixture
def five(house: House) -> None:
    house.desk.finds("gazette", *(entry(n) for n in range(1, 6)))


@pytest.mark.usefixtures("five")
def test_search_answers_like_the_command(local: Browser) -> None:
    found = local.json("/api/v1/articles?q=TISC AND 北京&limit=2")

    assert (found["total"], found["total_exact"], found["complete"]) == (5, True, True)
    assert len(found["items"]) == 2
    assert {"field": "title", "start": 0, "end": 2} in found["items"][0]["spans"]
    assert found["items"][0]["source"] == "gazette"
    answers.Articles.model_validate(found)


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize("query", ["q=TISC", "q=", "source=gazette"])
def test_a_cursor_goes_on_without_a_gap(local: Browser, query: str) -> None:
    seen, path = [], f"/api/v1/articles?{query}&limit=2"
    after: str | None = ""
    while after is not None:
        found = local.json(path + (f"&after={after}" if after else ""))
        seen += [item["id"] for item in found["items"]]
        after = found["next"]

    assert len(seen) == 5
    assert sorted(seen, reverse=True) == sorted(set(seen), reverse=True)


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("source=herald", 0), ("lang=en", 0), ("since=2026-03-26", 5), ("until=2026-03-25", 0), ("since=1d", 5),
        ("hits=true", 5), ("q=TISC&hits=true&since=2026-03-01&until=2026-03-31", 5), ("q=没有的词", 0),
    ],
)  # fmt: skip
def test_filters_narrow(local: Browser, query: str, total: int) -> None:
    assert local.json(f"/api/v1/articles?{query}")["total"] == total


@pytest.mark.usefixtures("five")
def test_one_article_comes_with_versions_and_reprints(local: Browser) -> None:
    (first, *_) = local.json("/api/v1/articles?limit=1")["items"]

    article = local.json(f"/api/v1/articles/{first['id']}")

    assert article["title"] == first["title"]
    answers.ArticleWithVersions.model_validate(article)


@pytest.mark.parametrize("path", ["/api/v1/articles/999", "/api/v1/watches/none", "/api/v1/sources/none", "/api/v1/digests/none",
                                  "/api/v1/digests/none/preview", "/api/v1/watches/none/versions", "/api/v1/nothing"])  # fmt: skip
def test_what_is_not_there_is_said_so_in_both_languages(local: Browser, path: str) -> None:
    zh, en = local.get(path), local.get(path, headers={"accept-language": "en"})

    assert (zh.status_code, zh.headers["content-type"]) == (404, "application/problem+json")
    assert (zh.json()["title"], en.json()["title"]) == ("没有找到", "Not found")
    assert "presswatch" not in en.json().get("reason", "")


@pytest.mark.parametrize(
    ("query", "status", "name"),
    [
        ("q=(WIPO", 400, "bad-query"), ("after=nothing", 400, "bad-cursor"), ("q=WIPO&after=%F0", 400, "bad-cursor"),
        ("limit=0", 422, "invalid"), ("limit=x", 422, "invalid"), ("since=soon", 422, "invalid"), ("since=99999d", 422, "invalid"),
        ("until=9999-12-31", 422, "invalid"), ("source=%00", 422, "invalid"), ("hits=perhaps", 422, "invalid"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_answered_says_why(
    local: Browser, query: str, status: int, name: str
) -> None:
    answer = local.get(f"/api/v1/articles?{query}")

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:presswatch:problem:{name}")
    answers.Problem.model_validate(answer.json())


def test_lists_go_on_with_a_cursor(local: Browser) -> None:
    first = local.json("/api/v1/sources?limit=2")

    second = local.json(f"/api/v1/sources?limit=2&after={first['next']}")

    assert [item["id"] for item in first["items"] + second["items"]] == ["gazette", "herald", "wire"]
    assert (first["total"], second["next"]) == (3, None)
    assert local.get("/api/v1/sources?after=!").status_code == 400


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("watches", answers.Watches), ("watches/tisc", answers.OneWatch), ("watches/tisc/versions", answers.WatchVersions),
        ("sources", answers.Sources), ("sources/gazette", answers.Source), ("digests", answers.Digests),
        ("digests/daily", answers.Digest), ("digests/daily/preview", answers.Preview), ("stats", answers.Stats),
        ("me", answers.Me), ("aliases", answers.Aliases),
    ],
)  # fmt: skip
def test_answers_are_as_described(house: House, local: Browser, path: str, model: Any) -> None:
    house.desk.watching.set_alias("wipo", "WIPO OR OMPI", who="test")

    model.model_validate(local.json(f"/api/v1/{path}"))


def test_the_description_has_examples_and_refusals(local: Browser) -> None:
    made = local.json("/api/v1/openapi.json")

    patch = made["paths"]["/api/v1/watches/{watch_id}"]["patch"]
    assert {"200", "401", "403", "412", "415", "428", "429"} <= set(patch["responses"])
    assert patch["responses"]["412"]["content"]["application/problem+json"]
    assert "If-Match" in [parameter["name"] for parameter in patch["parameters"]]
    assert all(
        "example" in made["components"]["schemas"][name]
        for name in ("WatchNew", "WatchPatch", "SourceNew", "DigestPut")
    )
    assert all(path.startswith("/api/v1/") for path in made["paths"])
    assert set(made["components"]["securitySchemes"]) == {"token", "session"}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_only_json_is_taken(local: Browser, kind: str) -> None:
    body = json.dumps({"query": "TISC"})

    answer = local(
        "PATCH", "/api/v1/watches/tisc", content=body, headers={"content-type": kind, "if-match": "*"}
    )

    assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")


@pytest.mark.parametrize(
    "content",
    [b"{", b"[" * 100_000, b"\xff", b'{"query": "\\ud800"}', b"1" * 6000, b"null", b"[]", b'{"query": NaN}'],
)
def test_broken_json_is_a_refusal(local: Browser, content: bytes) -> None:
    headers = {"content-type": "application/json", "if-match": "*"}

    answer = local("PATCH", "/api/v1/watches/tisc", content=content, headers=headers)

    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_more_than_a_megabyte_is_refused(local: Browser) -> None:
    async def pieces() -> Any:
        for _ in range(11):
            yield b" " * 100_000

    headers = {"content-type": "application/json"}
    whole = local("POST", "/api/v1/watches", content=b" " * 1_000_001, headers=headers)
    streamed = local("POST", "/api/v1/watches", content=pieces(), headers=headers)

    assert (whole.status_code, streamed.status_code) == (413, 413)


def test_other_methods_are_refused_with_those_there_are(local: Browser) -> None:
    answer = local("DELETE", "/api/v1/stats")

    assert (answer.status_code, answer.headers["allow"], answer.json()["status"]) == (405, "GET", 405)


def test_a_bug_is_told_without_its_details(
    house: House, local: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret path /srv/x")

    monkeypatch.setattr("desk.library.stats", broken)

    answer = local.get("/api/v1/stats")

    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text


def test_reads_of_one_token_are_counted_apart_from_others(house: House) -> None:
    busy, other = house.program("reader"), house.program("reader")

    codes = [busy.get("/api/v1/me").status_code for _ in range(601)]

    assert codes == [200] * 600 + [429]
    assert busy.get("/api/v1/me").headers["retry-after"] == "1"
    assert other.get("/api/v1/me").status_code == 200


def test_writes_are_counted(house: House) -> None:
    busy = house.program("operator")

    codes = [busy("POST", "/api/v1/sources/gazette/pause").status_code for _ in range(61)]

    assert codes == [200] * 60 + [429]


def test_every_refusal_has_words_in_both_languages() -> None:
    assert {f"{key}{end}" for key in KEYS.values() for end in ("", "_text")} <= set(words().phrases)
    assert all(set(forms) == {"zh", "en"} for forms in words().phrases.values())
