"""What the pages are given: each story once, marks as the matcher gave them, and one cause for one outage."""

from __future__ import annotations

from datetime import timedelta

from desk_house import ZONE, Desk, entry, reading

from core.types import Names, Watch
from desk.condition import outage_of
from desk.health import Surroundings
from desk.pages import Pages

BODY = "海淀的技术与创新支持中心今日揭牌，首批入驻的检索员来自三所高校，面向芯片企业开放预约。"
AROUND = Surroundings("127.0.0.1:8000", True, "outbox", None, 2)


def pages(desk: Desk) -> Pages:
    return Pages(desk.db, ZONE, desk.library, AROUND)


def tell(desk: Desk) -> int:
    (article,) = desk.finds("gazette", entry(1)).pages
    desk.reads(article, reading(1, BODY))
    return article


def test_a_story_of_two_watches_stands_once(desk: Desk) -> None:
    desk.watching.add(Watch("haidian", Names("海淀", "Haidian"), "海淀"), who="test")
    desk.opens()
    tell(desk)

    today = pages(desk).today(desk.clock())

    assert (today.stories, today.articles) == (1, 1)
    assert [(news.id, len(news.stories), news.total, news.elsewhere) for news in today.watches] == [
        ("tisc", 1, 1, 0),
        ("green", 0, 0, 0),
        ("haidian", 0, 1, 1),
    ]


def test_marks_are_those_of_the_matcher(desk: Desk) -> None:
    desk.opens()
    article = tell(desk)

    page = pages(desk).article(article)

    assert [page.title.text[start:end] for start, end in page.title.marks] == ["TISC"]
    assert [page.text.text[start:end] for start, end in page.text.marks] == ["技术与创新支持中心"]


def test_today_says_what_was_checked(desk: Desk) -> None:
    desk.opens("gazette", "herald")
    desk.finds("herald", outcome="transient", status=503, error="HTTP 503", error_class="http-503")

    coverage = pages(desk).today(desk.clock()).coverage

    assert (coverage.checked, coverage.total, coverage.unchecked) == (1, 3, 1)
    assert [(failed.id, failed.cause.error_class) for failed in coverage.failed] == [("herald", "http-503")]


def test_a_query_that_cannot_be_read_is_a_note_with_its_place(desk: Desk) -> None:
    results = pages(desk).search("TISC AND", limit=10, after=None, language="zh")

    assert [(note.level, note.position) for note in results.notes] == [("error", 5)]


def test_search_pages_follow_each_other_without_gap_or_repeat(desk: Desk) -> None:
    desk.opens()
    for n in range(1, 8):
        desk.finds("wire", entry(n, url=f"https://wire.example/{n}"))
        desk.clock.pass_time(minutes=1)
    seen: list[int] = []
    after = None
    while True:
        results = pages(desk).search("TISC", limit=3, after=after, language="zh")
        seen += [item.article_id for item in results.items]
        after = results.next
        if after is None:
            break

    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 7


def test_a_dead_network_is_one_cause_and_nobody_is_blamed(desk: Desk) -> None:
    for source_id in ("gazette", "herald", "wire"):
        desk.finds(source_id, outcome="transient", error="the name cannot be resolved", error_class="dns")

    status = pages(desk).status(desk.clock())

    assert status.outage is not None
    assert (status.outage.sources, status.outage.cause.error_class, status.outage.never_online) == (
        3,
        "dns",
        True,
    )
    assert status.network.health == "waiting"


def test_one_dead_source_is_no_outage(desk: Desk) -> None:
    desk.opens()
    desk.clock.pass_time(hours=1)
    desk.finds("herald", outcome="transient", error="timeout", error_class="timeout")

    assert outage_of(desk.sourcing.pairs(), {"herald": "timeout"}) is None


def test_an_article_older_than_a_day_is_not_of_today(desk: Desk) -> None:
    desk.opens()
    tell(desk)
    desk.clock.now += timedelta(hours=25)

    assert pages(desk).today(desk.clock()).stories == 0
