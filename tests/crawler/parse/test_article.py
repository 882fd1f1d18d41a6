from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from core.errors import ParseError
from core.types import ArticleRule, DateClaim, Reading
from crawler.parse.article import parse_article
from crawler.parse.trim import trimmed

BEIJING = ZoneInfo("Asia/Shanghai")
OFFICE = "https://zscq.liudi.example.cn/art/2026/3/27/art_12_345.html"
CHINESE_TEXT = (
    "三月二十七日，柳堤市知识产权局在市民中心召开创新指数发布会，公布了全市十二个区县的年度创新指数，并介绍了指数的编制方法与数据来源。"
    "\n\n发布会上，市局负责人介绍，全市有效发明专利拥有量较上年增长百分之十一，技术与创新支持中心增至九家，服务企业超过三千家次，覆盖新材料、生物医药等重点产业。"
    "\n\n与会代表认为，指数反映了区域创新能力的变化。"
    "\n下一步，柳堤市将继续完善知识产权公共服务体系，推动数据开放共享，支持企业走出去开展国际合作与海外维权。"
)


def parse(
    body: bytes | str,
    url: str = OFFICE,
    rule: ArticleRule | None = None,
    encoding: str | None = None,
    lang: str | None = None,
) -> Reading:
    raw = body.encode() if isinstance(body, str) else body
    return parse_article(
        raw, url=url, content_type=None, encoding=encoding, rule=rule, zone=BEIJING, lang=lang
    )


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_government_page_is_read_whole(page_bytes: Callable[[str], bytes], codec: str) -> None:
    page = page_bytes("gov-zh.html").decode().replace('charset="utf-8"', f'charset="{codec}"').encode(codec)

    assert parse(page) == Reading(
        url=OFFICE,
        canonical_url=OFFICE,
        title="柳堤市知识产权局召开创新指数发布会",
        text=CHINESE_TEXT,
        summary="发布会公布了全市创新指数。",
        author="林晚舟",
        lang="zh-Hans",
        dates=(
            DateClaim(datetime(2026, 3, 27, 10, 21, tzinfo=BEIJING), "minute", "meta"),
            DateClaim(datetime(2026, 3, 27, 10, 21, tzinfo=BEIJING), "minute", "text"),
            DateClaim(datetime(2026, 3, 27, tzinfo=BEIJING), "day", "url"),
        ),
        site_name="柳堤市知识产权局",
        origin="柳堤日报",
    )


def test_a_press_page_is_read_without_menus_shares_related_and_comments(
    page_bytes: Callable[[str], bytes],
) -> None:
    reading = parse(page_bytes("press-en.html"), "https://gazette.example/news/1")

    assert reading.title == "Lighthouse makers file jointly"
    assert [block[:24] for block in reading.text.split("\n\n")] == [
        "Two trades that rarely s",
        "The application describe",
        "A hearing is expected in",
    ]
    assert (reading.author, reading.site_name, reading.lang) == (
        "Ida Brandvold",
        "Harbour Patent Gazette",
        "en-GB",
    )
    assert reading.summary == "Two trades, one application."
    assert reading.canonical_url is None  # it names another site


def test_dates_stand_most_trusted_first_with_the_offset_they_were_printed_with(
    page_bytes: Callable[[str], bytes],
) -> None:
    reading = parse(page_bytes("press-en.html"), "https://gazette.example/news/1")

    assert reading.dates == (
        DateClaim(datetime(2026, 3, 27, 23, 30, tzinfo=timezone(timedelta(hours=-5))), "minute", "json-ld"),
        DateClaim(datetime(2026, 3, 28, 6, tzinfo=UTC), "minute", "time"),
        DateClaim(datetime(2026, 3, 28, tzinfo=BEIJING), "day", "text"),
    )
    assert reading.dates[0].value.date().isoformat() == "2026-03-27"


def test_the_rule_of_the_source_overrides(page_bytes: Callable[[str], bytes]) -> None:
    rule = ArticleRule(
        body=".TRS_Editor p:first-child", title=".info::text", date="meta[name=PubDate]::attr(content)"
    )

    reading = parse(page_bytes("gov-zh.html"), rule=rule)

    assert reading.text == CHINESE_TEXT.partition("\n\n")[0]
    assert reading.title.startswith("发布时间")
    assert reading.dates[0] == DateClaim(datetime(2026, 3, 27, 10, 21, tzinfo=BEIJING), "minute", "text")


def test_a_rule_that_finds_nothing_leaves_the_page_to_the_extractor(
    page_bytes: Callable[[str], bytes],
) -> None:
    assert (
        parse(page_bytes("gov-zh.html"), rule=ArticleRule(body="#gone", title="#gone")).text == CHINESE_TEXT
    )


