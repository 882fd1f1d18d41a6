from __future__ import annotations

from dataclasses import replace

import lxml.html
import pytest

from core.errors import StorageError
from core.types import Names
from desk import views


def page(answer) -> lxml.html.HtmlElement:
    assert answer.status_code == 200, answer.text[:500]
    return lxml.html.fromstring(answer.text)


def text(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def told(root: lxml.html.HtmlElement, path: str) -> list[str]:
    return [text(element) for element in root.xpath(path)]


def has(name: str) -> str:
    return f"contains(concat(' ', @class, ' '), ' {name} ')"


def test_today_opens_with_what_is_new_and_whether_it_can_be_trusted(visitor):
    root = page(visitor.get("/"))

    assert told(root, "//h1") == ["今日"]
    assert told(root, f"//p[{has('lede')}]") == [
        "过去 24 小时有 4 则报道（9 篇）。9 个信源查成 5 个；另 3 个没有查成；1 个还没查到。下一期简报明日 08:30，目前 4 则。"
    ]


def test_today_shows_stories_by_watch_with_the_hits_marked(visitor):
    root = page(visitor.get("/"))

    first = root.xpath(f"//section[@id='w-forum']/article[{has('story')}]")[0]

    assert told(root, "//main//section/header/h2") == ["星河论坛与 WIPO", "没有新报道"]
    assert told(first, ".//h3//mark") == ["星河论坛", "世界知识产权组织"]
    assert told(first, f".//p[{has('hit')}]/mark") == ["世界知识产权组织", "星河"]
    assert told(first, f".//p[{has('meta')}]/span") == ["北辰早报", "首发"]
    assert first.xpath(".//h3/a/@href") == ["/articles/1"]


def test_today_lists_the_other_outlets_of_a_story(visitor):
    also = page(visitor.get("/")).xpath("//details")[0]

    assert told(also, "./summary") == ["另见 5 家，最早的晚 6 分钟"]
    assert told(also, ".//li") == [
        "+6 分产权评论",
        "+41 分Lakeside Wire，标题改为“Copyright in the age of AI: Xinghe opens”",
        "仅日期島上日報，标题改为“星河論壇開幕”",
        "其余 2 家与转载链",
    ]


def test_a_date_without_a_time_and_an_unread_page_are_said(visitor):
    second = page(visitor.get("/")).xpath(f"//article[{has('story')}]")[1]

    assert told(second, ".//time") == ["今日"]
    assert told(second, f".//p[{has('hit')}]") == ["…论坛由星河市与 WIPO 共同主办，双方将在明年春天检查进展…"]
    assert told(second, f".//p[{has('meta')}]/span") == [
        "星河知识产权局", "官方", "仅日期", "稿源：星河通讯社", "改过 1 次", "正文还没读到，命中待定",
    ]  # fmt: skip


def test_an_empty_watch_claims_only_what_was_checked(desk, visitor):
    forum, hague, _ = desk.today_view.watches
    desk.today_view = replace(desk.today_view, watches=(hague, forum))
    gap = page(visitor.get("/"))
    desk.today_view = replace(desk.today_view, coverage=views.Coverage(9, 9))
    sure = page(visitor.get("/"))

    path = f"//section[@id='w-hague']/div[{has('empty')}]/p"
    assert told(gap, path) == [
        "过去 24 小时没有看到。9 个信源只查成 5 个，这一结论有缺口。",
        "上一次：10 月 6 日 15:30。",
    ]
    assert told(sure, path)[0] == "过去 24 小时没有。9 个信源都查成了，所以这是“没有”，不是“没看到”。"


def test_what_holds_for_several_empty_watches_is_said_once(visitor):
    root = page(visitor.get("/"))

    assert told(root, f"//p[{has('empty')}]") == [
        "过去 24 小时没有看到。9 个信源只查成 5 个，这一结论有缺口。"
    ]
    assert told(root, f"//li[{has('quiet-watch')}]") == [
        "海牙与马德里体系上一次：10 月 6 日 15:30。按规则检索：海牙与马德里体系",
        "绿色技术还没有命中过。按规则检索：绿色技术",
    ]
    assert [href for href in root.xpath("//aside//a/@href") if href.startswith("#w-")] == [
        "#w-forum",
        "#w-hague",
        "#w-green",
    ]
    assert {"w-forum", "w-hague", "w-green"} <= set(root.xpath("//@id"))


def test_today_names_what_failed_and_what_was_found_late(visitor):
    root = page(visitor.get("/"))

    assert told(root, "//section[@id='coverage']//li") == [
        "科技园要闻列表空了，疑似改版，自昨日 21:10",
        "港口日报页面不存在（404），自 10 月 12 日 06:00",
        "山间广播连接超时，自今日 06:10，今日 11:04 再试",
    ]
    assert told(root, f"//a[{has('quiet')}]") == ["湖畔法院通报一起涉外商标案"]


def test_each_watch_has_fourteen_bars_and_a_sentence_of_them(visitor):
    charts = page(visitor.get("/")).xpath(f"//ul[{has('wl')}]//svg[@role='img']")

    assert [len(chart.xpath("./rect")) for chart in charts] == [14, 14, 14]
    assert charts[0].get("aria-label") == "近 14 天每日报道数：0、1、0、0、2、1、0、3、0、1、1、0、4、3"


def test_without_watches_or_sources_today_says_what_to_do(desk, visitor):
    desk.today_view = views.Today(desk.today_view.since, 0, 0, (), views.Coverage(0, 0))

    root = page(visitor.get("/"))

    assert "presswatch source import" in told(root, f"//p[{has('lede')}]")[0]
    assert "presswatch watch add" in told(root, f"//div[{has('empty')}]")[0]


def test_without_internet_today_says_so_once_and_leads_to_the_remedy(visit, offline):
    root = page(visit(offline).get("/"))

    note = root.xpath(f"//p[{has('note')}]")
    assert [text(n) for n in note] == [
        "这台机器连不上互联网（域名查不到地址（DNS），自今日 10:38）。原因与办法"
    ]
    assert note[0].xpath("./a/@href") == ["/status"]
    assert told(root, "//section[@id='coverage']//li") == []


def test_sources_stand_by_state_and_one_cause_is_said_once(visitor):
    root = page(visitor.get("/sources"))

    assert root.xpath("//section/@id") == ["attention", "retrying", "partial", "unchecked", "fine", "paused"]
    assert told(root, f"//section[@id='attention']/div[{has('cause')}]//b") == [
        "列表空了，疑似改版",
        "页面不存在（404）",
    ]
    assert told(root, "//section[@id='attention']//td[1]/b") == ["科技园要闻", "渡口要闻", "港口日报"]
    assert told(root, f"//ul[{has('sum')}]/li") == [
        "3需要处理", "1正在重试", "1只读到一部分", "1还没查到", "15正常", "1已暂停",
    ]  # fmt: skip


def test_a_source_shows_its_checks_its_newest_item_and_what_comes_next(visitor):
    root = page(visitor.get("/sources"))

    assert told(root, "//section[@id='retrying']//tbody/tr/td") == [
        "山间广播hill-radio.example · hill-radio", "连续 3 次，自今日 06:10",
        "今日 10:12", "今日 05:50", "今日 05:00", "", "今日 11:04",
    ]  # fmt: skip
    assert told(root, "//section[@id='attention']//tr[.//b='港口日报']/td")[-1] == "不再查"
    assert "3 of 20 entries have no date" in told(root, "//section[@id='partial']//td")[1]


def test_without_internet_no_source_is_blamed(visit, offline):
    lines = tuple(replace(line, condition="retrying", failures=0) for line in offline.sources_view.lines)
    offline.sources_view = replace(offline.sources_view, lines=lines)
    root = page(visit(offline).get("/sources"))

    assert told(root, f"//div[{has('cause')}]") == ["域名查不到地址（DNS），22 个。"]
    assert told(root, "//tbody/tr[1]/td[2]")[0] == "媒体，2 级"


def test_many_fine_sources_are_folded_away_newest_first(visitor):
    root = page(visitor.get("/sources"))

    assert told(root, "//section[@id='fine']//td[1]/b")[:2] == ["正常信源 9", "正常信源 8"]
    assert told(root, "//section[@id='fine']/details/summary") == ["其余 3 个"]
    assert len(root.xpath("//section[@id='fine']//tbody/tr")) == 15


def test_days_on_which_a_source_failed_have_shapes_and_words(visitor):
    chart = page(visitor.get("/sources")).xpath("//section[@id='attention']//tr[.//b='港口日报']//svg")[-1]

    assert chart.get("aria-label").endswith("、失败、失败、失败")
    assert len(chart.xpath("./rect[@class='c-bad']")) == 3


def test_the_article_shows_its_text_with_all_hits(visitor):
    root = page(visitor.get("/articles/1"))

    assert told(root, "//h1") == ["星河论坛开幕，世界知识产权组织代表谈人工智能与版权"]
    assert told(root, f"//div[{has('text')}]//mark") == ["世界知识产权组织", "星河论坛", "世界知识产权组织"]
    assert root.xpath(f"//div[{has('text')}]//mark/@id") == ["hit-1", "hit-2", "hit-3"]
    assert len(root.xpath(f"//div[{has('text')}]/p")) == 3
    assert told(root, "//section[@class='hits']/ul/li") == [
        "星河论坛与 WIPO，第 7 版命中：@论坛 AND @wipo标题 1正文 3",
        "绿色技术，第 2 版已失去，改动后不再命中",
    ]


def test_the_article_says_where_its_date_comes_from(visitor):
    root = page(visitor.get("/articles/1"))

    assert told(root, f"//table[{has('cand')}]//tr") == [
        "采用网页 JSON-LD2026-10-15 09:21",
        "列表页2026-10-15",
        "订阅源晚于首次看到一天以上，不采用2026-10-30 08:00",
        "首次看到2026-10-15 09:31",
    ]


def test_the_article_lists_its_versions_and_reprints(visitor):
    root = page(visitor.get("/articles/1"))

    assert told(root, "//section[@id='versions']//tbody/tr/td[position() != 3]") == [
        "第 2 版", "今日 10:02", "标题与正文", "1,204", "第 1 版", "今日 09:31", "第一次读到", "1,190",
    ]  # fmt: skip
    assert told(root, "//section[@id='chain']//tbody/tr/td[2]") == ["首发", "+6 分", "+41 分", "仅日期"]
    assert root.xpath("//section[@id='chain']//tbody//a/@href") == [
        "/articles/7",
        "/articles/8",
        "/articles/9",
    ]


def test_only_a_web_address_becomes_a_link_and_it_tells_nothing_of_us(desk, visitor):
    linked = page(visitor.get("/articles/1")).xpath("//a[@rel='noopener noreferrer nofollow']/@href")
    desk.articles[1] = replace(desk.articles[1], url="javascript:alert(1)")
    root = page(visitor.get("/articles/1"))

    assert linked == ["https://www.beichen.example/2026/10/15/a1.html"]
    assert [href for href in root.xpath("//@href") if not href.startswith(("/", "#"))] == []
    assert "没有可打开的网址" in text(root)


def test_an_unread_article_shows_its_summary_and_the_next_try(visit, offline):
    root = page(visit(offline).get("/articles/1"))

    assert told(root, f"//p[{has('note')}]") == ["正文还没读到，下面是订阅源里的摘要。下一次试：今日 10:50。"]
    assert told(root, f"//div[{has('text')}]") == ["代表谈人工智能与版权。"]


@pytest.mark.parametrize(
    "path", ["/articles/2", "/articles/x", "/articles/1e3", "/articles/" + "9" * 5000, "/articles/-1"]
)
def test_an_article_that_is_not_there_is_a_friendly_404(visitor, path):
    answer = visitor.get(path)

    assert answer.status_code == 404
    assert told(lxml.html.fromstring(answer.text), "//h1") == ["没有这一页"]


def test_search_shows_marked_results_and_the_way_on(desk, visitor):
    root = page(visitor.get("/search?q=WIPO%20and%20%E5%8C%97%E4%BA%AC"))

    assert desk.asked == [("WIPO and 北京", 20, None, "zh")]
    assert root.xpath("//input[@id='q']/@value") == ["WIPO and 北京"]
    assert told(root, f"//div[{has('strip')}]/b") == ["20 篇"]
    assert told(root, "//article//h3//mark") == ["世界知识产权组织", "WIPO", "論壇"]
    assert told(root, f"//ul[{has('says')}]/li") == ["提醒：小写的 and 会当作一个词来找。"]
    assert root.xpath(f"//nav[{has('pager')}]//a/@href") == ["/search?q=WIPO+and+%E5%8C%97%E4%BA%AC&after=c2"]


def test_the_next_page_of_a_search_asks_with_its_cursor(desk, visitor):
    root = page(visitor.get("/search?q=WIPO&after=c2"))

    assert desk.asked == [("WIPO", 20, "c2", "zh")]
    assert told(root, f"//nav[{has('pager')}]//a") == ["回到第一页"]


def test_a_wrong_query_shows_the_code_point_and_keeps_what_was_typed(visitor):
    root = page(visitor.get("/search?q=%F0%A0%AE%B7%20WIPO%20(%E5%8C%97%E4%BA%AC"))

    assert root.xpath("//input[@id='q']/@value") == ["\U00020bb7 WIPO (北京"]
    assert root.xpath("//input[@id='q']/@aria-invalid") == ["true"]
    assert told(root, f"//ul[{has('says')}]//span[{has('bad')}]") == ["第 8 个字符：这个括号没有配对。"]
    assert told(root, "//code[@class='echo']//span") == ["("]
    assert root.xpath("//code[@class='echo']")[0].text_content() == "\U00020bb7 WIPO (北京"


def test_nothing_found_says_what_could_be_done(visitor):
    root = page(visitor.get("/search?q=%E6%B2%A1%E6%9C%89"))

    assert told(root, f"//div[{has('empty')}]/p") == ["档案里没有。", "去掉一个词，或用 OR 加上别的写法。"]


def test_search_without_a_query_explains_how_to_write_one(desk, visitor):
    root = page(visitor.get("/search?q=%20"))

    assert desk.asked == []
    assert len(root.xpath("//section//dt/a[starts-with(@href, '/search?q=')]")) == 6


def test_operation_tells_each_part_in_a_sentence(visitor):
    root = page(visitor.get("/status"))

    assert told(root, f"//table[{has('parts')}]/tbody/tr") == [
        "数据库正常SQLite，22 个信源、3 个关注、11,204 篇文章，48 MB",
        "网页正常127.0.0.1:8000，只对本机开放",
        "调度正常上次今日 10:41，下次马上",
        "解析正常2 个子进程待命，启动以来停掉过 1 个",
        "匹配正常3 条规则，0 个错误，40 篇等重新判断",
        "域名与网络正常系统 DNS，通",
        "信源需要处理需要处理 3，正在重试 1，只读到一部分 1，还没查到 1，正常 15，已暂停 1，12 篇正文待读",
        "简报正常明日 08:30，目前 4 则",
        "发信未设简报写成 .eml 文件，放在 data/outbox，2 封待发",
    ]
    assert told(root, "//section/header/span") == ["9 项：7 项正常，1 项需要处理，1 项未设"]


def test_without_internet_operation_says_the_one_cause_and_the_steps(visit, offline):
    root = page(visit(offline).get("/status"))

    box = root.xpath(f"//section[{has('once')}]")[0]
    assert told(box, "./h2") == ["这台机器还没有连上互联网"]
    assert told(box, "./p[2]") == ["下一次试探 10:43:00"]
    assert len(box.xpath("./ol/li")) == 4
    assert "域名查不到地址（DNS）" in told(root, "//details/summary")[0]


def test_a_service_that_does_not_run_is_said(desk, visitor):
    desk.status_view = replace(
        desk.status_view,
        started_at=None,
        scheduler=views.SchedulerStatus("attention"),
        parsers=views.ParserStatus("unset"),
    )

    root = page(visitor.get("/status"))

    assert told(root, "//h1/following-sibling::span") == ["没有服务在运行"]
    assert "make run" in told(root, "//tr[td='调度']/td")[2]


def test_the_number_of_sources_that_need_a_person_stands_in_the_navigation(desk, visitor):
    before = told(page(visitor.get("/")), "//nav[1]/a")
    desk.sources_view = views.Sources((), views.Coverage(0, 0))
    after = told(page(visitor.get("/")), "//nav[1]/a")

    assert before == ["今日", "检索", "信源3 3 个需要处理", "运行"]
    assert after == ["今日", "检索", "信源", "运行"]


def test_a_closed_database_is_a_page_that_says_so(desk, visitor):
    desk.failure = StorageError("/home/someone/secret.db is locked")

    answer = visitor.get("/")

    assert answer.status_code == 503
    assert "数据库现在打不开" in answer.text
    assert "secret" not in answer.text


def test_a_bug_is_a_page_that_tells_nothing_and_a_line_in_the_log(desk, visitor, caplog):
    desk.failure = RuntimeError("token=hunter2")

    answer = visitor.get("/status?lang=en")

    assert answer.status_code == 500
    assert "This page could not be made" in answer.text
    assert "hunter2" not in answer.text
    assert [record.message for record in caplog.records if record.name == "presswatch.web"] == ["page failed"]


def test_a_text_without_a_title_can_still_be_opened(desk, visitor):
    story = replace(desk.today_view.watches[0].stories[0], title=views.Marked("  "))
    watch = replace(desk.today_view.watches[0], stories=(story,), total=1, name=Names("一", "One"))
    desk.today_view = replace(desk.today_view, watches=(watch,))

    assert told(page(visitor.get("/")), "//h3/a") == ["（无标题）"]
