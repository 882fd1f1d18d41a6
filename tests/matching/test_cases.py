"""The language's own example cases, and what happens to a case that is wrong itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError
from matching.cases import CaseResult, run_case

# Not ``splitlines``: some cases hold line separators of Unicode.
LINES = (Path(__file__).parents[1] / "data" / "query" / "cases.jsonl").read_bytes().strip().split(b"\n")
CASES = [json.loads(line) for line in LINES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_language_case(case: dict[str, Any]) -> None:
    result = run_case(case)

    assert result.passed, (case["query"], result.got)


def test_a_case_that_fails_shows_what_was_got() -> None:
    case = {"id": "c1", "query": "WIPO", "doc": {"body": "北京"}, "expect": {"match": True}}

    assert run_case(case) == CaseResult("c1", False, {"match": False})


def test_a_wanted_error_that_does_not_come_fails_the_case() -> None:
    case = {"id": "c1", "query": "WIPO", "expect": {"error": "empty_query", "position": 0}}

    assert run_case(case) == CaseResult("c1", False, {"match": False})


def test_an_error_that_is_not_wanted_fails_the_case() -> None:
    case = {"id": "c1", "query": "(", "expect": {"match": True}}

    assert run_case(case) == CaseResult("c1", False, {"error": "unbalanced_bracket", "position": 0})


def test_a_case_may_give_several_names_of_a_source() -> None:
    case = {
        "id": "c1",
        "query": "source:新华",
        "doc": {"source": ["xinhua", "新华社"]},
        "expect": {"match": True},
    }

    assert run_case(case).passed


@pytest.mark.parametrize(
    "change",
    [
        {"query": 5},
        {"expect": None},
        {"mode": "both"},
        {"zone": "Nowhere/Land"},
        {"now": "yesterday"},
        {"doc": {"body": 5}},
        {"doc": {"tier": "high"}},
        {"doc": ["x"]},
        {"aliases": {"a": None}},
    ],
)
def test_a_case_that_cannot_be_read_is_named(change: dict[str, Any]) -> None:
    case = {"id": "c1", "query": "WIPO", "doc": {"body": "x"}, "expect": {"match": True}, **change}

    with pytest.raises(ConfigError, match=r"^c1: this case cannot be read"):
        run_case(case)