def test_a_page_of_a_few_lines_is_an_article_too() -> None:
    page = (
        "<!doctype html><title>Short notice</title><article><h1>Short notice</h1><time datetime='2026-03-27T10:21Z'>"
        "27 March</time><p>The office is closed.</p></article>"
    )

    reading = parse(page)

    assert (reading.title, reading.text) == ("Short notice", "The office is closed.")


@pytest.mark.parametrize(
    ("body", "error_class", "outcome"),
    [
        ("", "empty", "transient"),
        ("<html><body><script>x()</script></body></html>", "no-text", "transient"),
        ("<title>404 Not Found</title><h1>404 Not Found</h1><p>nginx", "not-found", "transient"),
        ("<title>页面不存在</title><p>您访问的页面不存在，请返回首页", "not-found", "transient"),
        ("<title>安全验证</title><p>请完成验证后继续访问", "blocked", "permanent"),
    ],
)
def test_what_is_no_article_is_an_error(body: str, error_class: str, outcome: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(body)

    assert (caught.value.error_class, caught.value.outcome) == (error_class, outcome)


def test_bot_protection_is_named(page_bytes: Callable[[str], bytes]) -> None:
    with pytest.raises(ParseError, match="blocked by bot protection") as caught:
        parse(page_bytes("challenge.html"))

    assert caught.value.outcome == "permanent"


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>创新指数发布会在柳堤召开_要闻_柳堤网</title>", "创新指数发布会在柳堤召开"),
        ("<title>Lamps and sails file jointly - Harbour Gazette</title>", "Lamps and sails file jointly"),
        (
            '<title>x</title><meta property="og:title" content="Lamps &amp;amp; sails | Gazette">',
            "Lamps & sails",
        ),
        (
            "<title>Gazette | Lamps and sails file jointly</title><meta property='og:site_name' content='Gazette'>",
            "Lamps and sails file jointly",
        ),
        ("<title>Spider-Man wins - again</title><h1>Spider-Man wins - again</h1>", "Spider-Man wins - again"),
    ],
)
def test_headlines_lose_the_site_s_name(head: str, title: str) -> None:
    assert (
        parse(
            f"<html><head>{head}</head><body><p>The office has said something of interest.</p></body></html>"
        ).title
        == title
    )


@pytest.mark.parametrize(
    ("line", "origin"),
    [
        ("来源：柳堤日报", "柳堤日报"),
        ("稿源: 水杉通讯社 作者：林", "水杉通讯社"),
        ("信息来源：国家柳堤局 发布时间：2026-03-27", "国家柳堤局"),
        ("作者：林晚舟", None),
    ],
)
def test_the_origin_is_taken_as_printed(line: str, origin: str | None) -> None:
    page = f"<title>柳堤市召开发布会</title><h1>柳堤市召开发布会</h1><div>{line}</div><p>会议介绍了全市创新情况。</p>"

    assert parse(page).origin == origin


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("https://m.liudi.example.cn/art/1.html", "https://m.liudi.example.cn/art/1.html"),
        ("/art/2.html", "https://zscq.liudi.example.cn/art/2.html"),
        ("https://zscq.liudi.example.cn/", None),
        ("https://copy.example.org/art/1.html", None),
        ("javascript:x", None),
    ],
)
def test_only_an_address_of_the_same_site_is_canonical(canonical: str, expected: str | None) -> None:
    page = f'<link rel="canonical" href="{canonical}"><title>柳堤市召开发布会</title><p>会议介绍了全市创新情况。</p>'

    assert parse(page, "https://zscq.liudi.example.cn/x/1.html").canonical_url == expected


def test_blocks_around_an_article_are_taken_away_but_never_between_its_paragraphs() -> None:
    paragraph = "柳堤市知识产权局的发布会介绍了全市创新指数的编制方法与数据来源，并公布了十二个区县的结果。"
    blocks = [
        "首页",
        "当前位置：首页 > 动态",
        "发布会召开",
        "发布时间：2026-03-27 来源：柳堤日报",
        paragraph,
        "推荐",
        paragraph,
        "责任编辑：林晚舟",
        "相关阅读",
        "水杉区召开会议 2026-03-26",
        "海湾区召开会议 2026-03-25",
    ]

    assert trimmed(blocks, "发布会召开") == [paragraph, "推荐", paragraph]


def test_an_article_of_short_lines_is_left_alone() -> None:
    assert trimmed(["一、开幕", "二、发言", "三、闭幕"], "议程") == ["一、开幕", "二、发言", "三、闭幕"]
