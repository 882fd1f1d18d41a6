"""The default sources: everything in them can be used as it stands, without a request to anybody."""

import re
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import re2
from parsel.csstranslator import HTMLTranslator

from config.pack import load_pack
from core.schedule import Cron, parse_every

HAN = re.compile("[\u4e00-\u9fff]")
TIERS = {"official": 1, "trade": 2, "academic": 2, "media": 3, "search": 3}
CONFIDENCE = ("Checked live", "Seen stored", "In use", "Derived", "Unconfirmed", "Dead")

# An address as the site prints its articles, and one of the same site that is none.
ADDRESSES = {
    "wipo-press-zh-list": ("https://www.wipo.int/pressroom/zh/articles/2026/article_0007.html", "https://www.wipo.int/pressroom/zh/"),
    "wipo-office-china-en": ("https://www.wipo.int/en/web/office-china/w/news/2026/a-visit", "https://www.wipo.int/en/web/office-china/news"),
    "wipo-office-china-zh": ("https://www.wipo.int/zh/web/office-china/w/news/2026/a-visit", "https://www.wipo.int/zh/web/office-china/news"),
    "wipo-magazine": ("https://www.wipo.int/en/web/wipo-magazine/articles/a-chair-57001", "https://www.wipo.int/en/web/wipo-magazine/"),
    "wipo-green-news": ("https://www3.wipo.int/wipogreen/en/news/2026/news_0004.html", "https://www3.wipo.int/wipogreen/en/news/"),
    "wipo-academy-news": ("https://www.wipo.int/academy/en/news/2026/news_0004.html", "https://www.wipo.int/academy/en/news/"),
    "bj-zscqj-home": ("https://zscqj.beijing.gov.cn/zscqj/sjd/mtbd/743612345/index.html", "https://zscqj.beijing.gov.cn/zscqj/sjd/mtbd/index.html"),
    "bj-gov-yaowen": ("https://www.beijing.gov.cn/ywdt/yaowen/202611/t20261124_4200001.html", "https://www.beijing.gov.cn/ywdt/yaowen/index_1.html"),
    "bj-gov-gzdt": ("https://www.beijing.gov.cn/ywdt/gzdt/202611/t20261124_4200001.html", "https://www.beijing.gov.cn/ywdt/gzdt/"),
    "bj-gov-en": ("https://english.beijing.gov.cn/latest/news/202611/t20261124_4200001.html", "https://english.beijing.gov.cn/latest/"),
    "ncsti-kjrd": ("https://www.ncsti.gov.cn/kjdt/kjrd/202611/t20261124_220001.html", "https://www.ncsti.gov.cn/kjdt/kjrd/"),
    "zgc-forum": ("https://www.zgcforum.com.cn/news/forum/1234", "https://www.zgcforum.com.cn/news/forum"),
    "bjd-news": ("https://news.bjd.com.cn//2026/11/24/11000001.shtml", "https://www.bjd.com.cn/jbw/news/"),
    "qianlong-bj": ("https://beijing.qianlong.com/2026/1124/8500001.shtml", "https://beijing.qianlong.com/2.shtml"),
    "cleanair-bcaa": ("http://en.cleanairchina.org/product/9001.html", "http://en.cleanairchina.org/about.html"),
    "people-ip": ("http://ip.people.com.cn/n1/2026/1124/c136655-40000001.html", "http://ip.people.com.cn/GB/179663/index2.html"),
    "stdaily": ("https://www.stdaily.com/web/gdxw/2026-11/24/content_430001.html", "https://www.stdaily.com/web/gdxw/node_324_2.html"),
    "iprchn": ("https://www.iprchn.com/cipnews/news_content.aspx?newsId=150001", "https://www.iprchn.com/Index_List.aspx"),
    "ipr-mofcom": ("https://ipr.mofcom.gov.cn/article/gnxw/zfbm/202611/1990001.html", "https://ipr.mofcom.gov.cn/article/gnxw/"),
    "zhichanli": ("https://www.zhichanli.com/p/1234567890", "https://www.zhichanli.com/about"),
    "iprdaily": ("https://www.iprdaily.cn/article1_40001_20261124.html", "https://www.iprdaily.cn/index.html"),
    "wipo-press-en-archive": ("https://www.wipo.int/pressroom/en/articles/2019/article_0012.html", "https://www.wipo.int/pressroom/en/articles/archive.html?page=2"),
    "wipo-office-china-old": ("https://www.wipo.int/about-wipo/en/offices/china/news/2021/news_0004.html", "https://www.wipo.int/about-wipo/en/offices/china/"),
    "wipo-pct-news-zh": ("https://www.wipo.int/zh/web/pct-system/w/news/2026/a-fee", "https://www.wipo.int/zh/web/pct-system/news"),
    "cnipa-col53": ("https://www.cnipa.gov.cn/art/2026/11/24/art_53_200001.html", "https://www.cnipa.gov.cn/col/col53/index.html"),
    "cnipa-col55": ("https://www.cnipa.gov.cn/art/2026/11/4/art_55_200001.html", "https://www.cnipa.gov.cn/col/col55/index.html"),
    "cnipa-col61": ("https://www.cnipa.gov.cn/art/2026/1/24/art_61_200001.html", "https://www.cnipa.gov.cn/col/col61/index.html"),
    "cnipa-col66": ("https://www.cnipa.gov.cn/art/2026/11/24/art_66_200001.html", "https://www.cnipa.gov.cn/col/col66/index.html"),
    "cnipa-col74": ("https://www.cnipa.gov.cn/art/2026/11/24/art_74_200001.html", "https://www.cnipa.gov.cn/col/col74/index.html"),
    "cnipa-col75": ("https://www.cnipa.gov.cn/art/2026/11/24/art_75_200001.html", "https://www.cnipa.gov.cn/module/web/jpage/dataproxy.jsp?page=2"),
    "cnipa-en-1340": ("https://english.cnipa.gov.cn/art/2026/11/24/art_1340_200001.html", "https://english.cnipa.gov.cn/art/2026/11/24/art_3090_200001.html"),
    "cnipa-en-3090": ("https://english.cnipa.gov.cn/art/2026/11/24/art_3090_200001.html", "https://english.cnipa.gov.cn/col/col3090/index.html"),
    "bj-wb": ("https://wb.beijing.gov.cn/home/gjjwzx/wsyw/202611/t20261124_3900001.html", "https://wb.beijing.gov.cn/home/gjjwzx/wsyw/"),
    "chinadaily-china": ("https://www.chinadaily.com.cn/a/202611/24/WS6740a0b1a310f1265a1d0001.html", "https://www.chinadaily.com.cn/china"),
}  # fmt: skip


