from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.errors import ParseError
from core.types import DateClaim, ListRule, Parsed
from crawler.parse.listing import parse_listing

BEIJING = ZoneInfo("Asia/Shanghai")
OFFICE = "https://zscq.liudi.example.cn/gzdt/"
CHINESE = [
    (f"{OFFICE}202603/t20260327_345.html", "柳堤市知识产权局召开创新指数发布会并公布编制方法", 27),
    (f"{OFFICE}202603/t20260325_341.html", "柳堤市组织开展专利转化运用专项行动培训", 25),
    (f"{OFFICE}202603/t20260320_330.html", "技术与创新支持中心（TISC）在柳堤新设三家", 20),
    ("https://paper.example.org/2026/0319/77.html", "媒体报道：柳堤经验登上行业报纸头版位置", 19),
    (f"{OFFICE}202603/t20260318_326.html", "全市商标品牌指导站工作会议在水杉区召开", 18),
]


def parse(body: bytes | str, rule: ListRule | None = None, url: str = OFFICE) -> Parsed:
    raw = body.encode() if isinstance(body, str) else body
    return parse_listing(raw, url=url, content_type="text/html", encoding=None, rule=rule, zone=BEIJING)


def march(day: int) -> DateClaim:
    return DateClaim(datetime(2026, 3, day, tzinfo=BEIJING), "day", "list")


def printed(parsed: Parsed) -> list[tuple[str | None, str, DateClaim | None]]:
    return [(entry.url, entry.title, entry.published) for entry in parsed.entries]


@pytest.fixture
def chinese(page_bytes: Callable[[str], bytes]) -> bytes:
    return page_bytes("list-zh.html").decode().encode("gb18030")


def test_articles_of_a_chinese_list_are_found_without_a_rule(chinese: bytes) -> None:
    parsed = parse(chinese)

    assert printed(parsed) == [(url, title, march(day)) for url, title, day in CHINESE]
    assert (parsed.kind, parsed.format, parsed.title) == ("listing", "html", "工作动态_柳堤市知识产权局")
    assert (parsed.next_url, parsed.warnings) == (f"{OFFICE}index_1.html", ())
    assert {entry.lang for entry in parsed.entries} == {"zh-Hans"}


def test_picture_and_headline_of_one_article_are_one_entry(page_bytes: Callable[[str], bytes]) -> None:
    parsed = parse(page_bytes("list-en.html"), url="https://office.example/news/")

    assert printed(parsed) == [
        (
            "https://office.example/news/2026/article_0012.html",
            "Office opens a reading room for inventors",
            march(27),
        ),
        (
            "https://office.example/news/2026/article_0011.html",
            "Fees for small workshops go down in spring",
            march(20),
        ),
        (
            "https://office.example/news/2026/article_0010.html?utm_source=home",
            "Sailmakers and lamp makers share a licence",
            march(9),
        ),
    ]
    assert parsed.next_url == "https://office.example/news/?page=2"


@pytest.mark.parametrize(
    "rule",
    [
        ListRule(item="ul.list li", link="a::attr(href)", title="a::text", date="span::text"),
        ListRule(item="ul.list li"),
        ListRule(link="ul.list a::attr(href)"),
        ListRule(item="ul.list li", date="span::text", date_pattern=r"\d{4}-\d{2}-\d{2}"),
        ListRule(pattern=r"/t?\d+(_\d+)?\.html$", item="ul.list li"),
    ],
)
def test_a_rule_finds_the_same_entries(chinese: bytes, rule: ListRule) -> None:
    assert printed(parse(chinese, rule)) == [(url, title, march(day)) for url, title, day in CHINESE]


def test_a_link_pattern_alone_is_enough(chinese: bytes) -> None:
    parsed = parse(chinese, ListRule(pattern=r"/t\d{8}_\d+\.html"))

    own = [entry for entry in CHINESE if "paper.example" not in entry[0]]
    assert printed(parsed) == [(url, title, march(day)) for url, title, day in own]


def test_the_next_page_comes_from_the_rule(chinese: bytes) -> None:
    assert (
        parse(chinese, ListRule(next=".pages a:last-child::attr(href)")).next_url == f"{OFFICE}index_1.html"
    )


def test_a_day_is_taken_from_the_address_where_the_list_prints_none() -> None:
    links = "".join(
        f'<li><a href="/art/2026/3/{day}/art_{day}.html">柳堤市知识产权局工作动态第{day}期</a></li>'
        for day in (3, 4, 5)
    )

    dates = [entry.published for entry in parse(f"<ul>{links}</ul>").entries]

    assert dates == [DateClaim(datetime(2026, 3, day, tzinfo=BEIJING), "day", "url") for day in (3, 4, 5)]


@pytest.mark.parametrize("body", ["<p>Nothing here", '<a href="/">Home</a><a href="/about">About us</a>'])
def test_a_list_without_articles_is_an_error(body: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(body)

    assert (caught.value.error_class, caught.value.outcome) == ("empty-list", "transient")


@pytest.mark.parametrize(
    "rule", [ListRule(item="ul..list"), ListRule(pattern="(("), ListRule(item="li::nonsense")]
)
def test_a_rule_that_cannot_be_read_is_named(chinese: bytes, rule: ListRule) -> None:
    with pytest.raises(ParseError) as caught:
        parse(chinese, rule)

    assert caught.value.error_class == "bad-rule"


def test_an_endless_page_is_cut() -> None:
    links = "".join(f'<a href="/2026/{i}.html">A headline that is long enough {i}</a>' for i in range(3000))

    parsed = parse(f"<body>{links}")

    assert len(parsed.entries) == 1000
    assert parsed.warnings == ("too-many-links: only the first 1000 were read",)


def test_links_that_lead_elsewhere_than_the_web_are_left_out() -> None:
    odd = "".join(
        f'<li><a href="{href}">柳堤市知识产权局工作动态长标题</a></li>'
        for href in ("javascript:x()", "file:///etc", "#")
    )
    good = "".join(f'<li><a href="/2026/{i}.html">柳堤市知识产权局工作动态第{i}期</a></li>' for i in range(3))

    assert [entry.url for entry in parse(f"<ul>{odd}{good}</ul>").entries] == [
        f"https://zscq.liudi.example.cn/2026/{i}.html" for i in range(3)
    ]


def test_a_check_against_robots_is_named(page_bytes: Callable[[str], bytes]) -> None:
    with pytest.raises(ParseError) as caught:
        parse(page_bytes("challenge.html"))

    assert (caught.value.error_class, caught.value.outcome) == ("blocked", "permanent")
