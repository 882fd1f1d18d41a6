"""Folding, tokens and what an article is found by."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.text
from core.characters import clusters, exact_cluster, folded_cluster
from core.folding import folded
from core.text import MATCHED_CHARACTERS, fold, index_tokens, title_key, tokenise

ODD = "é\u0301\u0308½㈱ﬃ™\u200b\ufe0f\u00ad…ﾄﾞｶ゛가\u11a8ß😀👨\u200d👩𝐖𐌰\ud800Σς０，“”漢字汉\r\n .-·_'U.S.A"
texts = st.text(st.one_of(st.sampled_from(ODD), st.characters()), max_size=40)


def test_table_of_simplified_characters_is_the_one_that_the_language_names() -> None:
    table = Path(core.text.__file__).with_name("t2s.tsv").read_bytes()

    assert (
        hashlib.sha256(table).hexdigest()
        == "f5b690bce2b3136919f8240910fd3fe99fea64b0892a7c60bd6352b65e468e10"
    )


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ＷＩＰＯ", "wipo"),
        ("知識產權", "知识产权"),
        ("Genève", "geneve"),
        ("Gene\u0300ve", "geneve"),
        ("oﬃce", "office"),
        ("Straße", "strasse"),
        ("ø ł đ ı", "ø ł đ ı"),
        ("ёй", "еи"),
        ("ｶﾞ", "ガ"),
        ("“x” ‘y’ «z»", "'x' 'y' 'z'"),
        ("1–2−3—4", "1-2-3—4"),
        ("北京・香港‧澳", "北京·香港·澳"),
        ("a\u200bb\ufe0fc\u00add", "abcd"),
        ("WIPO™", "wipo "),
        ("①½", "11⁄2"),
    ],
)
def test_folding(text: str, form: str) -> None:
    assert fold(text) == form


@given(texts)
def test_fast_folding_is_folding_cluster_by_cluster(text: str) -> None:
    assert fold(text) == "".join(folded_cluster(kept) for _, _, kept in clusters(text))


@given(texts)
def test_every_place_leads_back_to_the_cluster_that_made_it(text: str) -> None:
    form = folded(text)

    expected = [(start, end) for start, end, kept in clusters(text) for _ in folded_cluster(kept)]

    assert [form.span(at, at + 1) for at in range(len(form.text))] == expected


def test_long_piles_of_marks_are_folded_piece_by_piece() -> None:
    text = "a" + "\u0316\u0301" * 50_000 + "b"

    assert tokenise(text).forms == ["ab"]
    assert len(exact_cluster(text[:-1])) == 100_000


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("五家TISC机构", ["五", "家", "tisc", "机", "构"]),
        ("GII2025、G20", ["gii", "2025", "g", "20"]),
        ("China’s WIPO-led S&T", ["china", "s", "wipo", "led", "s", "t"]),
        ("the U.S.Army at W.I.P.O.", ["the", "us", "army", "at", "wipo"]),
        ("U.S and u.s.", ["us", "and", "us"]),
        ("a.bb c.d.ee", ["a", "bb", "cd", "ee"]),
        ("3A.B.C", ["3", "a", "bc"]),
        ("か\u3099き か゛", ["が", "き", "か"]),
        ("x\u0e31 กั", ["x\u0e31", "กั"]),
        ("한국 가\u11a8", ["한", "국", "각"]),
        ("😀 … ፩", []),
        ("ⅧⅨ 〇", ["viiiix", "〇"]),
    ],
)
def test_tokens(text: str, forms: list[str]) -> None:
    assert tokenise(text).forms == forms


def test_tokens_know_their_places_gaps_and_exact_forms() -> None:
    tokens = tokenise("In Genève, W.I.P.O.（㈱）")

    assert [tokens.span(at, at) for at in range(4)] == [(0, 2), (3, 9), (11, 19), (20, 21)]
    assert [tokens.gap(at) for at in range(4)] == [" ", ", ", "((", "))"]
    assert [tokens.exact(at) for at in range(4)] == ["In", "Genève", "W.I.P.O", "(株)"]


def test_index_tokens_are_words_numbers_characters_and_neighbouring_pairs() -> None:
    found = list(index_tokens("北京，市 TISC知2025 U.S."))

    assert found == ["北", "京", "北京", "市", "京市", "tisc", "知", "2025", "us"]


def test_index_tokens_keep_marks_with_their_character() -> None:
    assert list(index_tokens("あ\u309aき")) == ["あ\u309a", "き", "あ\u309aき"]


def test_what_is_longer_than_the_cap_is_not_indexed() -> None:
    text = "a " * (MATCHED_CHARACTERS // 2) + "zebra"

    assert "zebra" not in set(index_tokens(text))


@pytest.mark.parametrize(
    ("title", "same"),
    [
        ("世界知識產權組織：北京", "世界知识产权组织 北京"),
        ("WIPO opens office", "“WIPO” opens Office!"),
        ("U.S. patents", "US Patents"),
    ],
)
def test_titles_that_differ_in_form_only_have_one_key(title: str, same: str) -> None:
    assert title_key(title) == title_key(same) != ""


def test_a_title_without_letters_has_an_empty_key() -> None:
    assert title_key("🎉 …") == ""


@given(texts)
def test_tokens_are_in_order_and_inside_of_the_text(text: str) -> None:
    tokens = tokenise(text)

    spans = [tokens.span(at, at) for at in range(len(tokens.forms))]

    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    assert all(fold(form) for form in tokens.forms)