def selectors_of(source: dict[str, Any]) -> list[str]:
    of_list = source.get("list", {})
    rules = {**(of_list if of_list.get("format") != "json" else {}), **source.get("article", {})}
    return [text for key, text in rules.items() if key in ("item", "link", "title", "date", "body", "next")]


def test_names_stand_in_both_languages_and_ids_are_stable_words(source_pack: list[dict[str, Any]]) -> None:
    ids = [source["id"] for source in source_pack]

    assert len(set(ids)) == len(ids)
    assert [source_id for source_id in ids if not re.fullmatch("[a-z0-9-]+", source_id)] == []
    english = [source["name"]["en"] for source in source_pack]
    assert [name for name in english if HAN.search(name)] == []
    # IPRdaily, IPKat and the like have no other name in Chinese.
    chinese = [source["name"]["zh"] for source in source_pack]
    assert [name for name in chinese if not HAN.search(name)] == ["IPRdaily", "IPWatchdog"]


def test_tier_follows_the_type(source_pack: list[dict[str, Any]]) -> None:
    assert [source["id"] for source in source_pack if source["tier"] != TIERS[source["type"]]] == []


def test_notes_begin_with_how_far_the_entry_can_be_trusted(source_pack: list[dict[str, Any]]) -> None:
    assert [source["id"] for source in source_pack if not source["notes"].startswith(CONFIDENCE)] == []


