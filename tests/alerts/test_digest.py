from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.digest import Digest, ToldArticle, build
from alerts.facts import Coverage, Facts, Member, MemberHit, StoryInput, WatchInput, Window
from core.types import Names, Span, Subscription


def told(digest: Digest) -> dict[str, list[int]]:
    return {section.watch.id: [item.article_id for item in section.items] for section in digest.sections}


def test_each_story_stands_once_under_the_first_watch_it_matches(news):
    digest = build(news.subscription(), news.facts())

    assert told(digest) == {"office": [11, 21, 32], "forum": [41], "region": [51]}
    assert digest.sections[0].items[0].other_watches == (Names("中关村论坛", "Zhongguancun Forum"),)
    assert [names.en for names in digest.silent_watches] == ["Global Innovation Index"]
    assert digest.new == 5


def test_story_is_not_told_again_when_a_new_article_joins_it(news):
    first = build(news.subscription(), news.facts())
    joined = replace(
        news.stories()[0],
        members=(*news.stories()[0].members, news.article(15, "daily", "又一家", "11-24 12:00")),
    )

    digest = build(
        news.subscription(),
        news.facts(told={line.article_id for line in first.told_articles}, stories=(joined,)),
    )

    assert digest.sections == ()
    assert digest.told_articles == ()


def test_ledger_gets_every_article_of_a_told_story(news):
    digest = build(news.subscription(), news.facts(stories=news.stories()[:1]))

    assert digest.told_articles == tuple(ToldArticle(number, 1, 1) for number in (11, 12, 13, 14))


def test_changed_articles_move_to_their_new_version_in_the_ledger(news):
    digest = build(news.subscription(), news.facts(stories=()))

    assert digest.told_articles == ()
    assert digest.changed_articles == (ToldArticle(71, 2, 7), ToldArticle(72, 1, 8))
    assert [change.kind for change in digest.changes] == ["retitled", "withdrawn"]


def test_most_trusted_article_with_a_hit_leads(news):
    hits = [("office", "x", "北京")]
    members = (
        news.article(1, "daily", "北京一", "11-23 10:00", hits, tier=3),
        news.article(2, "weekly", "北京二", "11-23 12:00", hits, tier=2),
        news.article(3, "ip", "没有命中", "11-23 09:00", tier=1),
    )
    digest = build(news.subscription(), news.facts(stories=(news.story(1, *members, first=1),)))

    item = digest.sections[0].items[0]
    assert item.article_id == 2
    assert [(outlet.article_id, outlet.is_first) for outlet in item.also] == [(1, True), (3, False)]


@pytest.mark.parametrize(("first", "lead"), [(2, 2), (3, 3), (None, 1)])
def test_first_publisher_leads_among_equals_and_else_the_earliest(news, first, lead):
    hits = [("office", "x", "北京")]
    members = [
        news.article(n, outlet, "北京", f"11-23 1{n}:00", hits)
        for n, outlet in ((1, "daily"), (2, "city"), (3, "wire"))
    ]
    digest = build(news.subscription(), news.facts(stories=(news.story(1, *members, first=first),)))

    assert digest.sections[0].items[0].article_id == lead


@pytest.mark.parametrize(("language", "lead"), [("zh", 1), ("en", 2)])
def test_language_of_the_digest_decides_between_equals(news, language, lead):
    hits = [("office", "x", "WIPO")]
    members = (
        news.article(1, "daily", "WIPO 报告", "11-23 12:00", hits),
        news.article(
            2, "press", "WIPO report", "11-23 10:00" if language == "zh" else "11-23 14:00", hits, lang="en"
        ),
    )
    digest = build(news.subscription(language), news.facts(stories=(news.story(1, *members),)))

    assert digest.sections[0].items[0].article_id == lead


def test_each_other_outlet_is_named_once_the_first_publisher_first(news):
    hits = [("office", "x", "北京")]
    members = (
        news.article(1, "ip", "北京知識產權", "11-23 12:00", hits, tier=1),
        news.article(2, "ip", "北京又一篇", "11-23 13:00", hits, tier=1),
        news.article(3, "daily", "北京知识产权", "11-23 10:00", hits),
        news.article(4, "daily", "北京，更新", "11-23 09:00", hits),
        news.article(5, "city", "另一个题", "11-23 11:00", hits),
    )
    digest = build(news.subscription(), news.facts(stories=(news.story(1, *members, first=5),)))

    item = digest.sections[0].items[0]
    named = [(outlet.article_id, outlet.is_first, outlet.is_retitled) for outlet in item.also]
    assert named == [(5, True, True), (4, False, True)]
    assert not item.is_first


