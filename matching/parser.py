"""From the text of a query to a checked tree (sections 4, 5 and 7 of the query language)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from core.errors import QueryError
from matching.aliases import Aliases, Body, by_name
from matching.ast import Query as Query
from matching.ast import Warning as Warning
from matching.canonical import canonical
from matching.grounds import is_grounded
from matching.lint import lint
from matching.reader import Reader

MOST_TERMS = 500


def parse(
    query: str, *, mode: Literal["watch", "search"] = "search", aliases: Mapping[str, str] | None = None
) -> Query:
    """Raises ``QueryError``; its ``subject`` is the query. In a watch a filter alone is not enough."""
    try:
        reader = Reader(query, Aliases(by_name(aliases or {}), _read_body))
        body = reader.whole()
    except QueryError as error:
        raise QueryError(error.code, error.position, subject=query) from error
    if body.terms > MOST_TERMS:
        raise QueryError("too_many_terms", 0, subject=query)
    if not is_grounded(body.node, filters=mode == "search"):
        raise QueryError("not_grounded", 0, subject=query)
    return Query(query, body.node, canonical(body.node), lint(body.node, reader.mixed))


def _read_body(text: str, aliases: Aliases) -> Body:
    return Reader(text, aliases).whole()
