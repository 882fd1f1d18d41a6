"""A query made ready to be judged: a tree that asks an examination for occurrences (section 5 of the query language)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from matching.ast import Alias, And, AtLeast, Filter, Link, Near, Node, Not, Or, Scoped, Term, terms_of
from matching.conditions import Condition, condition
from matching.near import TokenRun, on_paths
from matching.prepared import Extent, PreparedText

Fields = tuple[int, ...]
"""Numbers of the fields in scope: 0 title, 1 summary, 2 body."""
ALL_FIELDS: Fields = (0, 1, 2)
_FIELDS_OF: dict[str, Fields] = {"title": (0,), "summary": (1,), "body": (2,), "text": ALL_FIELDS}

Hit = tuple[int, int, int]
"""Field and extent in its folded text."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A term by number, and the number of the literal without which it cannot occur."""

    term: int
    literal: int


class Examination(Protocol):
    """One article under judgement."""

    @property
    def present(self) -> Collection[int]:
        """The literals that stand somewhere in it."""
        ...

    def occurrences(self, term: int, field: int) -> Sequence[Extent]: ...

    def passes(self, condition: Condition) -> bool: ...

    def text(self, field: int) -> PreparedText: ...


class Plan(Protocol):
    def holds(self, case: Examination, fields: Fields) -> bool: ...

    def hits(self, case: Examination, fields: Fields) -> Iterable[Hit]:
        """Only to be asked when it holds."""
        ...


@dataclass(frozen=True, slots=True)
class _Term:
    sought: Sought

    def holds(self, case: Examination, fields: Fields) -> bool:
        if self.sought.literal not in case.present:
            return False
        return any(case.occurrences(self.sought.term, field) for field in fields)

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        for field in fields:
            for start, end in case.occurrences(self.sought.term, field):
                yield field, start, end


@dataclass(frozen=True, slots=True)
class _All:
    parts: tuple[Plan, ...]

    def holds(self, case: Examination, fields: Fields) -> bool:
        return all(part.holds(case, fields) for part in self.parts)

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        for part in self.parts:
            yield from part.hits(case, fields)


@dataclass(frozen=True, slots=True)
class _Any:
    parts: tuple[Plan, ...]

    def holds(self, case: Examination, fields: Fields) -> bool:
        return any(part.holds(case, fields) for part in self.parts)

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        for part in self.parts:
            if part.holds(case, fields):
                yield from part.hits(case, fields)


@dataclass(frozen=True, slots=True)
class _Not:
    part: Plan

    def holds(self, case: Examination, fields: Fields) -> bool:
        return not self.part.holds(case, fields)

    def hits(self, case: Examination, fields: Fields) -> tuple[Hit, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class _Within:
    fields: Fields
    part: Plan

    def holds(self, case: Examination, fields: Fields) -> bool:
        return self.part.holds(case, self.fields)

    def hits(self, case: Examination, fields: Fields) -> Iterable[Hit]:
        return self.part.hits(case, self.fields)


@dataclass(frozen=True, slots=True)
class _Passes:
    condition: Condition

    def holds(self, case: Examination, fields: Fields) -> bool:
        return case.passes(self.condition)

    def hits(self, case: Examination, fields: Fields) -> tuple[Hit, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class _AtLeast:
    count: int
    terms: tuple[Sought, ...]

    def holds(self, case: Examination, fields: Fields) -> bool:
        present = _present(case, self.terms)
        return bool(present) and sum(_disjoint(case, present, field) for field in fields) >= self.count

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        present = _present(case, self.terms)
        for field in fields:
            for start, end in _extents(case, present, field):
                yield field, start, end


@dataclass(frozen=True, slots=True)
class _Near:
    operands: tuple[tuple[Sought, ...], ...]
    """Of each the terms."""
    links: tuple[Link, ...]

    def holds(self, case: Examination, fields: Fields) -> bool:
        operands = [_present(case, terms) for terms in self.operands]
        return all(operands) and any(self._in_field(case, operands, field) for field in fields)

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        operands = [_present(case, terms) for terms in self.operands]
        for field in fields:
            for first, end in self._in_field(case, operands, field):
                tokens = case.text(field).tokens
                yield field, tokens.starts[first], tokens.ends[end - 1]

    def _in_field(
        self, case: Examination, operands: Sequence[Sequence[int]], field: int
    ) -> Collection[TokenRun]:
        extents = [_extents(case, terms, field) for terms in operands]
        if not all(extents):
            return ()
        text = case.text(field)
        layers = [[(text.token_at(start), text.token_at(end)) for start, end in layer] for layer in extents]
        return on_paths(layers, self.links, text.layout)


def _present(case: Examination, terms: Sequence[Sought]) -> list[int]:
    return [sought.term for sought in terms if sought.literal in case.present]


def _extents(case: Examination, terms: Sequence[int], field: int) -> list[Extent]:
    if len(terms) == 1:
        return list(case.occurrences(terms[0], field))
    return sorted({extent for term in terms for extent in case.occurrences(term, field)})


def _disjoint(case: Examination, terms: Sequence[int], field: int) -> int:
    """How many can be taken, leftmost first, longest at the same start, none overlapping a taken one (rule S6)."""
    taken = done = 0
    for start, end in sorted(_extents(case, terms, field), key=lambda extent: (extent[0], -extent[1])):
        if start >= done:
            taken, done = taken + 1, end
    return taken


@dataclass(frozen=True, slots=True)
class Planner:
    """``seek`` gives equal terms, of whichever query, the same number."""

    seek: Callable[[Term], Sought]
    zone: tzinfo

    def plan(self, node: Node) -> Plan:
        match node:
            case Term():
                return _Term(self.seek(node))
            case And(parts):
                return _All(tuple(map(self.plan, parts)))
            case Or(parts):
                return _Any(tuple(map(self.plan, parts)))
            case Not(part):
                return _Not(self.plan(part))
            case Near(parts, links):
                return _Near(tuple(map(self._sought, parts)), links)
            case AtLeast(count, part):
                return _AtLeast(count, self._sought(part))
            case Scoped(scope, part):
                return _Within(_FIELDS_OF[scope], self.plan(part))
            case Filter():
                return _Passes(condition(node, self.zone))
            case Alias(part=part):
                return self.plan(part)

    def _sought(self, terms: Node) -> tuple[Sought, ...]:
        return tuple(dict.fromkeys(map(self.seek, terms_of(terms))))
