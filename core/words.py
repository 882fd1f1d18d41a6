"""Fixed phrases in both languages, side by side, so that whoever edits one sees the other.

A room keeps its own ``words.yaml``: ``key: {zh: …, en: …, en_one: …}``. ``en_one`` is taken when the value ``n`` is 1;
Chinese needs no such form. Values stand in braces; nothing else is interpreted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from core.types import Language


@dataclass(frozen=True, slots=True)
class Words:
    phrases: Mapping[str, Mapping[str, str]]

    def __call__(self, key: str, language: Language, /, **values: object) -> str:
        forms = self.phrases[key]
        form = (
            forms["en_one"]
            if language == "en" and values.get("n") == 1 and "en_one" in forms
            else forms[language]
        )
        return form.format(**values) if values else form


def load_words(path: Path) -> Words:
    """Raises ``ValueError`` when a phrase lacks a language: half a translation must not reach a reader."""
    phrases = yaml.load(
        path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    for key, forms in phrases.items():
        if not {"zh", "en"} <= set(forms):
            raise ValueError(f"{path.name}: {key} needs both zh and en")
    return Words(phrases)
