"""A desk with an invented newsroom, the application over it, and a browser."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import anyio
import httpx
import pytest
from fastapi import FastAPI

from core.errors import NotFound
from core.types import DateClaim, DateOrigin, Language, Names, Precision
from desk import views
from web.app import create_app

T = TypeVar("T")
BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 15, 10, 42, tzinfo=BEIJING).astimezone(UTC)


def at(hour: int, minute: int = 0, *, day: int = 15) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=BEIJING).astimezone(UTC)


def claim(moment: datetime, precision: Precision = "minute", origin: DateOrigin = "feed") -> DateClaim:
    return DateClaim(moment, precision, origin)


def marked(text: str, *words: str, lang: str | None = "zh-Hans") -> views.Marked:
    """Every occurrence of the words is a hit."""
    found = [(i, i + len(word)) for word in words for i in range(len(text)) if text.startswith(word, i)]
    return views.Marked(text, tuple(sorted(found)), lang)


def outlet(zh: str, en: str, kind: str = "media", tier: int = 2) -> views.Outlet:
    return views.Outlet(en.lower().replace(" ", "-"), Names(zh, en), kind, tier)


MORNING = outlet("北辰早报", "Beichen Morning")
OFFICE = outlet("星河知识产权局", "Xinghe IP Office", "official", 1)
REVIEW = outlet("产权评论", "Property Review", "trade")
LAKESIDE = outlet("Lakeside Wire", "Lakeside Wire", "media", 3)
ISLAND = outlet("島上日報", "Island Daily", "media", 3)

TITLE = "星河论坛开幕，世界知识产权组织代表谈人工智能与版权"
COPIES = (
    views.Copy(1, MORNING, TITLE, claim(at(9, 21)), "zh-Hans", timedelta(), first=True),
    views.Copy(7, REVIEW, TITLE, claim(at(9, 27)), "zh-Hans", timedelta(minutes=6)),
    views.Copy(
        8,
        LAKESIDE,
        "Copyright in the age of AI: Xinghe opens",
        claim(at(10, 2)),
        "en",
        timedelta(minutes=41),
        True,
    ),
    views.Copy(9, ISLAND, "星河論壇開幕", claim(at(0), "day", "list"), "zh-Hant", None, True),
)
STORIES = (
    views.Story(
        11,
        1,
        marked(TITLE, "星河论坛", "世界知识产权组织"),
        marked(
            "“世界知识产权组织愿与星河一道，把规则讲清楚。”代表在开幕式上说，会期三天，共有 26 场讨论。",
            "世界知识产权组织",
            "星河",
        ),
        MORNING,
        claim(at(9, 21)),
        "@论坛 AND @wipo",
        first=True,
        also=COPIES[1:],
        also_total=5,
    ),
    views.Story(
        12,
        2,
        marked("星河发布六项合作成果，其中两项与地理标志有关", "星河"),
        views.Marked(
            "论坛由星河市与 WIPO 共同主办，双方将在明年春天检查进展",
            ((0, 2), (3, 5), (8, 12)),
            "zh-Hans",
            True,
            True,
        ),
        OFFICE,
        claim(at(0), "day", "list"),
        "@论坛",
        origin="星河通讯社",
        edits=1,
        pending=True,
    ),
    views.Story(
        13,
        3,
        marked("A small office with a long reach: WIPO in Xinghe", "WIPO", lang="en"),
        marked(
            "Half of the questions put to the WIPO desk now come from firms with fewer than fifty staff.",
            "WIPO",
            lang="en",
        ),
        LAKESIDE,
        claim(at(20, 15, day=14)),
        "wipo NEAR/8 office",
    ),
)
DAYS = (0, 1, 0, 0, 2, 1, 0, 3, 0, 1, 1, 0, 4, 3)
COVERAGE = views.Coverage(
    checked=5,
    total=9,
    unchecked=1,
    failed=(
        views.FailedSource(
            "park-news",
            Names("科技园要闻", "Park news"),
            "attention",
            views.Cause("no-entries"),
            at(21, 10, day=14),
            at(12),
        ),
        views.FailedSource(
            "port-daily",
            Names("港口日报", "Port Daily"),
            "attention",
            views.Cause("http-404", 404, "HTTP 404, not found: https://port.example/feed"),
            at(6, day=12),
            at(14),
        ),
        views.FailedSource(
            "hill-radio",
            Names("山间广播", "Hill Radio"),
            "retrying",
            views.Cause("timeout", None, "no byte for 25 s"),
            at(6, 10),
            at(11, 4),
        ),
    ),
)
TODAY = views.Today(
    since=NOW - timedelta(hours=24),
    stories=4,
    articles=9,
    coverage=COVERAGE,
    watches=(
        views.WatchNews(
            "forum",
            Names("星河论坛与 WIPO", "Xinghe Forum and WIPO"),
            "@论坛 AND (@wipo OR 知识产权)",
            STORIES,
            4,
            DAYS,
            at(9, 21),
        ),
        views.WatchNews(
            "hague",
            Names("海牙与马德里体系", "Hague and Madrid"),
            "海牙体系 OR Madrid",
            (),
            0,
            (0,) * 13 + (0,),
            at(15, 30, day=6),
        ),
        views.WatchNews("green", Names("绿色技术", "Green technology"), "WIPO GREEN", (), 0, (0,) * 14),
    ),
    late=(
        views.LateFind(
            21, "湖畔法院通报一起涉外商标案", "zh-Hans", claim(at(0, day=9), "day", "url"), REVIEW
        ),
    ),
    digests=(
        views.NextDigest("daily", Names("星河日报", "Xinghe daily"), at(8, 30, day=16), 4, 12),
        views.NextDigest("weekly", Names("一周", "The week"), at(9, day=19), 9, 0),
    ),
)


def days14(*states: str, new: int = 0) -> tuple[views.SourceDay, ...]:
    tail = tuple(views.SourceDay(state) for state in states)
    return tuple(views.SourceDay("fine", (i * 5 + new) % 7) for i in range(14 - len(tail))) + tail


def line(id: str, zh: str, en: str, condition: str, **more: object) -> views.SourceLine:
    fixed = {"kind": "feed", "type": "media", "tier": 2, "checked_at": at(10, 12), "next_due": at(11, 12)}
    values = {"url": f"https://www.{id}.example/feed", "days": days14(new=len(id))} | fixed | more
    return views.SourceLine(id, Names(zh, en), condition=condition, **values)


SOURCES = views.Sources(
    coverage=COVERAGE,
    lines=(
        line(
            "park-news",
            "科技园要闻",
            "Park news",
            "attention",
            cause=views.Cause("no-entries", 200, "the list holds no entry"),
            failures=3,
            failing_since=at(21, 10, day=14),
            succeeded_at=at(18, 4, day=14),
            newest_at=at(18, day=14),
            kind="listing",
            days=days14("empty"),
        ),
        line(
            "ferry-news",
            "渡口要闻",
            "Ferry news",
            "attention",
            cause=views.Cause("no-entries", 200, "the list holds no entry"),
            failures=9,
            failing_since=at(9, 30, day=10),
            succeeded_at=at(8, day=10),
            newest_at=at(8, day=10),
            days=days14(*["empty"] * 5),
        ),
        line(
            "port-daily",
            "港口日报",
            "Port Daily",
            "attention",
            cause=views.Cause("http-404", 404, "HTTP 404, not found: https://port.example/feed"),
            failures=6,
            failing_since=at(6, day=12),
            succeeded_at=at(5, day=12),
            next_due=None,
            days=days14("failed", "failed", "failed"),
        ),
        line(
            "hill-radio",
            "山间广播",
            "Hill Radio",
            "retrying",
            cause=views.Cause("timeout", None, "no byte for 25 s"),
            failures=3,
            failing_since=at(6, 10),
            succeeded_at=at(5, 50),
            newest_at=at(5),
            next_due=at(11, 4),
            days=days14("retrying"),
        ),
        line(
            "lake-mag",
            "湖畔杂志",
            "Lake Magazine",
            "partial",
            cause=views.Cause("", None, "3 of 20 entries have no date"),
            succeeded_at=at(10, 12),
            newest_at=at(9, day=8),
        ),
        line(
            "new-source", "新来的信源", "New source", "unchecked", checked_at=None, next_due=at(10), days=()
        ),
        *(
            line(
                f"fine-{n}",
                f"正常信源 {n}",
                f"Fine source {n}",
                "fine",
                succeeded_at=at(10, 12),
                newest_at=at(n % 10, 5),
                type="official",
                tier=1,
            )
            for n in range(1, 16)
        ),
        line(
            "old-search",
            "旧检索站",
            "Old search",
            "paused",
            succeeded_at=at(8, day=1),
            next_due=None,
            days=(),
        ),
    ),
)
TEXT = (
    "本报讯（记者 乔木）世界知识产权组织的一位代表昨日在星河论坛上说，训练数据的来源要说得清楚。\n\n"
    "会场外，一家只有八个人的公司\n展示了它的第一件专利。\n \n"
    "“规则要让小公司也看得懂。”这位代表说。世界知识产权组织将在明年春天回来看进展。"
)
ARTICLE = views.Article(
    id=1,
    url="https://www.beichen.example/2026/10/15/a1.html",
    title=marked(TITLE, "星河论坛"),
    summary=marked("代表谈人工智能与版权。"),
    text=marked(TEXT, "世界知识产权组织", "星河论坛"),
    lang="zh-Hans",
    outlet=MORNING,
    site_name="北辰早报网",
    origin="星河通讯社",
    author="乔木",
    when=claim(at(9, 21), origin="json-ld"),
    dates=(
        views.DateCandidate(claim(at(9, 21), origin="json-ld"), True),
        views.DateCandidate(claim(at(0), "day", "list"), False),
        views.DateCandidate(claim(at(8, day=30)), False, future=True),
        views.DateCandidate(claim(at(9, 31), origin="first-seen"), False),
    ),
    first_seen=at(9, 31),
    page="read",
    hits=(
        views.ArticleHit(
            "forum",
            Names("星河论坛与 WIPO", "Xinghe Forum and WIPO"),
            7,
            "@论坛 AND @wipo",
            "@论坛 AND @wipo",
            "live",
            {"title": 1, "body": 3},
        ),
        views.ArticleHit("green", Names("绿色技术", "Green technology"), 2, "", "WIPO GREEN", "lost", {}),
    ),
    versions=(
        views.VersionLine(2, at(10, 2), TITLE, True, True, 1204),
        views.VersionLine(1, at(9, 31), "星河论坛开幕", False, False, 1190),
    ),
    copies=COPIES,
)
FOUND = (
    views.FoundArticle(
        1,
        marked(TITLE, "世界知识产权组织"),
        STORIES[0].extract,
        MORNING,
        claim(at(9, 21)),
        5,
        (Names("星河论坛与 WIPO", "Xinghe Forum and WIPO"),),
    ),
    views.FoundArticle(3, STORIES[2].title, STORIES[2].extract, LAKESIDE, claim(at(20, 15, day=14))),
    views.FoundArticle(
        9, marked("星河論壇開幕", "論壇", lang="zh-Hant"), None, ISLAND, claim(at(0, day=12), "day", "list")
    ),
)
OUTAGE = views.Outage(
    at(10, 38),
    at(10, 41),
    views.Cause("dns", None, "the name cannot be resolved (no answer)"),
    9,
    at(10, 43),
    True,
)
STATUS = views.Status(
    started_at=at(7, day=12),
    first_start=False,
    database=views.DatabaseStatus("ok", "SQLite", 11204, 22, 3, 48_200_000),
    web=views.WebStatus("ok", "127.0.0.1:8000", True),
    scheduler=views.SchedulerStatus("ok", at(10, 41), at(10, 42)),
    parsers=views.ParserStatus("ok", 2, 1),
    matching=views.MatchingStatus("ok", 3, waiting=40),
    network=views.NetworkStatus("ok"),
    sources=views.SourcesStatus(
        "attention",
        {"attention": 3, "retrying": 1, "partial": 1, "unchecked": 1, "fine": 15, "paused": 1},
        12,
    ),
    digests=views.DigestsStatus("ok", TODAY.digests[0]),
    mail=views.MailStatus("unset", "data/outbox", queued=2),
)
OFFLINE = replace(
    STATUS,
    started_at=at(10, 37),
    first_start=True,
    outage=OUTAGE,
    network=views.NetworkStatus("waiting", cause=OUTAGE.cause, since=OUTAGE.since),
    sources=views.SourcesStatus("unchecked", {"unchecked": 9}),
)
READY = views.Readiness(True, True, {"collect": at(10, 40), "digest": None})


@dataclass
class NewsroomDesk:
    """Answers from memory. A query in brackets that never close is an error, as on the real desk."""

    today_view: views.Today = TODAY
    sources_view: views.Sources = SOURCES
    articles: dict[int, views.Article] = field(default_factory=lambda: {1: ARTICLE})
    found: tuple[views.FoundArticle, ...] = FOUND
    status_view: views.Status = STATUS
    ready: views.Readiness = READY
    failure: Exception | None = None
    asked: list[tuple[str, int, str | None, Language]] = field(default_factory=list)

    def attention(self) -> int:
        return sum(line.condition == "attention" for line in self.sources_view.lines)

    def today(self, now: datetime) -> views.Today:
        return self._answer(self.today_view)

    def sources(self, now: datetime) -> views.Sources:
        return self._answer(self.sources_view)

    def article(self, article_id: int) -> views.Article:
        if article_id not in self.articles:
            raise NotFound(f"there is no article {article_id}")
        return self._answer(self.articles[article_id])

    def search(self, query: str, *, limit: int, after: str | None, language: Language) -> views.Results:
        self.asked.append((query, limit, after, language))
        if query.count("(") != query.count(")"):
            note = views.QueryNote("error", query.index("("), "这个括号没有配对。")
            return views.Results(query, notes=(note,))
        found = self.found if "没有" not in query else ()
        following = None if after or not found else "c2"
        warning = views.QueryNote("warning", 0, "小写的 and 会当作一个词来找。")
        notes = (warning,) if " and " in query else ()
        return self._answer(
            views.Results(
                query,
                found,
                len(found) + 17 if found else 0,
                next=following,
                canonical=query.upper(),
                notes=notes,
            )
        )

    def status(self, now: datetime) -> views.Status:
        return self._answer(self.status_view)

    def readiness(self, now: datetime) -> views.Readiness:
        return self._answer(self.ready)

    def _answer(self, value: T) -> T:
        if self.failure:
            raise self.failure
        return value


def application(
    desk: views.Desk, *, base_url: str = "http://news.example:8000", language: Language = "zh"
) -> FastAPI:
    return create_app(
        desk, base_url=base_url, language=language, timezone=BEIJING, version="0.1.0", clock=lambda: NOW
    )


class Visitor:
    """Asks the application as a browser on this machine would, without following redirects."""

    def __init__(self, desk: views.Desk, **settings: Any) -> None:
        self.app = application(desk, **settings)

    def get(self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> httpx.Response:
        return anyio.run(self._ask, method, path, headers or {})

    async def _ask(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.request(method, path, headers=headers)


@pytest.fixture
def desk() -> NewsroomDesk:
    return NewsroomDesk()


@pytest.fixture
def visitor(desk: NewsroomDesk) -> Visitor:
    return Visitor(desk)


@pytest.fixture
def visit() -> type[Visitor]:
    """For a desk or settings of one's own."""
    return Visitor


