from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.prose import HIT, HIT_END, KEEP, bare, clean, keep, marked, strong, to_html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("一行\r\nBcc: x@y.example", "一行 Bcc: x@y.example"),
        ("价\u202egnp.exe", "价gnp.exe"),
        ("零\u200b宽\ufeff字\u00ad符", "零宽字符"),
        (f"假{HIT}标{HIT_END}记{KEEP}", "假标记"),
        ("\x00\x1b[31m红", "[31m红"),
        ("孤\ud800儿", "孤\ufffd儿"),
        ("两\u3000栏  空\u00a0格", "两\u3000栏 空 格"),
        ("\U000e0041隐", "隐"),
    ],
)
def test_only_what_is_seen_remains_of_foreign_text(text, shown):
    assert clean(text) == shown


def test_only_texts_longer_than_any_real_one_are_cut():
    assert clean("字" * 600, 600) == "字" * 600
    assert clean("字" * 601, 600) == "字" * 599 + "…"


def test_marks_keep_their_place_when_the_text_is_cleaned():
    text = "在\u200b北京 的\nWIPO 会议"
    start = text.index("WIPO")

    assert marked(text, ((2, 4), (start, start + 4))) == f"在{HIT}北京{HIT_END} 的 {HIT}WIPO{HIT_END} 会议"


def test_blank_between_marks_is_kept_once():
    assert marked("WIPO  GREEN", ((0, 4), (6, 11))) == f"{HIT}WIPO{HIT_END} {HIT}GREEN{HIT_END}"


def test_html_is_escaped_before_marks_become_tags():
    html = to_html(keep(f"{HIT}<b onclick='x'>{HIT_END} & {strong('粗')}"))

    assert html == (
        '<span style="white-space:nowrap"><b class="h" style="background:#ffedb0">&lt;b onclick=&#39;x&#39;&gt;</b>'
        " &amp; <b>粗</b></span>"
    )


def test_kept_pieces_inside_a_kept_piece_need_no_tag_of_their_own():
    assert to_html(keep("a" + keep("b"))) == '<span style="white-space:nowrap">ab</span>'


@given(st.text())
def test_no_feed_can_set_a_mark(text):
    cleaned = clean(text)

    assert bare(cleaned) == cleaned
    assert "<" not in to_html(cleaned)
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned


@given(st.text(max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_marked_text_is_the_cleaned_text(text, points):
    ends = sorted({min(point, len(text)) for point in points})
    marks = [(a, b) for a, b in zip(ends[::2], ends[1::2], strict=False) if a < b]

    assert bare(marked(text, marks)) == clean(text)
