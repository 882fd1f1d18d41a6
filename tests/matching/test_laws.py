"""Laws that hold for all queries and texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.candidates import AllOf, AnyOf, Anything, Candidates, HasToken
from core.errors import QueryError
from core.text import index_tokens, tokenise
from core.types import Document
from matching.candidates import candidates
from matching.matcher import Match, compile_queries
from matching.parser import parse

Draw = Callable[[st.SearchStrategy[Any]], Any]

NOW = datetime(2026, 3, 27, 4, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
ALIASES = {"ip": "知识产权 OR WIPO", "near": "WIPO NEAR/3 北京", "here": "site:a.cn"}
TERMS = [
    *(
        "WIPO",
        "北京",
        "京",
        "知识产权",
        "產權",
        "green",
        "visit*",
        "visi?ed",
        "20",
        '"WIPO green"',
        '"北京, WIPO"',
        '="WIPO"',
    ),
    *('="北京"', '"U.S."', "G20", '"京 知识"', '"visit* 北京"', "@ip"),
]
OTHERS = [
    "@near",
    "@here",
    "site:a.cn",
    "lang:zh",
    "tier:1",
    "since:7d",
    "title:WIPO",
    "body:(北京 OR green)",
    "source:新华",
]
PIECES = [
    *(
        "WIPO",
        "wipo",
        "北京",
        "京",
        "知识产权",
        "知識產權",
        "green",
        "visit",
        "visited",
        "20",
        "G20",
        "U.S.",
        "us",
        "。",
        "，",
    ),
    *(" ", " ", " ", "\n", "\n\n", ", ", ". ", "“", "·", "\u200b", "x"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=16).map("".join)
documents = st.builds(
    Document,
    title=texts,
    summary=texts,
    body=texts,
    source=st.sampled_from([(), ("新华社",)]),
    site=st.sampled_from([None, "a.cn", "www.a.cn", "b.cn"]),
    lang=st.sampled_from([None, "zh-Hans", "en"]),
    tier=st.sampled_from([None, 1, 2]),
    published=st.sampled_from([None, NOW, datetime(2026, 3, 1, tzinfo=UTC)]),
)
terms = st.sampled_from(TERMS)
term_lists = st.one_of(
    terms, st.lists(terms, min_size=2, max_size=3).map(lambda items: f"({' OR '.join(items)})")
)


@st.composite
def queries(draw: Draw, depth: int = 3) -> str:
    kind = draw(st.sampled_from(["term", "term", "other", "near", "atleast", "and", "or", "not", "-"]))
    if depth == 0 or kind == "term":
        return draw(terms)
    if kind == "other":
        return draw(st.sampled_from(OTHERS))
    if kind == "near":
        return f"{draw(term_lists)} {draw(st.sampled_from(['NEAR', 'NEAR/2', 'ONEAR/s', 'NEAR/p']))} {draw(term_lists)}"
    if kind == "atleast":
        return f"ATLEAST/{draw(st.integers(1, 3))} {draw(term_lists)}"
    one, two = draw(queries(depth - 1)), draw(queries(depth - 1))
    return {
        "and": f"({one}) ({two})",
        "or": f"({one}) OR ({two})",
        "not": f"({one}) NOT ({two})",
        "-": f"-({one}) {two}",
    }[kind]


def judge(queries: Mapping[str, str], document: Document) -> dict[str, Match]:
    read = {name: parse(query, aliases=ALIASES) for name, query in queries.items()}
    return compile_queries(read, zone=ZONE).match(document, NOW)


def is_readable(query: str) -> bool:
    try:
        parse(query, aliases=ALIASES)
    except QueryError:
        return False
    return True


def spans(query: str, document: Document) -> object:
    match = judge({"q": query}, document).get("q")
    return match and match.spans


def matches(query: str, document: Document) -> bool:
    return "q" in judge({"q": query}, document)


readable = queries().filter(is_readable)
laws = settings(max_examples=80, deadline=None)


@laws
@given(readable)
def test_the_canonical_form_reads_as_the_same_tree(query: str) -> None:
    read = parse(query, aliases=ALIASES)

    again = parse(read.canonical, aliases=ALIASES)

    assert (again.node, again.canonical) == (read.node, read.canonical)


@laws
@given(st.lists(readable, min_size=1, max_size=8), documents)
def test_many_queries_together_are_judged_as_each_alone(several: list[str], document: Document) -> None:
    named = {str(number): query for number, query in enumerate(several)}

    together = judge(named, document)

    assert together == {
        name: match for name, query in named.items() for match in judge({name: query}, document).values()
    }


@laws
@given(readable, readable, documents)
def test_and_and_or_do_not_mind_the_order(one: str, two: str, document: Document) -> None:
    for join in ("AND", "OR"):
        query, other = f"({one}) {join} ({two})", f"({two}) {join} ({one})"
        assert spans(query, document) == spans(other, document)


@laws
@given(queries(), queries(), documents)
def test_de_morgan(one: str, two: str, document: Document) -> None:
    document = Document(title="anchor", summary=document.summary, body=document.body)
    pairs = [
        (f"anchor NOT (({one}) OR ({two}))", f"anchor NOT ({one}) NOT ({two})"),
        (f"anchor NOT (({one}) AND ({two}))", f"anchor AND (NOT ({one}) OR NOT ({two}))"),
    ]
    for query, other in pairs:
        assert spans(query, document) == spans(other, document)


@laws
@given(queries(), documents)
def test_not_turns_the_judgement_and_never_marks(query: str, document: Document) -> None:
    document = Document(title="anchor", summary=document.summary, body=document.body, site=document.site)
    positive, negative, doubled = (
        spans(f"anchor AND {sign}({query})", document) for sign in ("", "NOT ", "NOT NOT ")
    )
    anchor = spans("anchor", document)

    assert (positive is None) != (negative is None)
    assert negative in (None, anchor)
    assert doubled == (None if positive is None else anchor)


@laws
@given(term_lists, term_lists, st.integers(0, 5), documents)
def test_near_does_not_mind_the_order_and_grows_with_its_reach(
    one: str, two: str, reach: int, document: Document
) -> None:
    assert spans(f"{one} NEAR/{reach} {two}", document) == spans(f"{two} NEAR/{reach} {one}", document)
    if matches(f"{one} NEAR/{reach} {two}", document):
        assert matches(f"{one} NEAR/{reach + 1} {two}", document)
        assert matches(f"{one} ONEAR/{reach} {two}", document) or matches(
            f"{two} ONEAR/{reach} {one}", document
        )
        assert matches(f"{one} AND {two}", document)


@laws
@given(terms.filter(lambda term: term != "@ip"), documents)
def test_marks_of_a_term_lie_in_the_text_and_fold_to_the_term(term: str, document: Document) -> None:
    read = parse(term).node
    match = judge({"q": term}, document).get("q")
    assume(match is not None)
    assert match is not None

    for span in match.spans:
        forms = tokenise(getattr(document, span.field)[span.start : span.end]).forms
        assert len(forms) >= len(read.tokens)
        assert all("*" in token or "?" in token or token in forms for token in read.tokens)


@laws
@given(readable, documents)
def test_a_match_is_always_among_the_candidates(query: str, document: Document) -> None:
    tokens = {
        token for text in (document.title, document.summary, document.body) for token in index_tokens(text)
    }
    wanted = candidates(parse(query, aliases=ALIASES))

    assert proposes(wanted, tokens) or not matches(query, document)


def proposes(wanted: Candidates, tokens: set[str]) -> bool:
    match wanted:
        case Anything():
            return True
        case HasToken(token, prefix):
            return any(known.startswith(token) for known in tokens) if prefix else token in tokens
        case AllOf(parts):
            return all(proposes(part, tokens) for part in parts)
        case AnyOf(parts):
            return any(proposes(part, tokens) for part in parts)