def offline_desk() -> NewsroomDesk:
    """First start, no internet: nothing was ever read."""
    nothing = views.Coverage(
        0, 9, failed=tuple(replace(f, cause=OUTAGE.cause) for f in COVERAGE.failed), unchecked=6
    )
    watches: Sequence[views.WatchNews] = [
        replace(w, stories=(), total=0, days=(0,) * 14, last_at=None) for w in TODAY.watches
    ]
    lines = tuple(
        replace(
            s,
            condition="unchecked",
            cause=OUTAGE.cause,
            checked_at=OUTAGE.since,
            succeeded_at=None,
            newest_at=None,
            days=(),
        )
        for s in SOURCES.lines
    )
    return NewsroomDesk(
        today_view=replace(
            TODAY, stories=0, articles=0, watches=tuple(watches), coverage=nothing, late=(), outage=OUTAGE
        ),
        sources_view=views.Sources(lines, nothing, OUTAGE),
        status_view=OFFLINE,
        articles={
            1: replace(
                ARTICLE,
                text=views.Marked(""),
                page="wanted",
                page_due=at(10, 50),
                hits=(),
                versions=(),
                copies=(),
            )
        },
        found=(),
    )


@pytest.fixture
def offline() -> NewsroomDesk:
    return offline_desk()


