from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.parse.charset import codec_of, decode

SIMPLIFIED = "柳堤市知识产权局召开创新指数发布会，公布全市年度指数。" * 2
TRADITIONAL = "柳堤市智慧財產權局召開創新指數發布會，公布全市年度指數。" * 2
RUSSIAN = "Рыба и порт"


def read(
    body: bytes, content_type: str | None = None, encoding: str | None = None
) -> tuple[str, tuple[str, ...]]:
    decoded = decode(body, content_type=content_type, encoding=encoding, markup="html")
    return decoded.text, decoded.warnings


@pytest.mark.parametrize(
    ("text", "codec", "content_type"),
    [
        (SIMPLIFIED, "gb18030", None),
        (SIMPLIFIED, "gb18030", "text/html; charset=gb2312"),
        (TRADITIONAL, "gb18030", "text/html; charset=gbk"),
        (TRADITIONAL, "big5", None),
        (TRADITIONAL, "big5", "text/html; charset=Big5"),
        (SIMPLIFIED, "utf-8", None),
        (RUSSIAN, "cp1251", "text/html; charset=windows-1251"),
        ("Déjà vu à l'été, cafés", "latin-1", "text/html; charset=iso-8859-1"),
        (SIMPLIFIED, "utf-16", None),
        (SIMPLIFIED, "utf-32", None),
        (SIMPLIFIED, "utf-8-sig", None),
    ],
)
def test_a_well_labelled_or_unlabelled_page_is_read_without_complaint(
    text: str, codec: str, content_type: str | None
) -> None:
    assert read(text.encode(codec), content_type) == (text, ())


def test_gbk_labelled_as_utf8_is_recovered_with_a_warning() -> None:
    text, warnings = read(SIMPLIFIED.encode("gbk"), "text/xml; charset=utf-8")

    assert text == SIMPLIFIED
    assert warnings == ("wrong-charset: declared 'utf-8', read as gb18030",)


def test_utf8_is_recognised_under_any_label() -> None:
    text, warnings = read(RUSSIAN.encode(), "text/xml; charset=iso-8859-1")

    assert text == RUSSIAN
    assert warnings == ("wrong-charset: declared 'iso-8859-1', read as utf-8",)


def test_chinese_bytes_are_not_read_as_the_latin_1_that_servers_add() -> None:
    assert read(SIMPLIFIED.encode("gbk"), "text/html; charset=ISO-8859-1")[0] == SIMPLIFIED


def test_the_operator_s_word_counts_for_a_source_that_lies() -> None:
    assert read("新闻".encode("gbk"), "text/html; charset=latin-1", "gb18030")[0] == "新闻"


def test_utf16_without_a_mark_is_seen_by_its_zeros() -> None:
    assert read(f"<p>{RUSSIAN}".encode("utf-16-le"))[0] == f"<p>{RUSSIAN}"


def test_a_damaged_byte_does_not_change_the_charset() -> None:
    text, warnings = read(SIMPLIFIED.encode() + b"\xe6\x9d")

    assert text == SIMPLIFIED + "\ufffd"
    assert warnings == ("bad-bytes: 1 unreadable characters under utf-8",)


def test_control_characters_are_removed_and_named() -> None:
    assert read(b"a\x00b\x08c\n") == ("abc\n", ("control-characters: 2 removed",))


def test_text_encoded_twice_is_decoded_twice() -> None:
    assert read("maker’s".encode().decode("latin-1").encode())[0] == "maker’s"


def test_the_space_of_old_chinese_editors_is_a_space() -> None:
    assert read(b"\xa3\xa0" + SIMPLIFIED.encode("gbk"))[0] == "\u3000" + SIMPLIFIED


@pytest.mark.parametrize(
    "label",
    [
        "zlib",
        "rot13",
        "hex",
        "base64",
        "idna",
        "unicode_escape",
        "undefined",
        "utf-7",
        "../../etc",
        "x" * 5000,
        "a\0b",
    ],
)
def test_codecs_that_are_no_text_are_not_known(label: str) -> None:
    assert codec_of(label) is None
    assert read(RUSSIAN.encode(), f"text/xml; charset={label}")[0] == RUSSIAN


@given(st.binary(max_size=300), st.text(max_size=40), st.sampled_from(["xml", "html"]))
def test_any_bytes_become_text_that_can_be_stored(body: bytes, label: str, markup: str) -> None:
    text = decode(body, content_type=f"text/html; charset={label}", encoding=label, markup=markup).text

    assert "\x00" not in text
    text.encode("utf-8")
