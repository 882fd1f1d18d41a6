from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.lines import width, wrap
from alerts.prose import HIT, HIT_END, bare, keep

HAN = "北京新增五家技术与创新支持中心，分布在海淀、亦庄（首批）和“副中心”。"


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [("北京", 4, 4), ("WIPO", 4, 4), ("“引”", 6, 4), ("·…—", 6, 3), ("e\u0301", 1, 1), ("Ａ", 2, 2)],
)
def test_width_counts_columns_as_fonts_of_the_language_do(text, zh, en):
    assert (width(text, "zh"), width(text, "en")) == (zh, en)


def test_chinese_breaks_anywhere_but_around_marks():
    assert wrap("北京、天津和河北（三地）", "zh", columns=8) == ["北京、天", "津和河北", "（三地）"]
    assert wrap("一二三四，五", "zh", columns=8) == ["一二三", "四，五"]
    assert wrap("一二三“四”", "zh", columns=8) == ["一二三", "“四”"]


def test_english_breaks_at_blanks():
    assert wrap("The second round will pair firms", "en", columns=12) == [
        "The second",
        "round will",
        "pair firms",
    ]


def test_kept_pieces_stay_whole_and_hits_get_asterisks():
    text = f"在 {keep('11-23 08:30')} 的 {HIT}WIPO GREEN{HIT_END} 会"

    assert wrap(text, "zh", columns=14) == ["在 11-23 08:30", "的", "*WIPO GREEN*", "会"]


def test_a_tied_word_moves_with_its_neighbour():
    assert wrap("Capital Daily\u00a017:05, more", "en", columns=14) == ["Capital", "Daily 17:05,", "more"]


def test_hits_that_touch_share_their_asterisks():
    assert wrap(f"{HIT}北京{HIT_END}{HIT}PCT{HIT_END}", "zh") == ["*北京PCT*"]


def test_a_long_marked_term_may_be_divided_between_words():
    term = "Global Intellectual Property Protection and Innovation Forum"

    assert wrap(f"{HIT}{term}{HIT_END}", "en", columns=40) == [
        "*Global Intellectual Property Protection",
        "and Innovation Forum*",
    ]


def test_no_line_begins_with_a_middle_dot():
    assert wrap("知产周报 · 一级 · 首发", "zh", columns=12) == ["知产周报 ·", "一级 · 首发"]


def test_first_and_following_lines_have_their_own_lead():
    assert wrap("一二三四五六", "zh", first="1.  ", rest="    ", columns=10) == ["1.  一二三", "    四五六"]


def test_a_word_longer_than_the_line_is_divided():
    assert wrap("x" * 25, "en", columns=10) == ["x" * 10, "x" * 10, "x" * 5]


LETTERS = st.text(st.sampled_from(HAN + " abcWIPO,.()“”…—·*é 漢字ひらがな한글"), max_size=200)


@given(text=LETTERS, language=st.sampled_from(["zh", "en"]), columns=st.integers(8, 72))
def test_lines_hold_the_columns_and_lose_no_character(text, language, columns):
    lines = wrap(text, language, columns=columns)

    assert all(width(line, language) <= columns for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


@given(text=st.text(st.sampled_from("北京天津，。、（）“”《》"), max_size=80))
def test_no_closing_mark_begins_a_line_and_no_opening_one_ends_it(text):
    text = re.sub(r"[（“《]+(?=[，。、）”》]|$)|(?<![北京天津])[，。、）”》]+|^[，。、）”》]+", "", text)

    lines = wrap(bare(text), "zh", columns=16)

    short = [line for line in lines if line]
    runs = re.findall(r"[（“《]*[北京天津][，。、）”》]*", text)
    if all(width(run, "zh") <= 16 for run in runs):
        assert not [line for line in short[1:] if line[0] in "，。、）”》"]
        assert not [line for line in short[:-1] if line[-1] in "（“《"]
