from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from alerts.digest import build
from alerts.facts import Coverage
from alerts.lines import width
from alerts.message import Envelope, compose
from alerts.render import MAIL_LIMIT, Layout, fit, render
from core.types import Names

BASE = "https://watch.example"
DATA = Path(__file__).with_name("data")


def page(rendered):
    return lxml_html.document_fromstring(
        rendered.html.encode(), parser=lxml_html.HTMLParser(encoding="utf-8")
    )


def outline(root) -> Iterator[str]:
    """Headings, paragraphs and cells of data in reading order, with what is a link, a hit, code and in which language."""
    for node in root.iter("h1", "h2", "h3", "p", "th", "td"):
        if node.tag == "td" and node.xpath(".//p|.//h2|.//h3|.//table"):
            continue
        text = _inline(node).strip()
        if text.replace("\xa0", ""):
            lang = f"[{node.get('lang')}]" if node.get("lang") else ""
            yield f"{node.tag}{lang}: {text}"


def _inline(node) -> str:
    text = node.text or ""
    for child in node:
        inner = _inline(child)
        text += {
            "a": f"<{inner}|{child.get('href')}>",
            "b": f"*{inner}*",
            "code": f"`{inner}`",
            "s": f"~{inner}~",
            "br": " / ",
        }.get(child.tag, inner) + (child.tail or "")
    return re.sub(r"[ \n]+", " ", text)


def addresses(root) -> set[str]:
    return {link.get("href") for link in root.iter("a")}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("day", ["full", "empty"])
def test_mail_reads_as_it_was_approved(news, day, language):
    """The approved mails stand in ``data``: whoever changes a phrase on purpose changes them, too."""
    digest = news.full_day(language) if day == "full" else news.empty_day(language)

    rendered = render(digest, base_url=BASE)

    assert rendered.text == (DATA / f"{day}-{language}.txt").read_text(encoding="utf-8")
    assert "\n".join(outline(page(rendered))) + "\n" == (DATA / f"{day}-{language}.outline").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_plain_part_keeps_its_columns(news, language):
    for digest in (news.full_day(language), news.empty_day(language)):
        for line in render(digest, base_url=BASE).text.splitlines():
            assert width(line, language) <= 72 or "://" in line


def test_headline_stands_once_in_each_part(news):
    title = "京城新增五家技术与创新支持中心 首次覆盖副中心"

    rendered = render(news.full_day(), base_url=BASE)

    assert (rendered.text.count(title), rendered.html.count(title)) == (1, 1)


def test_only_matched_terms_are_marked(news):
    root = page(render(news.full_day(), base_url=BASE))

    marked = [node.text_content() for node in root.iter("b") if node.get("class") == "h"]
    assert set(marked) == {
        "技术与创新支持中心",
        "世界知识产权组织",
        "WIPO GREEN",
        "Beijing",
        "北京",
        "PCT",
        "中关村",
        "WIPO",
        "京港知識產權",
        "办事处",
    }
    assert not [node for heading in root.iter("h1", "h2", "h3") for node in heading.iter("b")]


def test_foreign_text_tells_its_language(news):
    zh, en = (page(render(news.full_day(language), base_url=BASE)) for language in ("zh", "en"))

    assert [root.get("lang") for root in (zh, en)] == ["zh-CN", "en"]
    assert {node.get("lang") for node in zh.iter("h3", "p")} == {None, "en", "zh-Hant"}
    assert {node.get("lang") for node in en.iter("h3", "p")} == {None, "zh-Hans", "zh-Hant"}


def test_links_lead_to_outlets_and_to_pages_that_exist(news):
    found = addresses(page(render(news.full_day(), base_url=BASE + "/")))

    outlets = {f"https://{name}.example/2026/{n}.html" for name, n in (("ip", 11), ("weekly", 12), ("city", 13), ("wire", 14), ("press", 21), ("trade", 31), ("science", 32), ("weekly", 41), ("harbour", 51), ("court", 61), ("science", 71), ("park", 72))}  # fmt: skip
    pages = {f"{BASE}/articles/{n}" for n in (11, 21, 32, 41, 51, 61, 71, 72)}
    assert found == outlets | pages | {f"{BASE}/", f"{BASE}/sources"}


def test_without_an_address_of_its_own_presswatch_links_to_no_page(news):
    rendered = render(news.full_day(), base_url="")

    assert not [url for url in addresses(page(rendered)) if "/articles/" in url]
    assert "存档页" not in rendered.text


