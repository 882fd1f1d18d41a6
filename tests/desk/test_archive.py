"""From an entry to an article with hits and versions, and what a kill between two steps leaves behind."""

from __future__ import annotations

from datetime import timedelta

from desk_house import START, Desk, entry, reading
from sqlalchemy import select

from core.types import DateClaim
from storage import articles as articles_store
from storage import hits as hits_store
from storage.tables import articles

BODY = "北京新增一家技术与创新支持中心。\n\n该中心设在海淀，面向中小企业。"


def state(desk: Desk, article_id: int) -> list[tuple[str, str]]:
    with desk.db.read() as conn:
        return [
            (hit.watch_id, hit.state)
            for hit in hits_store.hits_of(conn, [article_id], lost=True).get(article_id, [])
        ]


def stored(desk: Desk, article_id: int) -> articles_store.Stored:
    with desk.db.read() as conn:
        found = articles_store.find_article(conn, article_id)
    assert found is not None
    return found


def versions(desk: Desk, article_id: int) -> list[tuple[int, str, str]]:
    with desk.db.read() as conn:
        return [(v.version, v.title, v.text) for v in articles_store.list_versions(conn, article_id)]


def test_an_entry_is_stored_and_searchable_before_its_page_is_read(desk: Desk) -> None:
    desk.opens()

    brought = desk.finds("gazette", entry(1))

    assert (brought.new, brought.hits, len(brought.pages)) == (1, 1, 1)
    assert desk.ids("TISC") == list(brought.pages)
    assert state(desk, brought.pages[0]) == [("tisc", "pending")]
    assert versions(desk, brought.pages[0]) == []


def test_the_page_makes_the_first_version_and_the_hit_final(desk: Desk) -> None:
    desk.opens()
    (article,) = desk.finds("gazette", entry(1)).pages

    desk.reads(article, reading(1, BODY))

    assert state(desk, article) == [("tisc", "live")]
    assert versions(desk, article) == [(1, "北京新增第1家TISC，服务覆盖城市副中心", BODY)]
    assert desk.ids("面向中小企业") == [article]


def test_a_word_that_only_the_page_says_is_a_hit(desk: Desk) -> None:
    desk.opens()
    (article,) = desk.finds("gazette", entry(1, title="海淀区今日要闻汇总一览")).pages

    hits = desk.reads(article, reading(1, BODY, title="海淀区今日要闻汇总一览"))

    assert (hits, state(desk, article)) == (1, [("tisc", "live")])


def test_not_may_hold_for_a_headline_and_fail_in_the_body(desk: Desk) -> None:
    desk.opens()
    (article,) = desk.finds("gazette", entry(1, title="WIPO GREEN北京项目启动第二轮对接")).pages
    assert state(desk, article) == [("green", "pending")]

    desk.reads(article, reading(1, "北京与上海同步开展。", title="WIPO GREEN北京项目启动第二轮对接"))

    assert state(desk, article) == [("green", "lost")]


def test_a_hit_counts_after_three_failed_tries_of_its_page(desk: Desk) -> None:
    desk.opens()
    (article,) = desk.finds("gazette", entry(1)).pages

    for _ in range(3):
        assert state(desk, article) == [("tisc", "pending")]
        desk.fails_page(article)

    assert state(desk, article) == [("tisc", "live")]
    assert stored(desk, article).page_state == "wanted"


def test_a_hit_counts_after_thirty_minutes_without_its_page(desk: Desk) -> None:
    import asyncio

    desk.opens()
    (article,) = desk.finds("gazette", entry(1)).pages

    desk.clock.pass_time(minutes=29)
    assert asyncio.run(desk.archive.settle_overdue()) == 0
    desk.clock.pass_time(minutes=1)
    assert asyncio.run(desk.archive.settle_overdue()) == 1

    assert state(desk, article) == [("tisc", "live")]


def test_an_edit_seen_in_feed_and_page_is_one_version(desk: Desk) -> None:
    desk.opens()
    (article,) = desk.finds("gazette", entry(1)).pages
    desk.reads(article, reading(1, BODY))
    desk.clock.pass_time(hours=1)

    renamed = "北京新增第1家TISC，地点改为亦庄"
    brought = desk.finds("gazette", entry(1, title=renamed))
    assert (brought.new, brought.pages) == (0, (article,))
    desk.reads(article, reading(1, BODY + "\n\n地点有更正。", title=renamed))

    assert [version[:2] for version in versions(desk, article)] == [
        (1, "北京新增第1家TISC，服务覆盖城市副中心"),
        (2, renamed),
    ]


