"""The fixed phrases of the mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.types import Language
from core.words import Words, load_words

WORDS = load_words(Path(__file__).with_name("words.yaml"))


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases in one language."""

    language: Language
    words: Words = WORDS

    def __call__(self, key: str, /, **values: object) -> str:
        return self.words(key, self.language, **values)

    @property
    def gap(self) -> str:
        """Between two sentences, or a word and a bracket."""
        return " " if self.language == "en" else ""

    def has(self, key: str) -> bool:
        return key in self.words.phrases

    def listed(self, parts: Sequence[str], last: str = "and") -> str:
        """A、B、C · A, B and C"""
        if len(parts) < 2:
            return "".join(parts)
        return self("list").join(parts[:-1]) + self(last) + parts[-1]

    def figure(self, number: int) -> str:
        return f"{number:,}"
