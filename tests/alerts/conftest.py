"""An invented day of news: outlets, people and addresses exist nowhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from alerts.digest import Digest, build
from alerts.facts import (
    Change,
    CheckedSource,
    Coverage,
    Facts,
    FailedSource,
    Member,
    MemberHit,
    QuietSource,
    StoryInput,
    WatchInput,
    Window,
)
from core.types import Language, Names, Span, Subscription

BEIJING = ZoneInfo("Asia/Shanghai")
OUTLETS = {
    "ip": Names("知产在线", "IP Online"),
    "weekly": Names("知产周报", "IP Weekly"),
    "daily": Names("京城日报", "Capital Daily"),
    "city": Names("新城报", "The New City News"),
    "wire": Names("中讯网", "Zhongxun News"),
    "press": Names("总部新闻中心", "Head office pressroom"),
    "science": Names("科创日报", "Sci-Tech Daily"),
    "trade": Names("京城商报", "Capital Business Today"),
    "harbour": Names("港商情", "Harbour Commerce"),
    "court": Names("京城知产法院", "Capital IP Court"),
    "park": Names("园区通讯", "Park Bulletin"),
}
WATCHES = (
    WatchInput("office", Names("WIPO 与北京", "WIPO and Beijing"), "urgent", 1),
    WatchInput("forum", Names("中关村论坛", "Zhongguancun Forum"), "normal", 0),
    WatchInput("region", Names("区域协作", "Regional cooperation"), "normal", 1),
    WatchInput("index", Names("全球创新指数", "Global Innovation Index"), "background", 0),
)


def at(text: str) -> datetime:
    """``11-23 08:30`` in Beijing, 2026."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING).astimezone(UTC)


def hit(watch: str, clause: str, *terms: str, **texts: str) -> MemberHit:
    """Every occurrence of the terms in title, summary and body."""
    spans = [
        Span(field, found.start(), found.end())
        for field, text in texts.items()
        for term in terms
        for found in re.finditer(re.escape(term), text)
    ]
    return MemberHit(watch, clause, tuple(sorted(spans)))


def article(
    number: int,
    outlet: str,
    title: str,
    published: str | None,
    hits: Sequence[tuple[str, ...]] = (),
    *,
    body: str = "",
    summary: str = "",
    found: str | None = None,
    **other: object,
) -> Member:
    """``hits``: (watch, clause, term, …)."""
    moment = at(published) if published else None
    values: dict[str, object] = {
        "version": 1,
        "url": f"https://{outlet}.example/2026/{number}.html",
        "first_seen": at(found) if found else (moment or at("11-23 12:00")) + timedelta(minutes=4),
        "precision": "minute" if published else None,
        "lang": "zh-Hans",
    }
    return Member(
        article_id=number,
        title=title,
        outlet=OUTLETS[outlet],
        published=moment,
        summary=summary,
        text=body,
        hits=tuple(hit(w, c, *terms, title=title, summary=summary, body=body) for w, c, *terms in hits),
        **(values | other),  # type: ignore[arg-type]  # keyword values of many kinds
    )


def story(number: int, *members: Member, first: int | None = None) -> StoryInput:
    return StoryInput(number, members, first)


def _reprinted() -> StoryInput:
    hits = [
        ("office", "支持中心 NEAR/20 @wipo", "技术与创新支持中心", "世界知识产权组织"),
        ("forum", "海淀", "海淀"),
    ]
    title = "京城新增五家技术与创新支持中心 首次覆盖副中心"
    body = (
        "昨日的会上公布了名单。\n\n新增的五家技术与创新支持中心由世界知识产权组织与主管部门共同认定，分布在海淀、"
        "亦庄和副中心，明年一月起面向园区和初创企业开放检索服务。"
    )
    return story(
        1,
        article(11, "ip", title, "11-23 15:42", hits, body=body, tier=1),
        article(12, "weekly", title, "11-23 16:20", hits, body=body, tier=2),
        article(13, "city", "五家中心落户，副中心有了第一家", "11-23 18:30", hits, body=body),
        article(14, "wire", title, "11-24 07:10", hits, body=body),
        first=11,
    )


def _from_abroad() -> StoryInput:
    summary = (
        "The second round of the WIPO GREEN city project in Beijing will pair forty technology providers with water "
        "and heating utilities over the coming year."
    )
    hits = [("office", '"WIPO GREEN" AND @beijing', "WIPO GREEN", "Beijing")]
    title = "Head office opens second round of green technology matchmaking"
    abroad = article(
        21, "press", title, "11-23 17:00", hits, summary=summary, tier=1, lang="en", zone="Europe/Zurich"
    )
    return story(2, abroad, first=21)


