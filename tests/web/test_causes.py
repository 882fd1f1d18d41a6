from __future__ import annotations

from core.words import load_words
from desk.views import Cause
from web.causes import advice_words, cause_words, grouped
from web.render import HERE

WORDS = load_words(HERE / "words.yaml")


def test_the_finest_words_for_a_cause_are_taken():
    causes = [
        Cause("http-404", 404),
        Cause("http-502", 502),
        Cause("http-418", 418),
        Cause("dns"),
        Cause("never-heard-of"),
        Cause(),
    ]

    assert [cause_words(WORDS, cause, "zh") for cause in causes] == [
        "页面不存在（404）", "网站出错（502）", "网站回答 418", "域名查不到地址（DNS）", "其他原因", "其他原因",
    ]  # fmt: skip
    assert cause_words(WORDS, Cause("http-502", 502), "en") == "Site error (502)"


def test_an_answer_that_was_fine_explains_no_other_cause():
    assert cause_words(WORDS, Cause("no-entries", 200), "zh") == "列表空了，疑似改版"
    assert cause_words(WORDS, Cause("not-a-feed", 200), "en") == "Not a feed"


def test_advice_is_given_only_where_there_is_some():
    assert "presswatch source edit" in advice_words(WORDS, Cause("http-404", 404), "en")
    assert advice_words(WORDS, Cause("timeout"), "en") == ""


def test_one_cause_is_one_group_and_the_commonest_stands_first(sources_view):
    lines = [line for line in sources_view.lines if line.condition == "attention"]

    groups = grouped(WORDS, [lines[2], *lines[:2]])

    assert [(group.cause.error_class, [line.id for line in group.lines]) for group in groups] == [
        ("no-entries", ["park-news", "ferry-news"]),
        ("http-404", ["port-daily"]),
    ]
