"""Every error and warning is told in both languages, with the place under a caret."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from core.errors import QueryError
from matching.ast import Warning
from matching.messages import caret_line, error_sentence, explain_error, explain_warning, words
from matching.parser import parse

CODES = [
    "empty_query",
    "too_long",
    "too_many_terms",
    "too_deep",
    "not_grounded",
    "unbalanced_bracket",
    "empty_group",
    "missing_operand",
    "unterminated_quote",
    "unexpected_char",
    "empty_term",
    "bad_wildcard",
    "unknown_field",
    "missing_value",
    "bad_value",
    "nested_field",
    "bad_near",
    "bad_atleast",
    "near_operand",
    "atleast_operand",
    "bad_alias",
    "unknown_alias",
    "alias_cycle",
    "alias_invalid",
]
WARNINGS = [
    "single_cjk",
    "wildcard_in_near",
    "mixed_and_or",
    "short_acronym",
    "stop_word",
    "operator_lookalike",
    "list_punctuation",
    "trailing_question",
]
HAN = re.compile("[\u4e00-\u9fff]")


def raised(query: str, **options: object) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(query, **options)
    return caught.value


@pytest.mark.parametrize(
    "key", [*(f"error_{code}" for code in CODES), *(f"warning_{code}" for code in WARNINGS)]
)
def test_every_code_has_a_sentence_in_both_languages(key: str) -> None:
    forms = words().phrases[key]

    assert HAN.search(forms["zh"]) and forms["zh"].endswith("。")
    assert not HAN.search(forms["en"]) and forms["en"].endswith(".")


def test_every_error_of_the_example_cases_can_be_told() -> None:
    lines = (Path(__file__).parents[1] / "data" / "query" / "cases.jsonl").read_bytes().strip().split(b"\n")
    for case in map(json.loads, lines):
        if "error" in case["expect"]:
            error = raised(case["query"], mode=case.get("mode", "search"), aliases=case["aliases"])
            for language in ("zh", "en"):
                assert "{" not in explain_error(error, case["query"], language)


def test_an_error_has_its_place_counted_from_one_and_a_caret() -> None:
    query = "北京 AND (WIPO"

    assert explain_error(raised(query), query, "zh") == (
        "第 8 个字符：这个括号没有配对；补上另一半，或删去它。\n北京 AND (WIPO\n         ^"
    )
    assert explain_error(raised(query), query, "en") == (
        "Character 8: This bracket has no partner; add the other one or delete it.\n北京 AND (WIPO\n         ^"
    )


def test_an_error_of_the_whole_query_has_no_caret() -> None:
    assert explain_error(raised("NOT a"), "NOT a", "zh").count("\n") == 0


def test_a_bad_value_is_told_with_its_filter_and_what_it_accepts() -> None:
    query = "title:x since:(7d OR soon)"

    assert error_sentence(raised(query), query, "en") == (
        "since: does not accept this value; write 2026, 2026-03, 2026-03-26, 7d (days) or 2w (weeks); "
        "between values in brackets stands OR."
    )


def test_a_warning_is_told_as_a_note() -> None:
    assert explain_warning(Warning("single_cjk", 5), "WIPO 京", "zh") == (
        "提醒，第 6 个字符：单个汉字会命中很多无关的词；写成完整的词更准。\nWIPO 京\n     ^"
    )


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert caret_line("北e\u0301ａx", 4) == "北e\u0301ａx\n     ^"


def test_line_breaks_and_control_characters_do_not_move_the_caret() -> None:
    assert caret_line("a\nb\x1b[c", 4) == "a b [c\n    ^"


def test_a_long_query_is_shown_around_the_place() -> None:
    query = "甲" * 100 + "(" + "乙" * 100

    shown, caret = caret_line(query, 100).split("\n")

    assert shown == "…" + "甲" * 20 + "(" + "乙" * 17 + "…"
    assert caret == " " * 41 + "^"