def test_a_story_in_the_other_script_is_not_called_retitled(news):
    hits = [("office", "x", "北京")]
    members = (
        news.article(1, "ip", "北京知識產權會議", "11-23 12:00", hits, tier=1),
        news.article(2, "daily", "北京知识产权会议", "11-23 10:00", hits),
    )
    digest = build(news.subscription(), news.facts(stories=(news.story(1, *members),)))

    assert [outlet.is_retitled for outlet in digest.sections[0].items[0].also] == [False]


def test_first_report_is_only_said_where_others_carry_the_story(news):
    digest = build(news.subscription(), news.facts())

    assert {item.article_id: item.is_first for item in digest.sections[0].items} == {
        11: True,
        21: False,
        32: False,
    }


def test_late_finds_stand_apart_and_are_not_counted_as_new(news):
    digest = build(news.subscription(), news.facts(stories=news.stories()[-1:]))

    assert (digest.new, [item.article_id for item in digest.late]) == (0, [61])
    assert digest.headline is None


def test_an_old_article_in_a_new_story_is_named_but_does_not_lead(news):
    hits = [("office", "x", "北京")]
    members = (
        news.article(1, "ip", "北京", "11-01 10:00", hits, tier=1, novelty="late"),
        news.article(2, "press", "北京", "10-01 10:00", hits, tier=1, novelty="archive"),
        news.article(3, "daily", "北京", "11-23 10:00", hits, tier=3),
    )
    digest = build(news.subscription(), news.facts(stories=(news.story(1, *members),)))

    assert told(digest) == {"office": [3]}
    assert [outlet.article_id for outlet in digest.sections[0].items[0].also] == [2, 1]


def test_what_was_only_put_into_the_archive_is_never_told(news):
    old = news.article(1, "ip", "北京", "01-01 10:00", [("office", "x", "北京")], novelty="archive")

    digest = build(news.subscription(), news.facts(stories=(news.story(1, old),)))

    assert (digest.sections, digest.late, digest.told_articles) == ((), (), ())


def test_tier_limit_leaves_out_stories_that_only_less_trusted_outlets_carry(news):
    digest = build(news.subscription(tier=2), news.facts())

    assert told(digest) == {"office": [11, 21, 32]}
    assert {line.story_id for line in digest.told_articles} == {1, 2, 3, 6}


def test_cap_counts_what_it_does_not_show_and_tells_it(news):
    digest = build(news.subscription(cap=2), news.facts())

    office = digest.sections[0]
    assert [item.article_id for item in office.items] == [11, 21]
    assert [item.article_id for item in office.beyond] == [32]
    assert (office.total, digest.new) == (3, 5)
    assert 31 in {line.article_id for line in digest.told_articles}


def test_hits_of_watches_that_the_digest_does_not_carry_do_not_count(news):
    digest = build(news.subscription(), news.facts(watches=news.watches[1:2]))

    assert told(digest) == {"forum": [11, 41]}


def test_unread_article_names_its_summary_once(news):
    text = "世界知识产权组织在北京。"
    unread = news.article(1, "ip", "会议", "11-23 10:00", [("office", "x", "北京")], summary=text, body=text)

    digest = build(news.subscription(), news.facts(stories=(news.story(1, unread),)))

    item = digest.sections[0].items[0]
    assert item.fields == ("summary",)
    assert item.excerpt is not None and item.excerpt.field == "summary"


def test_extract_is_left_out_when_only_the_headline_holds_the_hit(news):
    only_title = news.article(
        1, "ip", "北京会议", "11-23 10:00", [("office", "x", "北京")], body="没有那个词。"
    )

    digest = build(news.subscription(), news.facts(stories=(news.story(1, only_title),)))

    assert digest.sections[0].items[0].excerpt is None


def test_volume_ends_with_this_issue_and_begins_where_counting_began(news):
    known = {date(2026, 11, 20): 2, date(2026, 11, 24): 1}

    digest = build(news.subscription(), news.facts(history=known))

    assert digest.days == (
        (date(2026, 11, 20), 2),
        (date(2026, 11, 21), 0),
        (date(2026, 11, 22), 0),
        (date(2026, 11, 23), 0),
        (date(2026, 11, 24), 6),
    )


