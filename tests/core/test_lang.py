from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lang import as_tag, detect, settle


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("柳堤市知识产权局召开创新指数发布会", "zh-Hans"),
        ("柳堤市智慧財產權局召開創新指數發布會", "zh-Hant"),
        ("北京", "zh"),
        ("柳堤市新设三家TISC（Technology and Innovation Support Center）服务机构与企业对接", "zh-Hans"),
        ("特許庁は柳堤で新しい会議を開いた", "ja"),
        ("세계지식재산권기구는 서울에서 회의를 열었다", "ko"),
        ("The office has opened a reading room for inventors in the harbour", "en"),
        ("L'office ouvre une salle de lecture pour les inventeurs du port", "fr"),
        ("La oficina abre una sala de lectura para los inventores en el puerto", "es"),
        ("Das Amt hat für die Erfinder einen Lesesaal am Hafen eröffnet", "de"),
        ("Бюро открывает читальный зал для изобретателей в порту", "ru"),
        ("يفتح المكتب قاعة قراءة للمخترعين", "ar"),
        ("", None),
        ("12:30 — 45 %", None),
        ("Zibuyile iinkomo ezintlanu", None),
    ],
)
def test_a_language_is_known_by_its_script_or_its_small_words(text: str, lang: str | None) -> None:
    assert detect(text) == lang


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("cn", "zh-Hans"),
        ("zh", "zh"),
        ("EN-us", "en-US"),
        ("sr-latn", "sr-Latn"),
        ("<script>", None),
        ("", None),
        (None, None),
    ],
)
def test_labels_become_bcp_47(label: str | None, tag: str | None) -> None:
    assert as_tag(label) == tag


def test_a_label_is_believed_unless_the_script_speaks_against_it() -> None:
    assert settle("柳堤市知识产权局召开创新指数发布会", "en-US") == "zh-Hans"
    assert settle("柳堤市知识产权局召开创新指数发布会", "zh") == "zh-Hans"
    assert settle("The office has opened a reading room", "en-GB") == "en-GB"
    assert settle("Zibuyile iinkomo ezintlanu", "xh") == "xh"


@given(st.text())
def test_detection_never_raises(text: str) -> None:
    assert detect(text) is None or detect(text)
