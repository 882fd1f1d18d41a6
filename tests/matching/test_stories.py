"""Copies of a report are one story; what only looks alike is not."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.stories import (
    StoryDocument,
    bands,
    common_shingles,
    group,
    joins,
    same_report,
    shingles,
    signature,
)

NONE: frozenset[int] = frozenset()
HAN = "知识产权组织在北京举行会议讨论专利商标版权保护合作签署备忘录发布报告创新指数集群论坛代表企业高校机构技术支持中心全球数据增长"
START = datetime(2026, 3, 1, tzinfo=UTC)


def sentences(seed: int, count: int) -> list[str]:
    """Invented sentences; another seed gives others."""
    rng = random.Random(seed)
    return ["".join(rng.choice(HAN) for _ in range(22)) + "。" for _ in range(count)]


def english(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    vowels, consonants = "aeiou", "bdfgklmnprstv"
    vocabulary = ["".join(rng.choice(consonants) + rng.choice(vowels) for _ in range(3)) for _ in range(400)]
    return [" ".join(rng.choice(vocabulary) for _ in range(14)).capitalize() + "." for _ in range(count)]


def document(
    name: str, text: list[str], *, site: str = "a.example", day: int = 0, title: str = ""
) -> StoryDocument:
    return StoryDocument(name, title or text[0][:12], "\n\n".join(text), site, START + timedelta(days=day))


def stories(*documents: StoryDocument) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, story in group(documents).items():
        found.setdefault(story, set()).add(name)
    return {frozenset(names) for names in found.values()}


def test_reprints_shortened_edited_and_in_the_other_script_are_one_story() -> None:
    report = sentences(1, 20)
    edited = [f"据本报记者报道，{line}" if number % 3 == 0 else line for number, line in enumerate(report)]
    traditional = [
        line.translate(
            str.maketrans(
                "识产权组织会议讨论专签署备录发报创数团论坛业机构术",
                "識產權組織會議討論專簽署備錄發報創數團論壇業機構術",
            )
        )
        for line in report
    ]

    found = stories(
        document("first", report),
        document("copy", report, site="b.example", day=1, title="转载"),
        document("short", report[:12], site="c.example", day=1),
        document("edited", edited, site="d.example", day=1),
        document("traditional", traditional, site="e.example", day=2),
        document("other", sentences(2, 20), site="b.example", day=1),
    )

    assert found == {frozenset(("first", "copy", "short", "edited", "traditional")), frozenset(("other",))}


def test_english_copies_are_one_story() -> None:
    report = english(1, 30)

    found = stories(
        document("first", report),
        document("short", report[:18], site="b.example"),
        document("other", english(2, 30), site="b.example"),
    )

    assert found == {frozenset(("first", "short")), frozenset(("other",))}


def test_a_story_is_named_after_its_first_document() -> None:
    report = sentences(1, 10)

    assert group([document("late", report, day=5), document("early", report, day=1)]) == {
        "early": "early",
        "late": "early",
    }


def test_short_items_that_share_a_long_disclaimer_stay_apart() -> None:
    disclaimer = sentences(99, 8)

    items = [document(f"n{number}", [*sentences(number, 2), *disclaimer], day=number) for number in range(6)]

    assert len(stories(*items)) == 6


def test_issues_of_one_template_with_other_figures_stay_apart() -> None:
    def issue(number: int) -> StoryDocument:
        rng = random.Random(number)
        lines = [
            f"{line}本周{rng.randrange(1000, 9999)}件，增长{rng.randrange(10, 99)}.{rng.randrange(10, 99)}个百分点。"
            for line in sentences(7, 8)
        ]
        return document(f"n{number}", lines, day=7 * number, title="专利周报")

    assert len(stories(issue(1), issue(2))) == 2


def test_a_round_up_does_not_tie_its_items_together() -> None:
    items = [sentences(number, 5) for number in range(8)]
    round_up = document(
        "all", [line for item in items for line in item], site="z.example", day=1, title="本周要闻"
    )

    found = stories(
        round_up,
        *(document(f"n{number}", item, site=f"s{number}.example") for number, item in enumerate(items)),
    )

    assert len(found) >= 8


def test_a_chain_of_half_overlapping_texts_is_not_one_story() -> None:
    lines = sentences(1, 60)

    found = stories(*(document(f"n{at:02}", lines[at : at + 10], day=at) for at in range(0, 50, 4)))

    assert max(map(len, found)) <= 3


def test_identical_copies_on_one_site_do_not_make_their_text_common() -> None:
    report = shingles("标题", "".join(sentences(1, 10)))

    assert common_shingles([report, report, report]) == NONE
    assert same_report(report, report, common_shingles([report] * 5))


def test_what_three_texts_of_a_site_share_is_common() -> None:
    shared = "".join(sentences(50, 3))
    texts = [shingles("", "".join(sentences(number, 3)) + shared) for number in range(3)]

    assert common_shingles(texts) >= {value for value in shingles("", shared) if 0 <= value < 2**32}


def test_very_short_texts_must_be_the_same() -> None:
    assert same_report(shingles("专利法修改", ""), shingles("專利法修改", ""), NONE)
    assert not same_report(shingles("专利法修改", ""), shingles("专利法修正", ""), NONE)
    assert not same_report(shingles("", ""), shingles("", ""), NONE)


def test_half_of_a_story_must_tell_the_same_to_join_it() -> None:
    assert [joins(1, 1), joins(1, 2), joins(1, 3), joins(2, 3), joins(0, 1)] == [
        True,
        True,
        False,
        True,
        False,
    ]


def test_bands_never_change() -> None:
    report = shingles(
        "WIPO opens an office in Beijing", "世界知识产权组织在北京设立办事处。It serves inventors."
    )

    found = bands(signature(report))

    assert (len(found), found[0], found[-1]) == (32, 2104656283450562961, 8885500182962720589)
    assert all(-(2**63) <= band < 2**63 for band in found)


def test_a_text_without_words_has_no_bands() -> None:
    assert bands(signature(shingles("…", "！"))) == ()


documents = st.lists(
    st.builds(
        lambda name, seed, length, site, day: document(name, sentences(seed, length), site=site, day=day),
        st.uuids().map(str),
        st.integers(0, 3),
        st.integers(1, 8),
        st.sampled_from(["a.example", "b.example"]),
        st.integers(0, 2),
    ),
    max_size=12,
    unique_by=lambda item: item.id,
)


@settings(max_examples=40, deadline=None)
@given(documents, st.randoms(use_true_random=False))
def test_the_order_of_documents_has_no_influence(
    given_documents: list[StoryDocument], rng: random.Random
) -> None:
    shuffled = list(given_documents)
    rng.shuffle(shuffled)

    assert group(shuffled) == group(given_documents)
