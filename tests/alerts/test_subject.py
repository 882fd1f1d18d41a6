from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.calendar import Calendar
from alerts.digest import build
from alerts.facts import Window
from alerts.phrases import Phrases
from alerts.subject import LONGEST, cut, subject_of


def subject(digest):
    return subject_of(
        digest, Calendar(Phrases(digest.subscription.language), ZoneInfo("Asia/Shanghai"), date(2026, 11, 24))
    )


def test_subject_tells_date_count_and_headline(news):
    headline = "京城新增五家技术与创新支持中心 首次覆盖副中心"

    assert subject(news.full_day()) == f"[WIPO–北京] 日报 11-24 · 5 则新报道 · {headline}"
    assert subject(news.full_day("en")) == f"[WIPO–Beijing] 24 Nov · 5 new stories · {headline}"


def test_subject_of_a_day_without_news_tells_what_was_checked(news):
    nothing = news.facts(stories=(), changes=None)

    assert (
        subject(build(news.subscription(), nothing))
        == "[WIPO–北京] 日报 11-24 · 没有新报道 · 查成 86 / 87 个信源"
    )
    assert (
        subject(build(news.subscription("en"), nothing))
        == "[WIPO–Beijing] 24 Nov · no new stories · 86 of 87 sources checked"
    )


def test_subject_without_new_stories_still_tells_changes_and_late_finds(news):
    digest = build(news.subscription("en"), news.facts(stories=news.stories()[-1:]))

    assert (
        subject(digest)
        == "[WIPO–Beijing] 24 Nov · no new stories · 2 changed · 1 late find · 86 of 87 sources checked"
    )


def test_several_issues_of_one_day_are_told_apart_by_their_time(news):
    evening = Window(news.at("11-24 08:30"), news.at("11-24 17:00"))
    digest = build(news.subscription(), news.facts(window=evening, stories=()))

    assert subject(digest).startswith("[WIPO–北京] 日报 11-24 17:00 · ")


def test_headline_cannot_break_out_of_the_subject(news):
    first = news.stories()[0]
    evil = replace(first.members[0], title="头条\r\nBcc: spy@evil.example\u202etxt.exe")
    digest = build(news.subscription(), news.facts(stories=(replace(first, members=(evil,)),)))

    assert subject(digest) == "[WIPO–北京] 日报 11-24 · 1 则新报道 · 头条 Bcc: spy@evil.exampletxt.exe"


@pytest.mark.parametrize(
    ("text", "longest", "shown"),
    [
        ("short", 10, "short"),
        ("The second round of the project", 18, "The second round…"),
        ("北京新增五家技术与创新支持中心", 8, "北京新增五家技…"),
        ("北京，新增", 4, "北京…"),
        ("Donaudampfschifffahrt", 10, "Donaudamp…"),
    ],
)
def test_headline_is_cut_where_a_word_ends(text, longest, shown):
    assert cut(text, longest) == shown


@given(text=st.text(), longest=st.integers(1, 200))
def test_cut_headline_is_never_longer_than_asked(text, longest):
    assert len(cut(text, longest)) <= longest


def test_subject_stays_short_whatever_the_headline(news):
    first = news.stories()[0]
    long = replace(first.members[0], title="很长的标题" * 200)
    digest = build(news.subscription(), news.facts(stories=(replace(first, members=(long,)),)))

    assert len(subject(digest)) <= LONGEST
