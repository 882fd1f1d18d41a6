"""The one way to write a query (section 8): ``parse(canonical(q))`` matches as ``q`` does."""

from __future__ import annotations

import re
from unicodedata import category

from matching.ast import Alias, And, AtLeast, Filter, Link, Near, Node, Not, Or, Scoped, Term, Value
from matching.lexer import CONNECTIVES, LEFT, OPENING, RIGHT
from matching.terms import WILDCARDS

OPERATOR_LOOKALIKE = re.compile(r"and|or|not|o?near(/?\w+)?|atleast(/?\w+)?|(w|pre|adj)/\w+", re.IGNORECASE)


def canonical(node: Node) -> str:
    match node:
        case Term():
            return _term(node)
        case And(parts):
            return " AND ".join(_inside(part, Or) for part in parts)
        case Or(parts):
            return " OR ".join(_inside(part, And) for part in parts)
        case Not(part):
            return f"NOT {_inside(part, And, Or, Near)}"
        case Near(parts, links):
            first, *others = (_inside(part, Or) for part in parts)
            return first + "".join(f" {_link(link)} {part}" for link, part in zip(links, others, strict=True))
        case AtLeast(count, part):
            return f"ATLEAST/{count} {_inside(part, Or)}"
        case Scoped(scope, part):
            return f"{scope}:{_inside(part, And, Or, Not, Near, AtLeast)}"
        case Alias(name):
            return f"@{name}"
        case Filter(name, values):
            written = [_value(value) for value in values]
            return f"{name}:{written[0]}" if len(written) == 1 else f"{name}:({' OR '.join(written)})"


def _inside(node: Node, *bracketed: type[Node]) -> str:
    return f"({canonical(node)})" if isinstance(node, bracketed) else canonical(node)


def _link(link: Link) -> str:
    return f"{'ONEAR' if link.ordered else 'NEAR'}/{link.reach}"


def _term(term: Term) -> str:
    if term.exact is not None:
        return f"={_quoted(term.text)}"
    plain = all(category(char)[0] in "LMN" or char in WILDCARDS for char in term.text)
    return term.text if plain and not OPERATOR_LOOKALIKE.fullmatch(term.text) else _quoted(term.text)


def _value(value: Value) -> str:
    written = value.written
    needs_quotes = any(char.isspace() or char in LEFT or char in RIGHT or char in OPENING for char in written)
    return _quoted(written) if needs_quotes or written in CONNECTIVES else written


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "'") + '"'
