"""The excerpt shows the best sentence, whole hits, one line."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.columns import units
from core.excerpt import Excerpt, excerpt, mark_title
from core.text import tokenise
from core.types import Document, Span


def spans_of(field: str, text: str, *words: str) -> list[Span]:
    return sorted(
        Span(field, at, at + len(word))
        for word in words
        for at in range(len(text))
        if text.startswith(word, at)
    )


def shown(found: Excerpt | None) -> str:
    assert found is not None
    text = found.text
    for start, end in reversed(found.marks):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return f"{'…' * found.cut_left}{text}{'…' * found.cut_right}"


def from_body(body: str, *words: str, limit: int | None = None) -> str:
    return shown(excerpt(Document(body=body), spans_of("body", body, *words), limit_units=limit))


def test_the_sentence_with_most_different_hits_is_taken() -> None:
    body = "北京，北京，北京。\n\n世界知识产权组织在北京设点。\n\n以后再说。"

    assert from_body(body, "北京", "世界知识产权组织", limit=30) == "[世界知识产权组织]在[北京]设点。"


def test_of_equal_sentences_the_first_is_taken() -> None:
    assert from_body("One WIPO here. Two WIPO there.", "WIPO", limit=16) == "One [WIPO] here."


def test_a_short_sentence_takes_the_following_ones_then_those_before() -> None:
    body = "Before it. WIPO came. After it. A last one that is far too long for the room."

    assert from_body(body, "WIPO", limit=40) == "Before it. [WIPO] came. After it."


def test_line_breaks_and_odd_spaces_become_one_space_and_marks_follow() -> None:
    assert (
        from_body("关于\u3000\t北京市\r\n知识产权局\u202e的通知", "北京市\r\n知识产权局")
        == "关于 [北京市 知识产权局]的通知"
    )


def test_a_long_sentence_is_cut_between_words_on_the_right() -> None:
    body = "WIPO " + "word " * 30 + "end."

    assert from_body(body, "WIPO", limit=20) == "[WIPO] word word word…"


def test_a_late_hit_keeps_some_words_before_it() -> None:
    body = "word " * 30 + "WIPO and more words follow here."

    assert from_body(body, "WIPO", limit=24) == "…word [WIPO] and more words…"


def test_han_text_is_cut_between_characters_and_counts_double() -> None:
    body = "甲" * 60 + "专利" + "乙" * 60 + "。"

    assert from_body(body, "专利", limit=20) == "…甲甲[专利]乙乙乙乙乙乙…"


def test_the_usual_limit_is_90_han_characters_or_240_columns() -> None:
    han = excerpt(Document(body="专利" + "乙" * 300), [Span("body", 0, 2)])
    latin = excerpt(Document(body="WIPO " + "a " * 300), [Span("body", 0, 4)])

    assert han is not None and latin is not None
    assert (units(han.text), units(latin.text)) == (180, 240)


def test_the_summary_is_preferred_when_the_body_shows_no_more() -> None:
    document = Document(title="WIPO", summary="WIPO in short.", body="WIPO at length.")
    spans = [Span("title", 0, 4), Span("summary", 0, 4), Span("body", 0, 4)]

    assert shown(excerpt(document, spans)) == "[WIPO] in short."


def test_the_body_is_taken_when_it_shows_more() -> None:
    document = Document(summary="WIPO in short.", body="WIPO and Beijing.")

    found = excerpt(document, [Span("summary", 0, 4), Span("body", 0, 4), Span("body", 9, 16)])

    assert found == Excerpt("body", "WIPO and Beijing.", ((0, 4), (9, 16)), False, False)


def test_a_hit_in_the_title_only_gives_no_excerpt() -> None:
    assert excerpt(Document(title="WIPO", body="Something else."), [Span("title", 0, 4)]) is None


def test_spans_of_an_older_text_are_left_out() -> None:
    assert excerpt(Document(body="short"), [Span("body", 100, 104)]) is None


def test_marks_of_a_title_are_in_order_and_overlapping_ones_are_one() -> None:
    spans = [
        Span("title", 6, 8),
        Span("body", 0, 4),
        Span("title", 0, 4),
        Span("title", 2, 5),
        Span("title", 8, 9),
    ]

    assert mark_title(spans) == ((0, 5), (6, 8), (8, 9))


Draw = Callable[[st.SearchStrategy[Any]], Any]
pieces = st.sampled_from(
    ["WIPO", "北京", "a", "word", "甲乙", " ", " ", "\n", "\n\n", "。", ". ", "，", "“", "\u3000", "\u200b"]
)
bodies = st.lists(pieces, min_size=1, max_size=60).map("".join)


@st.composite
def marked(draw: Draw) -> tuple[str, list[Span]]:
    """Hits are whole tokens and do not overlap."""
    body = draw(bodies)
    tokens = tokenise(body)
    cuts = sorted(draw(st.sets(st.integers(0, len(tokens.forms)), max_size=8)))
    hits = [tokens.span(a, b - 1) for a, b in pairwise(cuts) if draw(st.booleans())]
    return body, [Span("body", start, end) for start, end in hits]


def one_line(text: str) -> str:
    return " ".join(text.split())


@given(marked(), st.integers(4, 60))
def test_an_excerpt_is_a_stretch_of_the_text_with_whole_hits(
    situation: tuple[str, list[Span]], limit: int
) -> None:
    body, spans = situation

    found = excerpt(Document(body=body), spans, limit_units=limit)

    assert (found is None) == (not spans)
    if found is not None:
        hits = [one_line(body[span.start : span.end]) for span in spans]
        marked_texts = [found.text[start:end] for start, end in found.marks]
        assert found.text in one_line(body)
        assert 0 < units(found.text) <= limit
        assert marked_texts[:-1] == [text for text in marked_texts[:-1] if text in hits]
        assert any(
            hit == marked_texts[-1] or (found.cut_right and hit.startswith(marked_texts[-1])) for hit in hits
        )


@given(marked(), st.integers(4, 60))
def test_an_excerpt_is_cut_between_tokens(situation: tuple[str, list[Span]], limit: int) -> None:
    body, spans = situation

    found = excerpt(Document(body=body), spans, limit_units=limit)

    if found is not None and units(one_line(body)) <= limit:
        assert not found.cut_left and not found.cut_right
    if found is not None and found.marks[-1][1] < len(found.text):
        whole = tokenise(one_line(body)).forms
        shown_forms = tokenise(found.text).forms
        assert any(whole[at : at + len(shown_forms)] == shown_forms for at in range(len(whole)))
