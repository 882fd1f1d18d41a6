"""Lists in pages. A cursor names the last thing of a page, so nothing is skipped or shown twice when others come or go."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query

from web.api.models import Cursor
from web.api.problems import Refused

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
After = Annotated[Cursor | None, Query(description="'next' of an earlier answer.")]


def page(
    things: Sequence[T], key: Callable[[T], str], shown: Callable[[T], Any], *, limit: int, after: str | None
) -> dict[str, Any]:
    """In the order of the keys, of which no two are the same."""
    start = _read(after) if after is not None else ""
    rest = sorted((thing for thing in things if after is None or key(thing) > start), key=key)
    following = _write(key(rest[limit - 1])) if len(rest) > limit else None
    return {"items": [shown(thing) for thing in rest[:limit]], "total": len(things), "next": following}


def _write(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _read(cursor: str) -> str:
    try:
        return base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise Refused(400, "bad_cursor") from error