def _dated_only() -> StoryInput:
    hits = [("office", "PCT AND @beijing", "北京", "PCT")]
    title = "前三季度北京PCT申请量增一成"
    body = "前三季度，北京市申请人提交PCT申请同比增长一成，其中生物医药领域首次超过数字通信。"
    return story(
        3,
        article(31, "trade", title, "11-23 08:51", hits, body=body),
        article(32, "science", title, "11-23 00:00", hits, body=body, tier=2, precision="day"),
        first=31,
    )


def stories() -> tuple[StoryInput, ...]:
    undated = article(
        41,
        "weekly",
        "开放许可如何走出国门：三个案例",
        None,
        [("forum", "@wipo AND @zgc", "中关村", "WIPO")],
        body="其中一家中关村企业通过WIPO GREEN平台找到首个海外被许可方。",
        found="11-23 16:05",
    )
    traditional = article(
        51,
        "harbour",
        "京港合作會議下周舉行",
        "11-24 00:30",
        [("region", "京港 NEAR/6 知识产权", "京港知識產權")],
        body="第十二屆京港知識產權合作會議下周在港舉行。",
        lang="zh-Hant",
    )
    late = article(
        61,
        "court",
        "办事处与法院座谈",
        "11-12 00:00",
        [("office", "@office", "办事处")],
        body="办事处一行到访法院，双方交换了意见。",
        precision="day",
        found="11-23 20:15",
        novelty="late",
        tier=1,
    )
    return (
        _reprinted(),
        _from_abroad(),
        _dated_only(),
        story(4, undated),
        story(5, traditional),
        story(6, late),
    )


FAILED = FailedSource(
    Names("贸易会 新闻", "Trade fair news"),
    "http-503",
    status=503,
    since=at("11-22 21:10"),
    tries=9,
    next_try=at("11-24 09:40"),
    newest=at("11-21 18:02"),
)
QUIET = (QuietSource(Names("办事处 新闻", "Office news"), at("10-29 15:00")),)
COUNTS = (5, 4, 6, 3, 7, 1, 0, 4, 6, 9, 14, 8, 2, 1, 5, 3, 4, 6, 5, 0, 1, 4, 5, 3, 6, 4, 2, 0, 3)


def history(last: date) -> dict[date, int]:
    return {last - timedelta(days=len(COUNTS) - n): count for n, count in enumerate(COUNTS)}


def changes() -> tuple[Change, ...]:
    retitled = article(71, "science", "京城拟设调解服务点", "11-20 14:10", version=2)
    gone = article(72, "park", "园区将发布白皮书", "11-18 00:00", precision="day")
    return (
        Change("withdrawn", 8, gone, at("11-23 22:40"), at("11-19 08:30"), status=404),
        Change("retitled", 7, retitled, at("11-23 19:04"), at("11-23 08:30"), was_title="京城将建首个分中心"),
    )


def subscription(language: Language = "zh", **other: object) -> Subscription:
    values: dict[str, object] = {"id": "daily", "to": ("reader@office.example",), "language": language}
    return Subscription(**(values | other))  # type: ignore[arg-type]  # keyword values of many kinds


def facts(**other: object) -> Facts:
    values: dict[str, object] = {
        "window": Window(at("11-23 08:30"), at("11-24 08:30")),
        "watches": WATCHES,
        "stories": stories(),
        "coverage": Coverage(87, 86, (FAILED,), QUIET),
        "changes": changes(),
        "history": history(date(2026, 11, 24)),
    }
    return Facts(**(values | other))  # type: ignore[arg-type]  # keyword values of many kinds


def full_day(language: Language = "zh") -> Digest:
    return build(subscription(language), facts())


def empty_day(language: Language = "zh") -> Digest:
    checked = (
        CheckedSource(OUTLETS["press"], at("11-26 08:12"), at("11-25 18:00"), tier=1),
        CheckedSource(QUIET[0].names, at("11-26 08:05"), at("10-29 00:00"), tier=1),
        CheckedSource(OUTLETS["daily"], at("11-26 08:00"), at("11-25 10:00"), tier=3),
    )
    coverage = Coverage(4, 3, (FAILED,), QUIET, checked, entries=318)
    window = Window(at("11-25 08:30"), at("11-26 08:30"))
    quiet = facts(
        window=window, stories=(), changes=(), coverage=coverage, history=history(date(2026, 11, 26))
    )
    return build(subscription(language), quiet)


@pytest.fixture(scope="session")
def news() -> SimpleNamespace:
    """The makers of this file, for tests that cannot import it."""
    return SimpleNamespace(
        at=at,
        hit=hit,
        article=article,
        story=story,
        stories=stories,
        changes=changes,
        subscription=subscription,
        facts=facts,
        full_day=full_day,
        empty_day=empty_day,
        failed=FAILED,
        watches=WATCHES,
        outlets=OUTLETS,
    )
