"""Whether two addresses belong to one publisher: www., m. and news. of a domain do."""

from __future__ import annotations

from typing import Final

from core.urls import host_of

# Near enough to the public suffix list for the question asked here, without its hundred kilobytes.
_SECOND_LEVEL: Final = frozenset(
    {"com", "org", "net", "gov", "edu", "co", "ac", "or", "go", "ne", "gob", "gouv"}
)


def domain(url: str) -> str:
    """The registrable part of the host; an address of numbers stands for itself."""
    host = host_of(url)
    labels = host.split(".")
    if host.startswith("[") or labels[-1].isdigit():
        return host
    size = 3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2 else 2
    return ".".join(labels[-size:])


def same_publisher(one: str, other: str) -> bool:
    return domain(one) == domain(other)
