"""What the web needs to change things, and to know who does. Reading goes through ``desk.views.Desk``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.types import Source, Subscription
from desk.digesting import Digesting
from desk.library import Library
from desk.people import People
from desk.sourcing import Sourcing
from desk.watching import Watching


@dataclass(frozen=True, slots=True)
class Office:
    people: People
    library: Library
    watching: Watching
    sourcing: Sourcing
    digesting: Digesting
    read_source: Callable[[Mapping[str, Any]], Source]
    """Keys as in a pack. Raises ``ConfigError`` naming the key."""
    keys_of: Callable[[Source], dict[str, Any]]
    """The way back; what is as it would be without the key is left out."""
    check_digest: Callable[[Subscription], None]
    """Raises ``ConfigError`` naming the key."""
    on_loopback: bool
    """Only this machine can reach the service."""
