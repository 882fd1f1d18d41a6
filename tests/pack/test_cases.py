"""Every watch of the default pack finds what it must and leaves alone what it must."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import pytest

from core.types import Names, Subscription
from matching.cases import run_case
from matching.parser import parse

HAN = re.compile("[\u4e00-\u9fff]")


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (files("config") / "cases.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_watch_judges_the_example_as_the_pack_says(
    case: dict[str, Any], watch_pack: Mapping[str, Any]
) -> None:
    query = next(watch["query"] for watch in watch_pack["watches"] if watch["id"] == case["watch"])

    result = run_case({**case, "query": query, "aliases": watch_pack["aliases"], "mode": "watch"})

    assert result.passed, result.got


def test_queries_of_the_pack_are_watches_without_warnings(watch_pack: Mapping[str, Any]) -> None:
    aliases = watch_pack["aliases"]

    warnings = {
        w["id"]: parse(w["query"], mode="watch", aliases=aliases).warnings for w in watch_pack["watches"]
    }

    assert {watch_id: found for watch_id, found in warnings.items() if found} == {}


def test_every_alias_is_used(watch_pack: Mapping[str, Any]) -> None:
    texts = [*watch_pack["aliases"].values(), *(watch["query"] for watch in watch_pack["watches"])]

    used = {name for text in texts for name in re.findall(r"@([a-z_]+)", text)}

    assert used == set(watch_pack["aliases"])


def test_every_watch_has_examples_in_each_script_and_against_it(watch_pack: Mapping[str, Any]) -> None:
    counted = {watch["id"]: list(kinds_of(watch["id"])) for watch in watch_pack["watches"]}

    assert {
        watch_id for watch_id, kinds in counted.items() if not {"zh-Hans", "zh-Hant", "en"} <= set(kinds)
    } == set()
    assert {
        watch_id for watch_id, kinds in counted.items() if kinds.count("no") < 4 or len(kinds) < 8
    } == set()


def test_names_stand_in_both_languages(watch_pack: Mapping[str, Any]) -> None:
    names = [Names(**watch["name"]) for watch in watch_pack["watches"]]

    assert [name for name in names if not HAN.search(name.zh) or HAN.search(name.en)] == []


def test_no_watch_is_urgent_and_nobody_is_mailed_before_someone_asks(watch_pack: Mapping[str, Any]) -> None:
    assert {watch["priority"] for watch in watch_pack["watches"]} == {"normal", "background"}
    assert [(digest["id"], digest["to"]) for digest in watch_pack["digests"]] == [("daily", [])]
    assert watch_pack["digests"][0]["schedule"] == Subscription("daily").schedule


def kinds_of(watch_id: str) -> Iterator[str]:
    for case in cases():
        if case["watch"] == watch_id:
            yield case["doc"]["lang"] if case["expect"]["match"] else "no"
