"""The judge: which queries an article matches, and where. The same for live articles, archive, preview and highlights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from core.types import Document, Span
from matching.ast import FIELDS, Or, Query, Term
from matching.automaton import Automaton
from matching.canonical import canonical
from matching.conditions import Condition
from matching.keys import keys_of
from matching.needles import Needle, needle
from matching.plan import ALL_FIELDS, Hit, Plan, Sought
from matching.planner import Planner
from matching.prepared import Extent, PreparedText


@dataclass(frozen=True, slots=True)
class Match:
    """``clause`` is the part of the query that matched, in canonical form; ``spans`` are sorted by field and place."""

    spans: tuple[Span, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class _Watch:
    id: str
    plan: Plan
    clauses: tuple[tuple[Plan, str], ...]
    """The operands of an OR at the top, else the whole."""


class Matcher:
    """Made by ``compile_queries``; may be asked from several threads."""

    def __init__(self, queries: Mapping[str, Query], zone: tzinfo) -> None:
        self.needles: list[Needle] = []
        self.literals: dict[str, int] = {}
        self._sought: dict[Term, Sought] = {}
        self._planner = Planner(self._seek, zone)
        self._watches = [self._compile(name, query) for name, query in queries.items()]
        self.automaton = Automaton(list(self.literals))
        self._always: list[int] = []
        self._announced: dict[int, list[int]] = {}
        for at, query in enumerate(queries.values()):
            self._announce(at, query)

    def match(self, document: Document, now: datetime) -> dict[str, Match]:
        """By name, in the order in which they were given; what does not match is left out."""
        case = _Case(self, document, now)
        watches = self._to_judge(case.present)
        return {watch.id: _told(watch, case) for watch in watches if watch.plan.holds(case, ALL_FIELDS)}

    def _to_judge(self, present: frozenset[int]) -> Iterator[_Watch]:
        numbers = set(self._always)
        for literal in present:
            numbers.update(self._announced.get(literal, ()))
        return (watch for at in sorted(numbers) if (watch := self._watches[at]).plan.possible(present))

    def _compile(self, name: str, query: Query) -> _Watch:
        whole = self._planner.plan(query.node)
        if not isinstance(query.node, Or):
            return _Watch(name, whole, ((whole, query.canonical),))
        clauses = tuple((self._planner.plan(part), canonical(part)) for part in query.node.parts)
        return _Watch(name, whole, clauses)

    def _announce(self, at: int, query: Query) -> None:
        keys = keys_of(query.node)
        if keys is None:
            self._always.append(at)
        else:
            for key in keys:
                self._announced.setdefault(self.literals[key], []).append(at)

    def _seek(self, term: Term) -> Sought:
        if term not in self._sought:
            wanted = needle(term)
            literal = self.literals.setdefault(wanted.literal, len(self.literals))
            self._sought[term] = Sought(len(self.needles), literal)
            self.needles.append(wanted)
        return self._sought[term]


def compile_queries(queries: Mapping[str, Query], *, zone: tzinfo) -> Matcher:
    """``zone`` is that of local days in ``date:``, ``since:`` and ``until:``."""
    return Matcher(queries, zone)


class _Case:
    """One article before the judge. A term is looked for when it is asked for, and once."""

    def __init__(self, matcher: Matcher, document: Document, now: datetime) -> None:
        self.matcher, self.document, self.now = matcher, document, now
        self.texts = [PreparedText(text) for text in (document.title, document.summary, document.body)]
        self.places = [matcher.automaton.find(text.closed.text) for text in self.texts]
        self.present = frozenset().union(*self.places)
        self._found: dict[tuple[int, int], Sequence[Extent]] = {}

    def occurrences(self, sought: Sought, field: int) -> Sequence[Extent]:
        places = self.places[field].get(sought.literal)
        if places is None:
            return ()
        key = (sought.term, field)
        if key not in self._found:
            self._found[key] = self.matcher.needles[sought.term].occurrences(self.texts[field], places)
        return self._found[key]

    def passes(self, condition: Condition) -> bool:
        return condition(self.document, self.now)

    def text(self, field: int) -> PreparedText:
        return self.texts[field]


def _told(watch: _Watch, case: _Case) -> Match:
    clause = next(text for plan, text in watch.clauses if plan.holds(case, ALL_FIELDS))
    return Match(_spans(watch.plan.hits(case, ALL_FIELDS), case), clause)


def _spans(hits: Iterable[Hit], case: _Case) -> tuple[Span, ...]:
    """Merged where they share a character; those that only touch stay apart (rule S8)."""
    spans: list[Span] = []
    for field, start, end in sorted({(field, *case.texts[field].original((s, e))) for field, s, e in hits}):
        last = spans[-1] if spans else None
        if last and last.field == FIELDS[field] and start < last.end:
            spans[-1] = Span(last.field, last.start, max(last.end, end))
        else:
            spans.append(Span(FIELDS[field], start, end))
    return tuple(spans)
