"""One pass over a text for all literals at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ahocorasick_rs import AhoCorasick


class Automaton:
    """Finds every occurrence of each literal, overlapping ones too, in time linear in the text."""

    def __init__(self, literals: Sequence[str]) -> None:
        self._search = AhoCorasick(list(literals), store_patterns=False) if literals else None

    def find(self, text: str) -> Mapping[int, list[int]]:
        """By number of the literal the places where it begins, ascending."""
        places: defaultdict[int, list[int]] = defaultdict(list)
        if self._search is not None:
            for literal, start, _ in self._search.find_matches_as_indexes(text, overlapping=True):
                places[literal].append(start)
        return places


def find_all(literal: str, text: str) -> list[int]:
    """The same for a single literal that is not worth an automaton."""
    places: list[int] = []
    at = text.find(literal)
    while at >= 0:
        places.append(at)
        at = text.find(literal, at + 1)
    return places
