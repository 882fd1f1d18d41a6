"""Chains of NEAR: which hits stand on a complete path (rule S4).

A chain is a layered graph. A forward pass keeps what can be reached, a backward pass what also leads on; each hit looks
only at the nearest ones of the neighbouring layer, so nothing is enumerated.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from core.sentences import Layout
from matching.ast import Link
from matching.plan import Examination, Fields, Hit, Present, Sought, extents_of

TokenRun = tuple[int, int]
"""Half-open, in tokens."""


def on_paths(layers: Sequence[Sequence[TokenRun]], links: Sequence[Link], layout: Layout) -> set[TokenRun]:
    """All in one field."""
    reached = [list(layers[0])]
    for link, layer in zip(links, layers[1:], strict=True):
        before = _Layer(reached[-1], layout)
        reached.append([run for run in layer if before.reaches(run, link, from_left=True)])
    kept, found = reached[-1], set(reached[-1])
    for link, layer in zip(reversed(links), reversed(reached[:-1]), strict=True):
        after = _Layer(kept, layout)
        kept = [run for run in layer if after.reaches(run, link, from_left=False)]
        found.update(kept)
    return found


class _Layer:
    """Answers in logarithmic time whether one of its runs is linked to a given one."""

    def __init__(self, runs: Sequence[TokenRun], layout: Layout) -> None:
        self.layout = layout
        by_end = sorted(runs, key=lambda run: run[1])
        self.ends = [end for _, end in by_end]
        self.latest_start = list(accumulate((start for start, _ in by_end), max))
        by_start = sorted(runs)
        self.starts = [start for start, _ in by_start]
        self.earliest_end = list(accumulate((end for _, end in reversed(by_start)), min))[::-1]

    def reaches(self, run: TokenRun, link: Link, *, from_left: bool) -> bool:
        """``from_left``: this layer is the left operand of the link."""
        if link.ordered:
            return self._before(run, link) if from_left else self._after(run, link)
        return self._before(run, link) or self._after(run, link)

    def _before(self, run: TokenRun, link: Link) -> bool:
        """One of this layer ends before the run begins, near enough."""
        at = bisect_right(self.ends, run[0]) - 1
        return at >= 0 and self._close(self.latest_start[at], self.ends[at], run[0], run[1], link)

    def _after(self, run: TokenRun, link: Link) -> bool:
        at = bisect_left(self.starts, run[1])
        return at < len(self.starts) and self._close(
            run[0], run[1], self.starts[at], self.earliest_end[at], link
        )

    def _close(self, first: int, end: int, start: int, last: int, link: Link) -> bool:
        """A run from ``first`` to ``end``, then one from ``start`` to ``last``."""
        if link.reach == "s":
            return self.layout.sentences[first] == self.layout.sentences[last - 1]
        if link.reach == "p":
            return self.layout.paragraphs[first] == self.layout.paragraphs[last - 1]
        return self.layout.halves[start] - self.layout.halves[end] <= 2 * link.reach


@dataclass(frozen=True, slots=True)
class Chain:
    operands: tuple[tuple[Sought, ...], ...]
    """Of each the terms."""
    links: tuple[Link, ...]

    def possible(self, present: Present) -> bool:
        return all(any(sought.literal in present for sought in terms) for terms in self.operands)

    def holds(self, case: Examination, fields: Fields) -> bool:
        return any(self._in_field(case, field) for field in fields)

    def hits(self, case: Examination, fields: Fields) -> Iterator[Hit]:
        for field in fields:
            for first, end in self._in_field(case, field):
                tokens = case.text(field).tokens
                yield field, tokens.starts[first], tokens.ends[end - 1]

    def _in_field(self, case: Examination, field: int) -> Collection[TokenRun]:
        extents = [extents_of(case, terms, field) for terms in self.operands]
        if not all(extents):
            return ()
        text = case.text(field)
        layers = [[(text.token_at(start), text.token_at(end)) for start, end in layer] for layer in extents]
        return on_paths(layers, self.links, text.layout)
