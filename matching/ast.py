"""A read query as a tree. Equal trees match alike: positions and spelling are left out of comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from core.types import Field

FIELDS: tuple[Field, ...] = ("title", "summary", "body")
Scope = Literal["title", "summary", "body", "text"]
FilterName = Literal["source", "site", "lang", "author", "url", "type", "tier", "date", "since", "until"]


@dataclass(frozen=True, slots=True)
class Term:
    """A run of tokens. ``*`` and ``?`` in a token are wildcards; no folded token holds them otherwise.

    ``gaps`` stand between neighbouring tokens: what a text may have there beside soft characters. With ``exact`` forms
    they are the whole gaps without white space.
    """

    tokens: tuple[str, ...]
    gaps: tuple[str, ...]
    exact: tuple[str, ...] | None = None
    text: str = field(default="", compare=False)
    bare: bool = field(default=True, compare=False)
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class Link:
    """Between two neighbours of a chain. ``reach`` is a number of words, or the same sentence or paragraph."""

    reach: int | Literal["s", "p"]
    ordered: bool


@dataclass(frozen=True, slots=True)
class Near:
    """``links[i]`` joins ``parts[i]`` and ``parts[i + 1]``; each part is a list of terms."""

    parts: tuple[Node, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    count: int
    part: Node


@dataclass(frozen=True, slots=True)
class Scoped:
    scope: Scope
    part: Node


@dataclass(frozen=True, slots=True)
class Alias:
    name: str
    part: Node
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Dates:
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Ago:
    """The local day so many days before today."""

    days: int


@dataclass(frozen=True, slots=True)
class Words:
    """For ``source`` and ``author``."""

    term: Term
    written: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Plain:
    """For ``site``, ``lang``, ``url`` and ``type``: ``value`` is compared, ``written`` shown."""

    value: str
    written: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Tiers:
    first: int
    last: int
    written: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day of one to the last day of the other, both included."""

    start: Dates | Ago
    end: Dates | Ago
    written: str = field(compare=False)


Value = Words | Plain | Tiers | Period


@dataclass(frozen=True, slots=True)
class Filter:
    name: FilterName
    values: tuple[Value, ...]


Node = Term | And | Or | Not | Near | AtLeast | Scoped | Alias | Filter


@dataclass(frozen=True, slots=True)
class Warning:
    """Something that is allowed and probably not meant."""

    code: str
    position: int


@dataclass(frozen=True, slots=True)
class Query:
    text: str
    node: Node
    canonical: str
    warnings: tuple[Warning, ...]


def parts_of(node: Node) -> tuple[Node, ...]:
    match node:
        case And(parts) | Or(parts) | Near(parts):
            return parts
        case Not(part) | Scoped(part=part) | Alias(part=part) | AtLeast(part=part):
            return (part,)
        case _:
            return ()


def is_term_list(node: Node) -> bool:
    """A term, an OR of term lists, or an alias of one."""
    match node:
        case Term():
            return True
        case Or() | Alias():
            return all(map(is_term_list, parts_of(node)))
        case _:
            return False


def terms_of(node: Node) -> Iterator[Term]:
    """Every term, those of aliases included, in the order written; not the words of filters."""
    if isinstance(node, Term):
        yield node
    for part in parts_of(node):
        yield from terms_of(part)
