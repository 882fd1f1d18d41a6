"""What an address says in words, for an article without a title."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.urls import is_web, words_of


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://harbour.example/2026/11/lamp-fair-opens-in-beijing.html", "lamp fair opens in beijing"),
        ("https://harbour.example/news/%E7%81%AF%E5%A1%94_%E5%B1%95%E8%A7%88/", "灯塔 展览"),
        ("https://harbour.example/green-lamp/12345.shtml", "green lamp"),
        ("https://harbour.example/lamp-fair/index.html", "lamp fair"),
        ("https://harbour.example/%B5%C6/7", "harbour.example"),
        ("https://www.harbour.example/", "www.harbour.example"),
        ("mailto:desk@harbour.example", ""),
    ],
)
def test_the_last_part_with_words_names_the_article(url: str, words: str) -> None:
    assert words_of(url) == words


@given(st.text(max_size=60))
def test_words_are_one_short_line_whatever_the_path(path: str) -> None:
    url = f"https://harbour.example/{path}"

    words = words_of(url)

    assert words == " ".join(words.split())
    assert len(words) <= 200
    assert bool(words) == is_web(url)
