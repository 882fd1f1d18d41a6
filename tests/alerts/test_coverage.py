from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.calendar import Calendar
from alerts.coverage import TIGHT, WIDE, coverage_view, evidence, failed_rows
from alerts.facts import CheckedSource, Coverage, QuietSource
from alerts.phrases import Phrases
from alerts.prose import bare
from alerts.view import Narrator
from core.types import Names


def narrator(language):
    calendar = Calendar(Phrases(language), ZoneInfo("Asia/Shanghai"), date(2026, 11, 24))
    return Narrator(calendar.say, calendar, "")


def rows(failed, language="zh", room=WIDE):
    return [bare(row) for row in failed_rows(failed, narrator(language), room)]


def test_failed_source_tells_cause_since_tries_next_try_and_newest_item(news):
    assert rows([news.failed]) == [
        "贸易会 新闻，HTTP 503，11-22 21:10 起。已试 9 次，下次 11-24 09:40。此前最新一条 11-21 18:02。"
    ]
    assert rows([news.failed], "en") == [
        "Trade fair news, HTTP 503 since 22 Nov 21:10. Tried 9 times, next try 24 Nov 09:40. "
        "Newest item before that: 21 Nov 18:02."
    ]


def test_what_is_not_known_of_a_failure_is_not_made_up(news):
    bare_failure = replace(
        news.failed, status=None, error_class="dns", since=None, tries=0, next_try=None, newest=None
    )

    assert rows([bare_failure]) == ["贸易会 新闻，域名查不到，不再自动重试。还没有读到过条目。"]
    assert rows([replace(bare_failure, tries=1)], "en") == [
        "Trade fair news, host name not found. Tried once, not tried again by itself. No item was ever read."
    ]


@pytest.mark.parametrize(
    ("error_class", "status", "error", "cause"),
    [
        ("timeout", None, "no byte for 25 s", "超时"),
        ("bot-protection", 403, "", "被机器人防护拦下"),
        ("http-404", 404, "", "HTTP 404"),
        ("brand-new", None, "something\r\n\u202eodd <b>", "something odd <b>"),
        ("brand-new", None, "", "没有查成"),
    ],
)
def test_cause_is_said_in_the_readers_words_where_there_are_some(news, error_class, status, error, cause):
    failed = replace(news.failed, error_class=error_class, status=status, error=error)

    assert rows([failed])[0].startswith(f"贸易会 新闻，{cause}，11-22")


def test_one_cause_of_many_failures_is_said_once_with_every_name(news):
    many = [
        replace(
            news.failed,
            names=Names(f"信源{n}", f"Source {n}"),
            error_class="dns",
            status=None,
            next_try=news.at("11-24 09:00") + timedelta(minutes=n),
        )
        for n in range(8)
    ]

    assert rows([*many, news.failed]) == [
        "域名查不到，8 个，最早 11-22 21:10 起："
        + "、".join(f"信源{n}" for n in range(8))
        + "。下次 11-24 09:00 至 11-24 09:07。",
        "贸易会 新闻，HTTP 503，11-22 21:10 起。已试 9 次，下次 11-24 09:40。此前最新一条 11-21 18:02。",
    ]


def test_failures_alike_that_began_at_different_times_each_tell_theirs(news):
    begun = [news.at(f"11-{day} 10:00") for day in range(17, 24)]
    many = [
        replace(news.failed, names=Names(f"信源{n}", f"Source {n}"), since=since, next_try=None)
        for n, since in enumerate(begun)
    ]

    assert rows(many) == [
        "HTTP 503，7 个：" + "、".join(f"信源{n}（11-{17 + n} 10:00 起）" for n in range(7)) + "。"
    ]


def test_thousands_of_failures_stay_short_and_all_are_counted(news):
    many = [
        replace(
            news.failed,
            names=Names(f"信源{n}", f"Source {n}"),
            error_class=f"c{n % 90}",
            status=None,
            error=f"c{n % 90}",
        )
        for n in range(900)
    ]

    shown = rows(many, room=TIGHT)

    assert len(shown) == TIGHT.rows + 1
    assert shown[-1] == f"另有 {900 - 10 * TIGHT.rows} 个。"
    assert all("，另 4 个" in row for row in shown[:-1])


def test_statement_counts_normal_quiet_and_not_due_sources(news):
    quiet = (QuietSource(Names("办事处", "Office"), news.at("10-29 15:00")),)
    view = coverage_view(Coverage(10, 6, (news.failed,), quiet), narrator("zh"), (), WIDE)

    assert view.note == "查成 6 / 10 个信源"
    assert (view.failed_head, view.quiet_head) == ("失败 1 个", "久未更新 1 个")
    assert [bare(line) for line in view.quiet] == ["办事处，最新一条 10-29"]
    assert view.tail == ("其余 5 个正常。", "本时段没有查的 3 个。")


def test_statement_says_when_every_source_was_checked():
    view = coverage_view(Coverage(3, 3), narrator("en"), (Names("指数", "Index"),), WIDE)

    assert view.tail == ("All 3 sources were checked.",)
    assert view.silent_watches == "1 watch without a new story: Index."


def test_statement_says_when_no_source_is_switched_on():
    assert coverage_view(Coverage(0, 0), narrator("zh"), (), WIDE).tail == ("没有启用的信源。",)


def test_evidence_names_the_most_trusted_sources_and_counts_the_others(news):
    checked = tuple(
        CheckedSource(Names(f"源{n}", f"S{n}"), news.at("11-24 08:10"), news.at("11-23 00:00"), tier)
        for n, tier in enumerate((1, 1, 2, 3, 3))
    )
    coverage = Coverage(6, 5, (news.failed,), (QuietSource(Names("源1", "S1")),), checked)

    found = evidence(coverage, narrator("zh"), WIDE)

    assert found is not None
    assert found.note == "一级信源 2 个，全部查成"
    assert [(row.name, bare(row.checked), bare(row.newest), row.is_quiet) for row in found.rows] == [
        ("源0", "08:10", "11-23", False),
        ("源1", "08:10", "11-23", True),
    ]
    assert found.others == "二级 1 个、三级 3 个（失败 1 个）"


def test_evidence_is_left_out_where_the_desk_has_none():
    assert evidence(Coverage(3, 3), narrator("zh"), WIDE) is None