def test_digest_without_recipient_says_how_to_add_one(news):
    rendered = render(news.full_day(), base_url=BASE, has_recipient=False)

    assert "presswatch digest edit daily --to" in rendered.text
    assert "presswatch digest edit daily --to" in rendered.html


def test_changes_that_were_not_looked_for_are_not_spoken_of(news):
    rendered = render(build(news.subscription(), news.facts(changes=None)), base_url=BASE)

    assert "悄悄的改动" not in rendered.html + rendered.text


def test_capped_section_counts_the_rest_with_a_link(news):
    rendered = render(build(news.subscription(cap=1), news.facts()), base_url=BASE)

    assert "此项关注另有 2 则，超出每期 1 则的上限。" in rendered.html
    assert "此项关注另有 2 则，超出每期 1 则的上限。" in rendered.text
    assert len(list(page(rendered).iter("h3"))) == 3 + 1 + 2


def test_day_on_which_nothing_could_be_checked_claims_nothing(news):
    digest = build(
        news.subscription(), news.facts(stories=(), changes=(), coverage=Coverage(1, 0, (news.failed,)))
    )

    rendered = render(digest, base_url=BASE)

    assert rendered.subject == "[WIPO–北京] 日报 11-24 · 信源都没有查成 · 查成 0 / 1 个信源"
    assert "本时段没有新报道，但这不是“没有”，是“没看到”。" in rendered.text
    assert "项关注的新报道" not in rendered.text


EVIL = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>\r\nBcc: spy@evil.example\u202e\ufdd0{{7*7}}\ud800"


def test_nothing_that_others_wrote_becomes_markup_a_header_or_a_line(news):
    title, body = f"北京{EVIL}", f"北京{EVIL}"
    article = news.article(
        1,
        "ip",
        title,
        "11-23 10:00",
        [("office", EVIL, "北京")],
        body=body,
        lang='en" onclick="x',
        url="javascript:alert(1)",
    )
    article = replace(article, outlet=Names(EVIL, EVIL), origin=EVIL)
    other = replace(
        article, article_id=2, outlet=Names("乙" + EVIL, EVIL), url='https://x.example/"onmouseover="a'
    )
    change = replace(news.changes()[0], member=article, was_title=EVIL)
    failed = replace(news.failed, names=Names(EVIL, EVIL), error=EVIL, error_class=EVIL, status=None)
    watches = (replace(news.watches[0], names=Names(EVIL, EVIL)),)
    digest = build(
        news.subscription(name=Names(EVIL, EVIL), schedule=EVIL),
        news.facts(
            stories=(news.story(1, article, other),),
            changes=(change,),
            coverage=Coverage(2, 1, (failed,)),
            watches=watches,
        ),
    )

    rendered = render(digest, base_url=BASE)
    root = page(rendered)

    assert not list(root.iter("script", "img", "form", "iframe", "link"))
    assert not [name for node in root.iter() for name in node.attrib if name.startswith("on")]
    assert all(url.startswith("https://") for url in addresses(root))
    assert "{{7*7}}" in root.text_content()
    assert not re.search("[\u202e\ufdd0\ud800\r]", rendered.html + rendered.text + rendered.subject)
    assert not [line for line in rendered.text.splitlines() if line.startswith("Bcc:")]
    assert "javascript:alert(1)" in root.text_content()


def test_script_in_css_reach_is_impossible(news):
    rendered = render(news.full_day(), base_url=BASE)

    assert not re.search(r"url\(|@import|expression\(|src=|http-equiv", rendered.html)


def test_right_to_left_headlines_keep_their_direction(news):
    article = news.article(
        1, "ip", "المنظمة العالمية WIPO", "11-23 10:00", [("office", "x", "WIPO")], lang="ar"
    )

    root = page(
        render(build(news.subscription(), news.facts(stories=(news.story(1, article),))), base_url=BASE)
    )

    assert [(node.get("lang"), node.get("dir")) for node in root.iter("h3")][:1] == [("ar", "auto")]


