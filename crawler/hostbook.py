"""What is remembered of a host: when the next request may leave, until when it wants none, its robots.txt.

The book belongs to all processes on the same data; the one in memory serves commands that need no database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from core.errors import FetchError

WAITED_OUT = timedelta(seconds=60)
"""A host that wants to be left alone for longer is not waited for: its requests fail as ``held`` and are due later."""


@dataclass(frozen=True, slots=True)
class Robots:
    """``status`` of the answer to /robots.txt; ``text`` is '' when there are no rules."""

    fetched_at: datetime
    status: int
    text: str = ""


class HostBook(Protocol):
    """``host`` is the name, with ``:port`` when that is not the usual one."""

    async def reserve(self, host: str, delay: timedelta, now: datetime) -> datetime:
        """When this request may leave; the next one may ``delay`` later. Without a delay nothing is written.

        Raises ``FetchError`` ('held', see ``held``) when the host is to be left alone for longer than ``WAITED_OUT``.
        """

    async def hold(self, host: str, until: datetime, why: str) -> None:
        """Nobody asks this host before ``until``; an earlier end than the present one changes nothing."""

    async def robots(self, host: str) -> Robots | None: ...

    async def save_robots(self, host: str, robots: Robots) -> None: ...


def held(host: str, until: datetime, why: str, now: datetime) -> FetchError:
    return FetchError(
        f"{host} asked to be left alone until {until:%Y-%m-%d %H:%M} UTC ({why})",
        error_class="held",
        outcome="transient",
        retry_after=until - now,
    )


@dataclass(slots=True)
class MemoryHostBook:
    _next: dict[str, datetime] = field(default_factory=dict)
    _held: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    _robots: dict[str, Robots] = field(default_factory=dict)

    async def reserve(self, host: str, delay: timedelta, now: datetime) -> datetime:
        until, why = self._held.get(host, (now, ""))
        if until > now + WAITED_OUT:
            raise held(host, until, why, now)
        at = max(now, until, self._next.get(host, now))
        if delay:
            self._next[host] = at + delay
        return at

    async def hold(self, host: str, until: datetime, why: str) -> None:
        known = self._held.get(host)
        if known is None or known[0] < until:
            self._held[host] = (until, why)

    async def robots(self, host: str) -> Robots | None:
        return self._robots.get(host)

    async def save_robots(self, host: str, robots: Robots) -> None:
        self._robots[host] = robots
