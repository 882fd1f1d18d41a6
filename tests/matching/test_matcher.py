"""What a match tells, and that nothing is judged without need."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core.text import MATCHED_CHARACTERS
from core.types import Document, Span
from matching.keys import keys_of
from matching.matcher import Match, compile_queries
from matching.parser import parse

NOW = datetime(2026, 3, 27, 4, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
ALIASES = {"ip": "知识产权 OR WIPO"}


def judge(document: Document, **queries: str) -> dict[str, Match]:
    read = {name: parse(query, aliases=ALIASES) for name, query in queries.items()}
    return compile_queries(read, zone=ZONE).match(document, NOW)


def test_matches_come_in_the_order_of_the_queries() -> None:
    found = judge(Document(title="WIPO在北京"), b="北京", a="WIPO", c="东京")

    assert found == {"b": Match((Span("title", 5, 7),), "北京"), "a": Match((Span("title", 0, 4),), "WIPO")}
    assert list(found) == ["b", "a"]


@pytest.mark.parametrize(
    ("query", "clause"),
    [
        ("WIPO 北京", "WIPO AND 北京"),
        ("东京 OR (WIPO 北京) OR 北京", "WIPO AND 北京"),
        ("东京 OR @ip", "@ip"),
        ("@ip", "@ip"),
        ("title:(东京 OR 北京)", "title:(东京 OR 北京)"),
    ],
)
def test_the_clause_is_the_operand_of_the_outer_or_that_matched(query: str, clause: str) -> None:
    assert judge(Document(title="WIPO在北京"), q=query)["q"].clause == clause


def test_all_operands_of_an_or_that_match_are_marked() -> None:
    spans = judge(Document(title="WIPO在北京"), q="WIPO OR 北京 OR 东京")["q"].spans

    assert spans == (Span("title", 0, 4), Span("title", 5, 7))


def test_marks_that_share_a_character_are_one_and_touching_ones_two() -> None:
    assert judge(Document(body="世界知识产权"), q="世界知识 OR 知识 OR 产权")["q"].spans == (
        Span("body", 0, 4),
        Span("body", 4, 6),
    )


def test_a_query_without_words_is_judged_by_metadata_alone() -> None:
    document = Document(title="x", site="www.wipo.int", tier=1)

    assert judge(document, a="site:wipo.int", b="tier:2", c="WIPO OR tier:1") == {
        "a": Match((), "site:wipo.int"),
        "c": Match((), "tier:1"),
    }


def test_no_queries_match_nothing() -> None:
    assert judge(Document(title="x")) == {}


def test_what_is_longer_than_the_cap_is_not_matched() -> None:
    body = "北" * (MATCHED_CHARACTERS - 2) + "京京WIPO"

    assert judge(Document(body=body), q="WIPO", r="京京") == {
        "r": Match((Span("body", MATCHED_CHARACTERS - 2, MATCHED_CHARACTERS),), "京京")
    }


def test_a_lone_surrogate_in_a_text_or_query_is_a_sign_like_others() -> None:
    assert judge(
        Document(body="WIPO \ud800 北京"), a="北京", b='"WIPO \ud800 北京"', c='"WIPO 北京"'
    ).keys() == {"a", "b"}


def test_a_long_text_full_of_hits_is_judged_in_linear_time() -> None:
    body = "wipo in 北京。" * 10_000

    found = judge(Document(body=body), q="WIPO NEAR/s 北京 ONEAR/100 (WIPO OR 北京)", r="ATLEAST/100 WIPO")

    assert [len(match.spans) for match in found.values()] == [20_000, 10_000]


def test_a_published_date_without_zone_is_one_of_the_service() -> None:
    naive = datetime(2026, 3, 26, 23, 30)

    assert judge(Document(published=naive), q="date:2026-03-26", r="date:2026-03-27").keys() == {"q"}


def test_relative_days_follow_the_moment_of_judging() -> None:
    matcher = compile_queries({"q": parse("since:1d")}, zone=ZONE)
    document = Document(published=datetime(2026, 3, 26, 1, tzinfo=UTC))

    assert list(matcher.match(document, NOW)) == ["q"]
    assert list(matcher.match(document, datetime(2026, 3, 28, 4, tzinfo=UTC))) == []
    assert list(matcher.match(document, datetime(1, 1, 1, tzinfo=UTC))) == ["q"]


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("a NOT b", {"a"}),
        ("(知识产权 OR ab) AND abcde", {"abcde"}),
        ("WIPO NEAR/3 (北京 OR Zhongguancun)", {"北京", "zhongguancun"}),
        ('"the World Organization"', {"organization"}),
        ("visit* OR =京A", {"visit", "京"}),
        ("a OR site:x", None),
        ("site:x", None),
    ],
)
def test_literals_that_announce_a_match(query: str, keys: set[str] | None) -> None:
    assert keys_of(parse(query).node) == keys


def test_one_matcher_may_be_asked_by_several_threads() -> None:
    matcher = compile_queries({"q": parse("WIPO NEAR/3 北京 OR G20")}, zone=ZONE)
    documents = [Document(body=f"{'x ' * number}WIPO 在北京 G20") for number in range(200)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda document: matcher.match(document, NOW), documents))

    assert found == [matcher.match(document, NOW) for document in documents]
