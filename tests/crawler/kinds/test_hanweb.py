"""Lists whose items are CDATA records."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.errors import ParseError
from core.types import DateClaim, ListRule, Parsed
from crawler.parse.lists import parse_list

BEIJING = ZoneInfo("Asia/Shanghai")
PAGE = "https://zscq.liudi.example.cn/col/col7/index.html"
RULE = ListRule(format="hanweb", link="a::attr(href)", date="span::text", pattern=r"/art/\d{4}/")


def record(number: int, title: str, day: str, url: str | None = None) -> str:
    href = url or f"/art/2026/11/{number}/art_7_{number}.html"
    return f'<record><![CDATA[<li><a href="{href}" title="{title}">{title[:6]}…</a><span>{day}</span></li>]]></record>'


def page(*records: str, total: str = "", script: str = "") -> str:
    store = f"<datastore>{total}<recordset>{''.join(records)}</recordset></datastore>"
    return (
        "<!doctype html><html><head><meta charset='utf-8'><title>柳堤市知识产权局 要闻</title></head><body>"
        f"<div id='901'><script type='text/xml'>{store}</script></div><script>{script}</script></body></html>"
    )


SCRIPT = "$('#901').jpage({url:'/module/web/jpage/dataproxy.jsp', data:{columnid:7, unitid:'901', webid:1}});"


def read(text: str, rule: ListRule = RULE, url: str = PAGE) -> Parsed:
    return parse_list(text.encode(), url=url, content_type=None, encoding=None, rule=rule, zone=BEIJING)


def test_records_are_read_like_items_of_a_list() -> None:
    parsed = read(
        page(
            record(24, "柳堤市举办专利开放许可对接会", "2026-11-24"),
            record(23, "灯塔学校获评示范单位", "[2026-11-23]"),
            record(22, "专题", "2026-11-22", "https://other.example/topic"),
        )
    )

    assert (parsed.kind, parsed.format, parsed.title, parsed.next_url) == (
        "listing",
        "hanweb",
        "柳堤市知识产权局 要闻",
        None,
    )
    assert [(entry.url, entry.title, entry.published) for entry in parsed.entries] == [
        (
            "https://zscq.liudi.example.cn/art/2026/11/24/art_7_24.html",
            "柳堤市举办专利开放许可对接会",
            day("2026-11-24"),
        ),
        (
            "https://zscq.liudi.example.cn/art/2026/11/23/art_7_23.html",
            "灯塔学校获评示范单位",
            day("2026-11-23"),
        ),
    ]


def day(text: str) -> DateClaim:
    return DateClaim(datetime.fromisoformat(f"{text}T00:00:00+08:00"), "day", "list")


def test_a_record_may_be_escaped_and_the_rule_may_be_empty() -> None:
    escaped = "<record>&lt;li&gt;&lt;a href='/art/2026/11/24/art_7_1.html'&gt;柳堤市专利数据开放&lt;/a&gt;&lt;/li&gt;</record>"

    (entry,) = read(page(escaped), ListRule(format="hanweb")).entries

    assert (entry.title, entry.published) == (
        "柳堤市专利数据开放",
        replace(day("2026-11-24"), origin="url"),
    )


def test_the_next_page_comes_from_the_data_address_when_it_is_asked_for() -> None:
    text = page(record(24, "柳堤市举办对接会", "2026-11-24"), script=SCRIPT)
    rule = replace(RULE, next="dataproxy", pages=3)

    first = read(text, rule).next_url

    assert first == (
        "https://zscq.liudi.example.cn/module/web/jpage/dataproxy.jsp?page=2&columnid=7&unitid=901&webid=1"
    )
    second = read(
        page(record(20, "灯塔", "2026-11-20"), total="<totalpage>3</totalpage>"), rule, first
    ).next_url
    assert second == first.replace("page=2", "page=3")
    assert (
        read(page(record(20, "灯塔", "2026-11-20"), total="<totalpage>3</totalpage>"), rule, second).next_url
        is None
    )


def test_a_page_without_the_numbers_of_its_column_has_no_next_page() -> None:
    assert read(page(record(24, "灯塔", "2026-11-24")), replace(RULE, next="dataproxy")).next_url is None


@pytest.mark.parametrize(
    ("text", "error_class"),
    [
        (" ", "empty"),
        (page(), "empty-list"),
        ("<html><head><title>访问验证</title></head></html>", "blocked"),
        (page(record(1, "题", "2026-11-01", "https://other.example/topic")), "empty-list"),
        ("<record>" * 20_000, "empty-list"),
    ],
)
def test_a_page_without_records_is_told(text: str, error_class: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)

    assert caught.value.error_class == error_class