@pytest.mark.parametrize(("policy", "wanted"), [("say-so", True), ("skip", False)])
def test_day_without_news_is_mailed_as_the_digest_asks(news, policy, wanted):
    nothing = news.facts(stories=(), changes=None)

    assert build(news.subscription(when_empty=policy), nothing).is_wanted is wanted
    assert build(news.subscription(when_empty=policy), news.facts()).is_wanted


WATCH_IDS = ("a", "b", "c")
START = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
PRIORITIES = st.sampled_from(["urgent", "normal", "background"])


@st.composite
def members(draw, article_id):
    hits = draw(st.sets(st.sampled_from((*WATCH_IDS, "foreign"))))
    return Member(
        article_id=article_id,
        version=draw(st.integers(1, 3)),
        url="https://a.example/1",
        title=draw(st.sampled_from(["一", "二", "two"])),
        outlet=Names(*draw(st.sampled_from([("甲", "A"), ("乙", "B"), ("丙", "C")]))),
        first_seen=START + timedelta(minutes=draw(st.integers(0, 5))),
        tier=draw(st.integers(1, 4)),
        novelty=draw(st.sampled_from(["new", "late", "archive"])),
        lang=draw(st.sampled_from([None, "zh-Hans", "en"])),
        published=draw(st.none() | st.just(START)),
        precision="minute",
        hits=tuple(MemberHit(watch, "x", (Span("title", 0, 1),)) for watch in sorted(hits)),
    )


@st.composite
def days(draw):
    sizes = draw(st.lists(st.integers(1, 4), max_size=12))
    made, next_id = [], 1
    for number, size in enumerate(sizes):
        ids = range(next_id, next_id + size)
        parts = tuple(draw(members(n)) for n in ids)
        made.append(StoryInput(number, parts, draw(st.none() | st.sampled_from(list(ids)))))
        next_id += size
    return Facts(
        window=Window(START, START + timedelta(days=1)),
        watches=tuple(
            WatchInput(name, Names(name, name), draw(PRIORITIES), draw(st.integers(0, 2)))
            for name in WATCH_IDS
        ),
        stories=tuple(made),
        coverage=Coverage(1, 1),
        told=draw(st.sets(st.integers(1, 30), max_size=8)),
    )


def able(story: StoryInput, facts: Facts, tier: int) -> bool:
    """The rule, written the plain way."""
    if any(member.article_id in facts.told for member in story.members):
        return False
    return any(
        member.novelty in ("new", "late")
        and member.tier <= tier
        and any(h.watch_id in WATCH_IDS for h in member.hits)
        for member in story.members
    )


@settings(max_examples=80, deadline=None)
@given(facts=days(), cap=st.integers(0, 3), tier=st.integers(1, 4))
def test_every_story_that_may_be_told_is_told_exactly_once_and_no_other(facts, cap, tier):
    digest = build(Subscription("daily", cap=cap, tier=tier), facts)

    shown = [item for section in digest.sections for item in (*section.items, *section.beyond)] + list(
        digest.late
    )
    ids = [item.story_id for item in shown]
    wanted = {story.id: story for story in facts.stories if able(story, facts, tier)}
    assert sorted(ids) == sorted(wanted)
    assert digest.told_articles == tuple(
        ToldArticle(member.article_id, member.version, story.id)
        for story in wanted.values()
        for member in story.members
    )
    assert all(len(section.items) <= cap for section in digest.sections) or cap == 0


@settings(max_examples=30, deadline=None)
@given(facts=days(), seed=st.randoms())
def test_order_of_the_input_does_not_matter(facts, seed):
    mixed = list(facts.stories)
    seed.shuffle(mixed)

    assert build(Subscription("daily"), replace(facts, stories=tuple(mixed))) == build(
        Subscription("daily"), facts
    )


@settings(max_examples=30, deadline=None)
@given(facts=days())
def test_nothing_is_told_twice_to_one_person(facts):
    first = build(Subscription("daily"), facts)
    told_now = {line.article_id for line in first.told_articles}

    second = build(Subscription("daily"), replace(facts, told=facts.told | told_now))

    assert second.told_articles == ()
    assert (second.new, second.late) == (0, ())
