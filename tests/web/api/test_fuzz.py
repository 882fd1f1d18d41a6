"""Whatever is sent to whatever the description names, the answer is never a failure of ours."""

from __future__ import annotations

import json
import string
from typing import Any
from urllib.parse import quote

import pytest
from api_house import House, house_of
from desk_house import Desk, entry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = 300
ANY_TEXT = st.text(max_size=40) | st.sampled_from(
    ["", "*", "\x00", "\ud800", "北京 AND", "(" * 30, "' OR 1=1 --", "9" * 40, "../..", "null"]
)
KNOWN = st.sampled_from(["tisc", "green", "gazette", "daily", "wipo", "1", "2"])
WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


def values(schema: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Mostly what the schema allows, now and then what it does not."""
    return st.one_of(allowed(schema, parts), allowed(schema, parts), allowed(schema, parts), WILD)


def allowed(schema: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return allowed(parts[schema["$ref"].rsplit("/", 1)[1]], parts)
    if "anyOf" in schema:
        return st.one_of([allowed(inner, parts) for inner in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "integer":
            return st.integers(schema.get("minimum", -5), min(schema.get("maximum", 10**20), 10**20))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            return st.lists(allowed(schema["items"], parts), max_size=4)
        case "object" if "properties" in schema:
            return an_object(schema, parts)
        case "object":
            return st.dictionaries(st.text(string.ascii_letters, max_size=8), ANY_TEXT, max_size=3)
    return (
        ANY_TEXT
        | KNOWN
        | st.sampled_from(
            ["TISC OR WIPO", "https://gazette.example/", "08:30 mon-fri", "Asia/Shanghai", "1h", "zh"]
        )
    )


def an_object(schema: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    required = {name: values(schema["properties"][name], parts) for name in schema.get("required", [])}
    optional = {
        name: values(inner, parts) for name, inner in schema["properties"].items() if name not in required
    }
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def requests(draw: st.DrawFn, description: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    parts = description["components"]["schemas"]
    path, operations = draw(st.sampled_from(sorted(description["paths"].items())))
    method, operation = draw(st.sampled_from(sorted(operations.items())))
    query, headers = {}, {"accept-language": draw(st.sampled_from(["zh", "en", "*", "de;q=x", ",,;q=1"]))}
    for parameter in operation.get("parameters", ()):
        value = (
            draw(KNOWN | values(parameter["schema"], parts))
            if parameter["in"] == "path"
            else draw(values(parameter["schema"], parts))
        )
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", quoted(value) or "x")
        elif parameter["in"] == "query" and draw(st.booleans()):
            query[parameter["name"]] = value
    if draw(st.booleans()):
        headers["if-match"] = draw(
            st.sampled_from(['"1"', "*", '"2"', '""', "W/x", "," * 50, '"' + "9" * 50 + '"'])
        )
    more: dict[str, Any] = {"headers": headers}
    if "requestBody" in operation:
        body = draw(values(operation["requestBody"]["content"]["application/json"]["schema"], parts))
        more["content"] = json.dumps(body)  # halves of characters too, as \ud800
        headers["content-type"] = "application/json"
    asked = "&".join(f"{name}={quoted(value)}" for name, value in query.items())
    return method.upper(), f"{path}?{asked}" if asked else path, more


def quoted(value: Any) -> str:
    return quote(str(value).encode("utf-8", "surrogatepass"), safe="")


@pytest.fixture
def fuzzed(desk: Desk) -> House:
    desk.finds("gazette", *(entry(n) for n in range(1, 4)))
    desk.watching.set_alias("wipo", "WIPO OR OMPI", who="test")
    return house_of(desk, base_url="http://127.0.0.1:8000")


def test_nothing_that_is_sent_is_a_failure_of_ours(fuzzed: House) -> None:
    local = fuzzed.browser()
    description = local.json("/api/v1/openapi.json")
    answered: set[int] = set()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(requests(description))
    def one(request: tuple[str, str, dict[str, Any]]) -> None:
        method, path, more = request
        answer = local(method, path, **more)
        answered.add(answer.status_code)
        assert answer.status_code < 500, (request, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert {"type", "title", "status", "detail"} <= set(answer.json())

    one()

    assert {200, 400, 404, 422} <= answered
