"""ATLEAST: how often the terms of a list occur (rule S6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matching.plan import Examination, Fields, Hit, Present, Sought, extents_of


@dataclass(frozen=True, slots=True)
class Count:
    count: int
    terms: tuple[Sought, ...]

    def possible(self, present: Present) -> bool:
        return any(sought.literal in present for sought in self.terms)

    def holds(self, case: Examination, fields: Fields) -> bool:
        return sum(_disjoint(case, self.terms, field) for field in fields) >= self.count

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        for field in fields:
            for start, end in extents_of(case, self.terms, field):
                yield field, start, end


def _disjoint(case: Examination, terms: Sequence[Sought], field: int) -> int:
    """How many can be taken, leftmost first, longest at the same start, none overlapping a taken one (rule S6)."""
    taken = done = 0
    for start, end in sorted(extents_of(case, terms, field), key=lambda extent: (extent[0], -extent[1])):
        if start >= done:
            taken, done = taken + 1, end
    return taken
