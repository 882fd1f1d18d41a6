"""Which literals announce a match: without one of them in the text, the query need not be judged."""

from __future__ import annotations

from collections.abc import Iterable

from matching.ast import Alias, And, AtLeast, Near, Node, Or, Scoped, Term, parts_of
from matching.needles import needle

Keys = frozenset[str]


def keys_of(node: Node) -> Keys | None:
    """None = it may match without any of its words."""
    match node:
        case Term():
            return frozenset((needle(node).literal,))
        case Or(parts):
            alternatives = [keys_of(part) for part in parts]
            known = [keys for keys in alternatives if keys is not None]
            return frozenset().union(*known) if len(known) == len(alternatives) else None
        case And() | Near():
            return _most_telling(keys_of(part) for part in parts_of(node))
        case AtLeast() | Scoped() | Alias():
            (part,) = parts_of(node)
            return keys_of(part)
        case _:
            return None


def _most_telling(operands: Iterable[Keys | None]) -> Keys | None:
    """All must occur, so one is enough to wait for: that whose shortest literal is the longest."""
    known = [keys for keys in operands if keys is not None]
    return max(known, key=lambda keys: min(len(key.encode("utf-8", "replace")) for key in keys), default=None)
