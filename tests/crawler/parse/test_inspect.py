from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from crawler.inspect import describe

NOW = datetime(2026, 3, 28, tzinfo=UTC)
BEIJING = ZoneInfo("Asia/Shanghai")


def test_an_article_is_described_with_its_chosen_date(page_bytes: Callable[[str], bytes]) -> None:
    url = "https://zscq.liudi.example.cn/art/2026/3/27/art_12_345.html"

    shown = describe(page_bytes("gov-zh.html"), url=url, zone=BEIJING, now=NOW)

    assert shown.pop("text").startswith("三月二十七日，")
    assert shown == {
        "kind": "article",
        "url": url,
        "canonical_url": url,
        "title": "柳堤市知识产权局召开创新指数发布会",
        "summary": "发布会公布了全市创新指数。",
        "author": "林晚舟",
        "lang": "zh-Hans",
        "published": "2026-03-27T10:21:00+08:00",
        "published_precision": "minute",
        "published_from": "meta",
        "site_name": "柳堤市知识产权局",
        "origin": "柳堤日报",
        "dates": [
            {"value": "2026-03-27T10:21:00+08:00", "precision": "minute", "from": "meta"},
            {"value": "2026-03-27T10:21:00+08:00", "precision": "minute", "from": "text"},
            {"value": "2026-03-27T00:00:00+08:00", "precision": "day", "from": "url"},
        ],
    }


def test_a_feed_is_described_entry_by_entry(feed_bytes: Callable[[str], bytes]) -> None:
    shown = describe(feed_bytes("rdf.xml"), url="https://courant.example/rss", zone=BEIJING, now=NOW)

    assert shown == {
        "kind": "feed",
        "format": "rdf",
        "title": "Courant des brevets",
        "entries": [
            {
                "id": "https://courant.example/a/1",
                "url": "https://courant.example/a/1",
                "title": "Le phare obtient sa marque",
                "summary": "",
                "author": None,
                "published": "2026-03-25T18:00:00+01:00",
                "updated": "2026-03-25T18:00:00+01:00",
                "lang": "fr",
            }
        ],
        "warnings": [],
    }


def test_a_list_page_is_told_by_itself(page_bytes: Callable[[str], bytes]) -> None:
    shown = describe(
        page_bytes("list-zh.html"), url="https://zscq.liudi.example.cn/gzdt/", zone=BEIJING, now=NOW
    )

    assert (shown["kind"], len(shown["entries"])) == ("listing", 5)


def test_what_cannot_be_read_is_an_error_object() -> None:
    assert describe(b"", url="https://a.example/", zone=BEIJING, now=NOW, kind="feed") == {
        "kind": "error",
        "error": {"code": "empty", "message": "empty body"},
    }
