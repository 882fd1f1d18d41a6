"""What the full-text index is asked: a superset of the articles that a query matches. The matcher judges each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Anything:
    """No token can be required: every article is a candidate."""


@dataclass(frozen=True, slots=True)
class HasToken:
    """The article contains this index token (see ``core.text.index_tokens``); ``prefix``: one that begins with it."""

    token: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Candidates, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Candidates, ...]


Candidates = Anything | HasToken | AllOf | AnyOf
