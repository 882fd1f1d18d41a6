"""What the example cases leave open about reading queries."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import QueryError
from matching.ast import And, Or, Query, Term, Warning
from matching.parser import parse

SIGNS = [
    *"()（）\"＂“”„「」『』«»'=@:：-–—*?,，、;|/\\ \u3000\n\t",
    *("AND", "OR", "NOT", "NEAR", "NEAR/3", "ONEAR/s", "NEAR/x", "ATLEAST/2", "ATLEAST", "and", "near"),
    *(
        "title",
        "body:",
        "site:",
        "lang:zh",
        "since:7d",
        "date:",
        "tier:1..2",
        "url:",
        "source:",
        "foo:",
        "@a",
        "@loop",
        "@x",
    ),
    *("WIPO", "北京", "京", "visit", "20", "a", "😀", "\u200b", "\ufeff", "\u0301", "\ud800", "Ａ"),
]
soup = st.lists(st.sampled_from(SIGNS), max_size=14).map("".join)
spaced = st.lists(st.sampled_from(SIGNS), max_size=14).map(" ".join)
ALIASES = {"a": "WIPO OR 北京", "loop": "x @loop", "x": "title:y OR @a", "bad": "("}


def error(query: str, **options: object) -> tuple[str, int]:
    with pytest.raises(QueryError) as caught:
        parse(query, **options)
    return caught.value.code, caught.value.position


@settings(max_examples=300, deadline=None)
@given(st.one_of(soup, spaced, st.text(max_size=30)), st.sampled_from(["watch", "search"]))
@example("title:\u200b", "search")
@example("site:(\ud800", "search")
def test_any_text_is_a_query_or_a_query_error_inside_of_it(text: str, mode: str) -> None:
    try:
        found = parse(text, mode=mode, aliases=ALIASES)
    except QueryError as caught:
        assert 0 <= caught.position <= len(text)
        assert caught.subject == text
    else:
        assert all(0 <= warning.position < len(text) for warning in found.warnings)


def test_a_read_query_is_a_value() -> None:
    assert parse("京 OR WIPO") == Query(
        "京 OR WIPO", Or((Term(("京",), ()), Term(("wipo",), ()))), "京 OR WIPO", (Warning("single_cjk", 0),)
    )


def test_brackets_that_change_nothing_are_gone_from_the_tree() -> None:
    assert parse("a (b (c AND d))").node == And(tuple(Term((letter,), ()) for letter in "abcd"))


@pytest.mark.parametrize(
    ("query", "code", "position"),
    [
        ("((a)", "unbalanced_bracket", 0),
        ("(a) (b", "unbalanced_bracket", 4),
        ("a (", "unbalanced_bracket", 2),
        ("(a OR ) b", "missing_operand", 3),
        ("NOT AND a", "missing_operand", 0),
        ("a OR NOT", "missing_operand", 5),
        ("a -)", "missing_operand", 2),
        ("a NEAR/5 NEAR/3 b", "missing_operand", 2),
        ("a OR NEAR/5 b", "missing_operand", 2),
        ("(OR a)", "missing_operand", 1),
        ("ATLEAST/2 AND a", "missing_operand", 0),
        ("ATLEAST/2 -a", "atleast_operand", 10),
        ("a NEAR/3 site:x.cn", "near_operand", 9),
        ("(a OR (b c)) NEAR d", "near_operand", 0),
        ("a NEAR/0001 b", "bad_near", 2),
        ("a NEAR/٣ b", "bad_near", 2),
        ("ATLEAST/0002 a", "bad_atleast", 0),
        ("title:OR", "missing_value", 0),
        ("title:ATLEAST/2 x", "missing_value", 0),
        ("title:)", "missing_value", 0),
        ("a site:OR", "missing_value", 2),
        ("title:site:x.cn", "nested_field", 6),
        ("title:foo:x", "unknown_field", 6),
        ("title:= x", "unexpected_char", 6),
        ("title:()", "empty_group", 6),
        ("title:@", "bad_alias", 6),
        ("site:(a.cn OR)", "bad_value", 11),
        ("site:(OR a.cn)", "bad_value", 6),
        ("site:(a.cn AND b.cn)", "bad_value", 11),
        ("site:(a.cn OR (b.cn))", "bad_value", 14),
        ("site:a..cn", "bad_value", 5),
        ("lang:z", "bad_value", 5),
        ("url:“a b”", "bad_value", 4),
        ('url:""', "bad_value", 4),
        ('type:"a b"', "bad_value", 5),
        ("tier:0", "bad_value", 5),
        ("date:0000", "bad_value", 5),
        ("date:12345d", "bad_value", 5),
        ("date:2026-03..", "bad_value", 5),
        ("a\u200b NOT\u200b", "missing_operand", 3),
        ("\ufeff“\u200bvis\u200bit**”", "bad_wildcard", 9),
        ("abc*?", "bad_wildcard", 3),
        ("W.I.P.O*", "bad_wildcard", 7),
        ("a.b.c.d.?", "bad_wildcard", 8),
        ("19abc? ab?c", "bad_wildcard", 9),
        ("a,b* ok", "bad_wildcard", 3),
    ],
)
def test_errors_and_their_places(query: str, code: str, position: int) -> None:
    assert error(query) == (code, position)


def test_levels_of_brackets_not_and_aliases_are_counted_together() -> None:
    aliases = {"deep": "(" * 20 + "x" + ")" * 20}

    assert parse("y " + "-" * 29 + "@deep", aliases=aliases).canonical.startswith("y AND NOT NOT")
    assert error("y " + "-" * 30 + "@deep", aliases=aliases) == ("too_deep", 32)
    assert error("y " + "-" * 51 + "x") == ("too_deep", 52)


def test_a_chain_of_aliases_is_too_deep_before_it_overflows() -> None:
    aliases = {f"a{number}": f"@a{number + 1}" for number in range(2_000)} | {"a2000": "x"}

    assert error("y @a0", aliases=aliases) == ("too_deep", 2)
    assert parse("@a1951", aliases=aliases).canonical == "@a1951"


def test_aliases_that_double_each_other_are_counted_not_written_out() -> None:
    aliases = {f"d{number}": f"@d{number + 1} @d{number + 1}" for number in range(40)} | {"d40": "x"}

    assert error("@d0", aliases=aliases) == ("too_many_terms", 0)


def test_values_of_filters_count_as_terms() -> None:
    tiers = " OR ".join("1" for _ in range(499))

    assert parse(f"x tier:({tiers})").node
    assert error(f"x tier:({tiers} OR 2)") == ("too_many_terms", 0)


def test_names_of_aliases_are_compared_without_case_and_width() -> None:
    aliases = {"Ｗipo-1": "WIPO", "not a name": "x"}

    assert parse("@WIPO-1", aliases=aliases).canonical == "@wipo-1"
    assert error("@wipo", aliases=aliases) == ("unknown_alias", 0)


def test_an_error_deep_inside_of_aliases_is_told_at_the_outer_reference() -> None:
    aliases = {"a": "@b", "b": "x @c", "c": "@gone", "d": "@e", "e": "(", "f": "@f2", "f2": "@f"}

    assert error("x OR @a", aliases=aliases) == ("unknown_alias", 5)
    assert error("x OR @d", aliases=aliases) == ("alias_invalid", 5)
    assert error("x OR @f", aliases=aliases) == ("alias_cycle", 5)


def test_an_alias_may_be_ungrounded_the_query_not() -> None:
    aliases = {"nojobs": "NOT job", "here": "site:a.cn"}

    assert (
        parse("WIPO @nojobs @here", mode="watch", aliases=aliases).canonical == "WIPO AND @nojobs AND @here"
    )
    assert error("@nojobs", aliases=aliases) == ("not_grounded", 0)
    assert error("@here", mode="watch", aliases=aliases) == ("not_grounded", 0)


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("a b OR NOT (c OR d) e", "(a AND b) OR (NOT (c OR d) AND e)"),
        ("NOT NOT a b", "NOT NOT a AND b"),
        ("ATLEAST/2 (a) x", "ATLEAST/2 a AND x"),
        ("title:(-a) b", "title:(NOT a) AND b"),
        ("title:(a) b", "title:a AND b"),
        ("body:(a NEAR b)", "body:(a NEAR/4 b)"),
        ("a ONEAR/P (b OR c) NEAR/007 d", "a ONEAR/p (b OR c) NEAR/7 d"),
        ('“say "x"”', "\"say 'x'\""),
        ('"NEAR/5" "and" "nearby" "an"', '"NEAR/5" AND "and" AND "nearby" AND an'),
        ("＝x", '"＝x"'),
        ("=x*", '="x*"'),
        ("visit* 北京", "visit* AND 北京"),
        ("source:“新华\u3000社”", 'source:"新华 社"'),
        ('source:"OR"', 'source:"OR"'),
        ("source:NEAR x", "source:NEAR AND x"),
        ("author:-x", "author:-x"),
        ("site:(WWW.A.cn. OR ｂ.cn)", "site:(a.cn OR b.cn)"),
        ("url:HTTP://A.cn/(x)", "url:HTTP://A.cn/ AND x"),
        ('url:"a(b)"', 'url:"a(b)"'),
        ("site:www.www.a.cn.. OR site:www.", "site:a.cn OR site:www"),
        ("lang:ZH_hant tier:２..３ date:７D..0w", "lang:zh-hant AND tier:2..3 AND date:7d..0w"),
    ],
)
def test_canonical_form(query: str, canonical: str) -> None:
    assert parse(query).canonical == canonical
    assert parse(canonical).canonical == canonical


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("TISC NOT job", ["short_acronym"]),
        ("ATLEAST/2 TISC", ["short_acronym"]),
        ("TISC OR PCT", []),
        ("京* 京", None),
        ("=near x", ["operator_lookalike"]),
        ("=the x", []),
        ("a、b c", ["list_punctuation"]),
        ("北京，2025 x", ["list_punctuation"]),
        ("(a1 b OR c) d", ["mixed_and_or"]),
        ("的 x NOT 京", ["single_cjk", "single_cjk", "stop_word"]),
        ('"visi?" x', []),
        ('"ask visi?" x', ["trailing_question"]),
        ("@list NEAR/2 b", []),
        ("(visit* OR x) NEAR/2 b", ["wildcard_in_near"]),
    ],
)
def test_warnings(query: str, codes: list[str] | None) -> None:
    if codes is None:
        assert error(query)[0] == "bad_wildcard"
        return
    found = parse(query, aliases={"list": "visit* OR the OR 京"})
    assert sorted(warning.code for warning in found.warnings) == codes
