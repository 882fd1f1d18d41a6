from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.parse.plain import cut, from_html, from_lines, from_text, title_from


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p><p>Two<br>lines.</p>", "One.\n\nTwo\nlines."),
        ("One<br><br>Two", "One\n\nTwo"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\n\nb\n\nc"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
        ("hard\nwrapped\n  source", "hard wrapped source"),
        ("北京\n市<b>知识</b>产权", "北京市知识产权"),
        ("<p>\u3000\u3000段首空格</p>", "段首空格"),
        ("AT&amp;T &lt;b&gt; caf&eacute; &#20013;", "AT&T <b> café 中"),
        ("a<script>x()</script><style>p{}</style><!-- no -->b", "ab"),
        ("a</div></body></html><hr><p>b", "a\n\nb"),
        ("", ""),
    ],
)
def test_html_becomes_blocks(html: str, text: str) -> None:
    assert from_html(html) == text


def test_plain_text_keeps_its_blocks_and_loses_its_wrapping() -> None:
    assert from_text("one\ntwo\n\n three\n") == "one two\n\nthree"


def test_meant_line_ends_stay() -> None:
    assert from_lines("one\ntwo\r\n\r\nthree") == "one\ntwo\n\nthree"


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("A <em>new</em> room", "A new room"),
        ("AT&amp;amp;T", "AT&T"),
        ("1 < 2 & 3", "1 < 2 & 3"),
        ("two\n lines", "two lines"),
        ("<script>", "<script>"),
        ("&#" + "9" * 50_000 + ";", "\ufffd"),
    ],
)
def test_titles_are_one_line(markup: str, title: str) -> None:
    assert title_from(markup) == title


def test_cut_text_says_so() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "x",
        "<b><i>" * 100_000 + "x",
        "<" * 300_000,
        "<a" * 300_000,
        '<a "' * 300_000,
        "<!--" * 300_000,
        "&amp" * 200_000,
        " \n" * 300_000 + "中",
        "<p " + " ".join(f"a{i}=1" for i in range(100_000)) + ">x</p>",
    ],
    ids=[
        "nested",
        "unclosed",
        "less-than",
        "tags",
        "quotes",
        "comments",
        "ampersands",
        "blanks",
        "attributes",
    ],
)
def test_hostile_markup_takes_linear_time(html: str) -> None:
    began = perf_counter()
    from_html(html)

    assert perf_counter() - began < 4


@given(st.text(max_size=400))
def test_plain_text_keeps_the_contract(markup: str) -> None:
    text = from_html(markup)

    assert "\n\n\n" not in text
    assert text == text.strip()
    assert all(line == " ".join(line.split()) for line in text.split("\n"))
