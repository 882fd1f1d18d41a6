from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import yaml

from web.render import HERE

WORDS = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
CODE = "\n".join(
    file.read_text(encoding="utf-8") for file in [*HERE.glob("*.py"), *(HERE / "templates").iterdir()]
)


def values_of(form: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(form) if name}


def test_every_phrase_has_both_languages_and_nothing_else():
    broken = [
        key
        for key, forms in WORDS.items()
        if not {"zh", "en"} <= set(forms) <= {"zh", "en", "en_one"}
        or not all(isinstance(f, str) for f in forms.values())
    ]

    assert broken == []


def test_both_languages_take_the_same_values():
    differing = {
        key
        for key, forms in WORDS.items()
        if values_of(forms["zh"]) != values_of(forms["en"])
        or values_of(forms.get("en_one", "")) - values_of(forms["en"])
    }

    assert differing == set()


def test_every_phrase_that_is_asked_for_exists():
    asked = set(re.findall(r"""\b(?:t|say)\(\s*["']([a-z_0-9]+)["']\s*[,)]""", CODE))

    assert asked
    assert asked - set(WORDS) == set()


def test_no_phrase_is_left_over():
    prefixes = tuple(
        set(re.findall(r"""["']([a-z_]+_)["'] ~""", CODE)) | set(re.findall(r"""f"([a-z_]+_)\{""", CODE))
    )
    endings = ("_minutes", "_hours", "_days")
    unused = [
        key
        for key in WORDS
        if not re.search(rf"""["']{key}["']""", CODE)
        and not key.startswith(prefixes)
        and not key.endswith(endings)
    ]

    assert unused == []


def test_chinese_phrases_have_chinese_punctuation():
    half = re.compile(r"[\u4e00-\u9fff][,;:!?](?!/)|[,;:!?][\u4e00-\u9fff]")

    assert [key for key, forms in WORDS.items() if half.search(forms["zh"])] == []


def test_no_template_carries_words_or_code_of_its_own():
    for file in Path(HERE / "templates").glob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"<script|\sstyle=|\son[a-z]+=|javascript:", text), file.name
