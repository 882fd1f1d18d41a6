"""A digest as plain values, for the issue that is kept and for ``--json``: whole, the stories over a cap included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from alerts.digest import Digest
from alerts.facts import Member
from core.types import Subscription

# An article's text stays in its article, what is kept of it here is the extract; nobody's address is shown to others.
_LEFT_OUT: Mapping[type, frozenset[str]] = {
    Member: frozenset({"summary", "text", "hits"}),
    Subscription: frozenset({"to"}),
}


def content_of(digest: Digest) -> dict[str, Any]:
    """Lists, objects, numbers, texts; times in RFC 3339."""
    return {field.name: _plain(getattr(digest, field.name)) for field in fields(digest)}


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        left_out = _LEFT_OUT.get(type(value), frozenset())
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in left_out}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value