def test_patterns_find_articles_and_nothing_else_in_linear_time(source_pack: list[dict[str, Any]]) -> None:
    patterns = {
        source["id"]: source["list"]["pattern"]
        for source in source_pack
        if "pattern" in source.get("list", {})
    }

    assert patterns.keys() == ADDRESSES.keys()
    for source_id, pattern in patterns.items():
        compiled = re2.compile(pattern)
        assert [bool(compiled.search(address)) for address in ADDRESSES[source_id]] == [True, False], (
            source_id
        )


def test_date_patterns_can_be_used(source_pack: list[dict[str, Any]]) -> None:
    for source in source_pack:
        if "date_pattern" in source.get("list", {}):
            assert re2.compile(source["list"]["date_pattern"]).search("［2026-11-24］")


def test_selectors_can_be_used(source_pack: list[dict[str, Any]]) -> None:
    translator = HTMLTranslator()

    for source in source_pack:
        for selector in selectors_of(source):
            assert translator.css_to_xpath(selector), (source["id"], selector)


def test_zones_exist(source_pack: list[dict[str, Any]]) -> None:
    assert {ZoneInfo(source["timezone"]).key for source in source_pack if "timezone" in source} == {
        "Asia/Shanghai",
        "Asia/Hong_Kong",
        "Asia/Taipei",
        "Europe/Zurich",
    }


def test_no_source_is_asked_more_often_than_its_publisher_can_stand(
    source_pack: list[dict[str, Any]],
) -> None:
    schedules = {source["id"]: parse_every(source["every"]) for source in source_pack}

    intervals = {source_id: every for source_id, every in schedules.items() if isinstance(every, timedelta)}
    assert min(intervals.values()) == timedelta(minutes=15)
    on = {source["id"] for source in source_pack if source.get("enabled", True)}
    wipo = [
        every for source_id, every in intervals.items() if source_id.startswith("wipo-") and source_id in on
    ]
    assert sum(timedelta(hours=1) / every for every in wipo) <= 3
    assert {source_id for source_id, every in schedules.items() if isinstance(every, Cron)} >= {
        "bj-zscqj-home",
        "bj-gov-yaowen",
    }


def test_pack_holds_every_known_source_and_43_are_on(source_pack: list[dict[str, Any]]) -> None:
    on = [source["id"] for source in source_pack if source.get("enabled", True)]

    assert (len(source_pack), len(on)) == (95, 43)
    assert {"google-news", "bing-news", "cnipa-col53", "xinhua-fresh"} <= set(on)


def test_pack_is_read_by_the_program_that_ships_with_it(source_pack: list[dict[str, Any]]) -> None:
    found = load_pack(Path(str(files("config")))).sources

    assert [source.id for source in found] == [source["id"] for source in source_pack]
    assert {source.kind for source in found} == {"feed", "sitemap", "listing", "search"}
    assert {source.list.format for source in found if source.list} == {"html", "hanweb", "json"}


def test_addresses_hold_no_gap_that_somebody_would_have_to_fill(source_pack: list[dict[str, Any]]) -> None:
    assert [source["url"] for source in source_pack if re.search(r"[{}\s]", source["url"])] == []


def test_a_source_that_is_off_says_why(source_pack: list[dict[str, Any]]) -> None:
    off = [source for source in source_pack if source.get("enabled") is False]

    assert [source["id"] for source in off if not re.search(r"\bOff\b|^Dead", source["notes"])] == []


def test_search_sources_are_of_no_one_language_unless_the_service_is(
    source_pack: list[dict[str, Any]],
) -> None:
    searches = {source["id"]: source.get("lang") for source in source_pack if source["kind"] == "search"}

    assert searches == {
        "mondaq-cnipa": "en",
        "google-news": None,
        "bing-news": None,
        "gdelt-doc": None,
        "yahoo-news": "en",
        "baidu-news": "zh-Hans",
        "sogou-weixin": "zh-Hans",
        "mediacloud": None,
    }