def test_reading_an_unchanged_page_again_makes_no_version(desk: Desk) -> None:
    desk.opens()
    (article,) = desk.finds("gazette", entry(1)).pages
    desk.reads(article, reading(1, BODY))

    desk.reads(article, reading(1, BODY))

    assert [version[0] for version in versions(desk, article)] == [1]


def test_a_headline_that_only_the_page_changes_is_a_version(desk: Desk) -> None:
    desk.opens()
    (article,) = desk.finds("gazette", entry(1)).pages
    desk.reads(article, reading(1, BODY))

    desk.reads(article, reading(1, BODY, title="北京新增一家TISC（更正）"))

    assert [version[1] for version in versions(desk, article)] == [
        "北京新增第1家TISC，服务覆盖城市副中心",
        "北京新增一家TISC（更正）",
    ]


def test_a_summary_source_is_complete_at_once_and_edits_are_versions(desk: Desk) -> None:
    desk.opens()
    brought = desk.finds("wire", entry(5, url="https://wire.example/5"))
    article = desk.ids("TISC")[0]
    assert (brought.pages, state(desk, article)) == ((), [("tisc", "live")])

    desk.finds("wire", entry(5, title="北京第5家TISC揭牌推迟", url="https://wire.example/5"))

    assert [version[:2] for version in versions(desk, article)] == [
        (1, "北京新增第5家TISC，服务覆盖城市副中心"),
        (2, "北京第5家TISC揭牌推迟"),
    ]


def test_of_a_first_fetch_only_the_last_three_days_are_news(desk: Desk) -> None:
    old = DateClaim(START - timedelta(days=5), "minute", "feed")

    desk.finds("gazette", entry(1), entry(2, published=old), entry(3, published=None))

    with desk.db.read() as conn:
        rows = conn.execute(select(articles.c.guid, articles.c.novelty)).all()
    assert dict(map(tuple, rows)) == {"tag:1": "new", "tag:2": "archive", "tag:3": "archive"}


def test_the_date_of_the_page_makes_an_undated_first_find_news(desk: Desk) -> None:
    (article,) = desk.finds("gazette", entry(1, published=None)).pages
    assert stored(desk, article).novelty == "archive"

    today = DateClaim(START - timedelta(hours=2), "minute", "meta")
    desk.reads(article, reading(1, BODY, dates=(today,)))

    assert (stored(desk, article).novelty, stored(desk, article).published) == ("new", today)


def test_an_old_date_found_late_is_a_late_find(desk: Desk) -> None:
    desk.opens()
    (article,) = desk.finds("gazette", entry(1, published=None)).pages

    long_ago = DateClaim(START - timedelta(days=9), "day", "meta")
    desk.reads(article, reading(1, BODY, dates=(long_ago,)))

    assert stored(desk, article).novelty == "late"


def test_an_article_listed_by_two_sources_is_one(desk: Desk) -> None:
    desk.opens()
    desk.finds("gazette", entry(1))

    brought = desk.finds("herald", entry(1, guid="other"))

    assert brought.new == 0
    assert len(desk.ids("TISC")) == 1


def test_a_second_fetch_of_the_same_entries_stores_nothing(desk: Desk) -> None:
    desk.opens()
    desk.finds("gazette", entry(1), entry(2))

    brought = desk.finds("gazette", entry(2), entry(1))

    assert (brought.new, brought.hits, brought.pages) == (0, 0, ())


def test_a_failed_fetch_changes_no_article_and_is_written_down(desk: Desk) -> None:
    desk.opens()
    desk.finds("gazette", entry(1))

    desk.finds("gazette", outcome="transient", status=503, error="HTTP 503", error_class="http-503")

    _, source_state, fetches = desk.sourcing.show("gazette")
    assert (source_state.outcome, source_state.failures, fetches[0].error) == ("transient", 1, "HTTP 503")
    assert len(desk.ids("TISC")) == 1


def test_a_changed_watch_judges_what_came_between(desk: Desk) -> None:
    """An article that was matched by the old rule but stored after the new one was saved is judged again."""
    import asyncio

    desk.opens()
    desk.watching.edit("tisc", query="亦庄", who="test")
    desk.clock.pass_time(seconds=1)
    (article,) = desk.finds("gazette", entry(1, title="亦庄新设知识产权窗口服务点")).pages
    assert state(desk, article) == [("tisc", "pending")]

    with desk.db.read() as conn:
        assert articles_store.outdated_articles(conn, 99, 10) == []
    desk.db.write(lambda conn: articles_store.mark_judged(conn, [article], 1))
    desk.watching.edit("tisc", query="海淀", who="test")

    assert asyncio.run(desk.archive.rejudge_outdated()) == 1
    assert asyncio.run(desk.archive.rejudge_outdated()) == 0
