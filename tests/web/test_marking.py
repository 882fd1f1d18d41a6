from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from desk.views import Marked
from web.marking import blocks, joined, mark, paragraphs

MARKS = st.lists(st.tuples(st.integers(-3, 60), st.integers(-3, 60)), max_size=8)


def test_hits_are_marked_and_everything_is_escaped():
    assert mark("a<b> & c", [(1, 4)]) == Markup("a<mark>&lt;b&gt;</mark> &amp; c")


def test_touching_hits_stay_apart_and_overlapping_ones_become_one():
    assert mark("知识产权国际", [(4, 6), (0, 4)]) == Markup("<mark>知识产权</mark><mark>国际</mark>")
    assert mark("知识产权国际", [(0, 4), (2, 6)]) == Markup("<mark>知识产权国际</mark>")


def test_offsets_count_code_points_also_beyond_the_basic_plane():
    assert mark("𠮷野 WIPO", [(3, 7)]) == Markup("𠮷野 <mark>WIPO</mark>")


def test_numbered_hits_can_be_linked_to():
    assert mark("ab", [(0, 1), (1, 2)], first=4) == Markup(
        '<mark id="hit-4">a</mark><mark id="hit-5">b</mark>'
    )


@given(st.text(max_size=50), MARKS)
def test_without_its_tags_a_marked_text_is_the_text(text, marks):
    marked = mark(text, marks)

    assert re.sub("</?mark>", "", marked) == str(Markup.escape(text))
    assert marked.count("<mark>") == marked.count("</mark>") == len(joined(marks, len(text)))


@given(st.text(alphabet="ab<&\n \r", max_size=50), MARKS)
def test_paragraphs_lose_nothing_but_white_space(text, marks):
    told = "".join(re.sub(r"<[^>]*>", "", paragraph) for paragraph in paragraphs(Marked(text, tuple(marks))))

    assert re.sub(r"\s", "", told) == re.sub(r"\s", "", str(Markup.escape(text)))


def test_a_text_is_cut_at_blank_lines_and_its_hits_go_with_their_block():
    text = Marked("WIPO\n \nin 北京\n一行", ((0, 4), (10, 12)))

    assert blocks(text) == [Marked("WIPO", ((0, 4),)), Marked("in 北京\n一行", ((3, 5),))]
    assert paragraphs(text) == [
        Markup('<mark id="hit-1">WIPO</mark>'),
        Markup('in <mark id="hit-2">北京</mark><br>一行'),
    ]


def test_a_hit_across_a_line_break_stays_one_mark():
    assert paragraphs(Marked("a b\nc d", ((2, 5),))) == [Markup('a <mark id="hit-1">b<br>c</mark> d')]