@pytest.fixture
def sources_view() -> views.Sources:
    return SOURCES


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)' x='",
    "</title></textarea></svg><svg onload=alert(1)>",
    "javascript:alert(1)//<b>",
    "{{ 7 * 7 }}{% raw %}<iframe srcdoc='<p>'></iframe>",
    "\u202e<style>*{display:none}</style>\x00<a href='data:text/html,x'>",
    "https://" + "W" * 300,
]


def poisoned(value: Any, payload: str, hint: Any = None) -> Any:
    """The same read model with the payload in every field that is free text, whatever fields there are."""
    if hint is str or (get_origin(hint) in (Union, types.UnionType) and str in get_args(hint)):
        return payload
    if isinstance(value, DateClaim):
        return value
    if isinstance(value, tuple):
        inner = next(iter(get_args(hint)), None)
        return tuple(poisoned(item, payload, inner) for item in value)
    if dataclasses.is_dataclass(value):
        hints = get_type_hints(type(value))
        return type(value)(
            **{
                f.name: poisoned(getattr(value, f.name), payload, hints[f.name])
                for f in dataclasses.fields(value)
            }
        )
    return value


class PoisonedDesk:
    def __init__(self, desk: Any, payload: str) -> None:
        self.desk, self.payload = desk, payload

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: poisoned(getattr(self.desk, name)(*args, **more), self.payload)


@pytest.fixture
def payloads() -> list[str]:
    return PAYLOADS


@pytest.fixture
def poison() -> Callable[[Any, int], PoisonedDesk]:
    return lambda desk, number: PoisonedDesk(desk, PAYLOADS[number])
