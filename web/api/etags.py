"""Which version somebody looked at before they change it."""

from __future__ import annotations

import hashlib
import re

from starlette.requests import Request

from web.api.problems import Refused

ANY = "*"
NEVER = -1
"""A version that nothing has."""
_TAG = re.compile(r'"([^"]{0,100})"')


def tag(version: int | str) -> str:
    return f'"{version}"'


def text_version(text: str) -> str:
    """Of what has no number: it is its own version."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def expected_version(request: Request) -> int | None:
    """None = ``*``: whatever is there. Of several the newest counts. Raises 428 when nothing is said."""
    tags = if_match(request)
    if tags is None:
        raise Refused(428)
    if ANY in tags:
        return None
    return max((int(t) for t in tags if t.isascii() and t.isdigit() and len(t) < 10), default=NEVER)


def optional_version(request: Request) -> int | None:
    return None if if_match(request) is None else expected_version(request)


def if_match(request: Request) -> frozenset[str] | None:
    """A weak tag never matches here (RFC 9110, 13.1.1)."""
    header = request.headers.get("if-match")
    if header is None:
        return None
    if header.strip() == ANY:
        return frozenset((ANY,))
    parts = [_TAG.fullmatch(part.strip()) for part in header.split(",")[:20]]
    return frozenset(match[1] for match in parts if match)
