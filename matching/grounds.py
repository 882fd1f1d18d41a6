"""Whether a query looks for something (section 7): 'everything but x' would catch the whole archive."""

from __future__ import annotations

from matching.ast import And, AtLeast, Filter, Near, Node, Not, Or, Term, parts_of


def is_grounded(node: Node, *, filters: bool) -> bool:
    """``filters``: whether a filter alone is ground enough."""
    match node:
        case Term() | Near() | AtLeast():
            return True
        case Filter():
            return filters
        case Not():
            return False
        case And(parts):
            return any(is_grounded(part, filters=filters) for part in parts)
        case Or(parts):
            return all(is_grounded(part, filters=filters) for part in parts)
    return all(is_grounded(part, filters=filters) for part in parts_of(node))
