"""Where sentences and paragraphs end."""

from __future__ import annotations

import pytest

from core.sentences import layout, sentence_extents
from core.text import tokenise


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_extents(tokenise(text))]


@pytest.mark.parametrize(
    "parts",
    [
        ["WIPO参会。", "北京开幕！", "还有"],
        ["He left WIPO.", "Beijing was next."],
        ['He said "thank you, WIPO."', "Beijing agreed."],
        ["“落户北京。”", "他说。"],
        ["Mr. Li rose 3.5 percent in the U.S. office"],
        ["Plan B...", "Beijing agreed"],
        ["参会者WIPO.", "北京开幕"],
        ["标题：", "正文；", "后句"],
        ["WIPO……", "北京"],
        ["D. Tang, WIPO, wipo.int and No. 5"],
    ],
)
def test_sentences(parts: list[str]) -> None:
    separator = "\n" if parts[0].endswith("：") else " "

    assert sentences(separator.join(parts)) == parts


def test_what_surrounds_the_sentences_stays_outside() -> None:
    assert sentences("\n　开头。 \n\n　结尾 \n") == ["开头。", "结尾"]


def test_a_text_without_words_has_no_sentences() -> None:
    assert sentences("…… !") == []


def test_layout_counts_half_units_sentences_and_paragraphs() -> None:
    found = layout(tokenise("WIPO在京\nG20。\r\n　\r\n末"))

    assert found.halves == [0, 2, 3, 4, 6, 8, 9]
    assert found.sentences == [0, 0, 0, 1, 1, 2]
    assert found.paragraphs == [0, 0, 0, 0, 0, 1]
