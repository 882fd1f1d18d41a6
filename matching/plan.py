"""A query made ready to be judged: a tree that asks an examination for occurrences (section 5 of the query language)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from matching.conditions import Condition
from matching.prepared import Extent, PreparedText

Fields = tuple[int, ...]
"""Numbers of the fields in scope: 0 title, 1 summary, 2 body."""
ALL_FIELDS: Fields = (0, 1, 2)

Hit = tuple[int, int, int]
"""Field and extent in its folded text."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A term by number, and the number of the literal without which it cannot occur."""

    term: int
    literal: int


Present = Collection[int]
"""The literals that stand somewhere in the article."""


class Examination(Protocol):
    """One article under judgement."""

    @property
    def present(self) -> Present: ...

    def occurrences(self, sought: Sought, field: int) -> Sequence[Extent]: ...

    def passes(self, condition: Condition) -> bool: ...

    def text(self, field: int) -> PreparedText: ...


class Plan(Protocol):
    def possible(self, present: Present) -> bool:
        """Never False for what holds; much cheaper."""
        ...

    def holds(self, case: Examination, fields: Fields) -> bool: ...

    def hits(self, case: Examination, fields: Fields) -> Iterable[Hit]:
        """Only to be asked when it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Occurs:
    sought: Sought

    def possible(self, present: Present) -> bool:
        return self.sought.literal in present

    def holds(self, case: Examination, fields: Fields) -> bool:
        if self.sought.literal not in case.present:
            return False
        return any(case.occurrences(self.sought, field) for field in fields)

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        for field in fields:
            for start, end in case.occurrences(self.sought, field):
                yield field, start, end


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Plan, ...]

    def possible(self, present: Present) -> bool:
        return all(part.possible(present) for part in self.parts)

    def holds(self, case: Examination, fields: Fields) -> bool:
        return all(part.holds(case, fields) for part in self.parts)

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        for part in self.parts:
            yield from part.hits(case, fields)


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Plan, ...]

    def possible(self, present: Present) -> bool:
        return any(part.possible(present) for part in self.parts)

    def holds(self, case: Examination, fields: Fields) -> bool:
        return any(part.holds(case, fields) for part in self.parts)

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        for part in self.parts:
            if part.holds(case, fields):
                yield from part.hits(case, fields)


@dataclass(frozen=True, slots=True)
class Fails:
    part: Plan

    def possible(self, present: Present) -> bool:
        return True

    def holds(self, case: Examination, fields: Fields) -> bool:
        return not self.part.holds(case, fields)

    def hits(self, case: Examination, fields: Fields) -> tuple[Hit, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Within:
    fields: Fields
    part: Plan

    def possible(self, present: Present) -> bool:
        return self.part.possible(present)

    def holds(self, case: Examination, fields: Fields) -> bool:
        return self.part.holds(case, self.fields)

    def hits(self, case: Examination, fields: Fields) -> Iterable[Hit]:
        return self.part.hits(case, self.fields)


@dataclass(frozen=True, slots=True)
class Passes:
    condition: Condition

    def possible(self, present: Present) -> bool:
        return True

    def holds(self, case: Examination, fields: Fields) -> bool:
        return case.passes(self.condition)

    def hits(self, case: Examination, fields: Fields) -> tuple[Hit, ...]:
        return ()


def extents_of(case: Examination, terms: Sequence[Sought], field: int) -> list[Extent]:
    if len(terms) == 1:
        return list(case.occurrences(terms[0], field))
    return sorted({extent for term in terms for extent in case.occurrences(term, field)})
