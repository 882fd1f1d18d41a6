"""From the tree of a query to its plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from matching.ast import Alias, And, AtLeast, Filter, Near, Node, Not, Or, Scoped, Term, terms_of
from matching.conditions import condition
from matching.counting import Count
from matching.near import Chain
from matching.plan import ALL_FIELDS, All, Any, Fails, Fields, Occurs, Passes, Plan, Sought, Within

_FIELDS_OF: dict[str, Fields] = {"title": (0,), "summary": (1,), "body": (2,), "text": ALL_FIELDS}


@dataclass(frozen=True, slots=True)
class Planner:
    """``seek`` gives equal terms, of whichever query, the same number."""

    seek: Callable[[Term], Sought]
    zone: tzinfo

    def plan(self, node: Node) -> Plan:
        match node:
            case Term():
                return Occurs(self.seek(node))
            case And(parts):
                return All(tuple(map(self.plan, parts)))
            case Or(parts):
                return Any(tuple(map(self.plan, parts)))
            case Not(part):
                return Fails(self.plan(part))
            case Near(parts, links):
                return Chain(tuple(map(self._sought, parts)), links)
            case AtLeast(count, part):
                return Count(count, self._sought(part))
            case Scoped(scope, part):
                return Within(_FIELDS_OF[scope], self.plan(part))
            case Filter():
                return Passes(condition(node, self.zone))
            case Alias(part=part):
                return self.plan(part)

    def _sought(self, terms: Node) -> tuple[Sought, ...]:
        return tuple(dict.fromkeys(map(self.seek, terms_of(terms))))