def many(news, count, watches=("office", "forum", "region")):
    for n in range(count):
        body = (
            f"第{n}则：北京的第 {n} 个消息，写得和平常的报道一样长，有一句命中的话，也有一句没有命中的话。"
            * 2
        )
        hits = [(watches[n % len(watches)], "北京 AND 消息", "北京", "消息")]
        yield news.story(
            100 + n,
            news.article(
                1000 + n,
                "ip",
                f"第 {n} 则报道的标题，不长也不短",
                "11-23 10:00",
                hits,
                body=body,
                tier=1 + n % 3,
            ),
        )


ENVELOPE = Envelope(
    message_id="<daily.x@office.example>",
    date=datetime(2026, 11, 24, tzinfo=UTC),
    sender="presswatch@office.example",
    recipient="reader@office.example",
    digest_id="daily",
    language="zh",
)


@pytest.mark.parametrize("count", [12, 40, 200])
def test_large_day_stays_under_the_limit_and_loses_no_story_silently(news, count):
    digest = build(news.subscription(), news.facts(stories=tuple(many(news, count))))

    rendered = render(digest, base_url=BASE)

    size = len(compose(rendered, ENVELOPE).raw)
    titles = [node.text_content() for node in page(rendered).iter("h3")]
    named = [title for title in titles if title.endswith("不长也不短")]
    assert size <= MAIL_LIMIT
    assert len(set(named)) == len(named) == count - rendered.unnamed
    assert all(title in rendered.text for title in named)
    if rendered.unnamed:
        assert f"另有 {rendered.unnamed} 则，一封邮件容不下" in rendered.html
        assert f"另有 {rendered.unnamed} 则，一封邮件容不下" in rendered.text
        assert size > MAIL_LIMIT * 0.9
    for kept in ("悄悄的改动", "覆盖情况", "贸易会 新闻", "收件人"):
        assert kept in rendered.html
        assert kept in rendered.text


def test_first_stories_keep_their_extract_on_a_large_day(news):
    digest = build(news.subscription(), news.facts(stories=tuple(many(news, 200))))

    root = page(render(digest, base_url=BASE))

    assert sum(node.get("class") == "h" for node in root.iter("b")) >= 8


@settings(max_examples=12, deadline=None)
@given(
    counts=st.tuples(*[st.integers(0, 60)] * 3),
    outlets=st.integers(0, 80),
    failed=st.integers(0, 300),
    changed=st.integers(0, 60),
    long_titles=st.booleans(),
    language=st.sampled_from(["zh", "en"]),
)
def test_no_mail_is_larger_than_the_limit(news, counts, outlets, failed, changed, long_titles, language):
    stories = [
        story
        for n, count in enumerate(counts)
        for story in many(news, count, ("office", "forum", "region")[n:])
    ]
    stories = [replace(story, id=n) for n, story in enumerate(stories)]
    stories = [
        replace(s, members=tuple(_variants(s.members[0], s.id, outlets if s.id < 3 else 0, long_titles)))
        for s in stories
    ]
    coverage = Coverage(
        failed + 500,
        500,
        tuple(
            replace(
                news.failed,
                names=Names(f"信源之名{n}", f"Source {n}"),
                error_class=f"c{n % 40}",
                status=None,
                error="出错了" * 30,
            )
            for n in range(failed)
        ),
    )
    changes = tuple(
        replace(news.changes()[n % 2], seen=news.at("11-23 09:00") + timedelta(minutes=n))
        for n in range(changed)
    )
    digest = build(
        news.subscription(language), news.facts(stories=tuple(stories), coverage=coverage, changes=changes)
    )

    rendered = render(digest, base_url=BASE)

    assert len(compose(rendered, ENVELOPE).raw) <= MAIL_LIMIT


def _variants(member, story, outlets, long_titles):
    title = member.title * 40 if long_titles else member.title
    for n in range(outlets + 1):
        yield replace(
            member,
            article_id=story * 1000 + n,
            title=title,
            outlet=Names(f"媒体{n}", f"Outlet {n}"),
            url="https://a.example/" + "x" * 300,
        )


@given(
    costs=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), max_size=30), room=st.integers(0, 900)
)
def test_layout_never_takes_more_room_than_there_is(costs, room):
    named = [min(pair) for pair in costs]
    full = [max(pair) for pair in costs]

    layout = fit(full, named, room)

    assert 0 <= layout.full <= layout.named <= len(costs)
    assert sum(full[: layout.full]) + sum(named[layout.full : layout.named]) <= room
    if sum(full) <= room:
        assert layout == Layout(len(costs), len(costs))
