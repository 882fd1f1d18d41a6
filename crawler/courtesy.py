"""Good manners towards a host: its robots.txt is read first, and its pace is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from math import inf
from time import monotonic
from weakref import WeakValueDictionary

from core.clock import Clock
from core.errors import FetchError
from crawler.address import Target
from crawler.answers import HOLDING
from crawler.hostbook import HostBook, Robots
from crawler.robots import KEPT, RobotRules, product_token, read_rules

FetchRobots = Callable[[Target], Awaitable[Robots]]
"""Asks for the robots.txt of the target's host; raises ``FetchError`` when none can be had now."""

# Search services that give no Crawl-delay but refuse, or lock out, who asks more often; documented in docs/sources.md.
# GDELT states one request in 5 s, and at exactly that pace still answers 429.
_PACES = {
    "api.gdeltproject.org": timedelta(seconds=6.5),
    "news.google.com": timedelta(seconds=60),
    "www.bing.com": timedelta(seconds=10),
    "news.search.yahoo.com": timedelta(seconds=10),
    "search.mediacloud.org": timedelta(seconds=30),
}
_HOSTS_KEPT = 2000
_STALE_USED = timedelta(days=7)
"""A host whose robots.txt cannot be read now is judged by the last one for so long."""
_ASKED_AGAIN = timedelta(hours=1)
# A robots.txt that cannot be read for one of these reasons says nothing about the host: there are no rules (RFC 9309,
# 2.3.1.3, 'unavailable'). All others mean that the host is not there or not well, and the page is not asked for either.
_NO_RULES = frozenset(
    {"bad-encoding", "truncated", "bad-redirect", "redirect-loop", "refused-scheme", "bad-address"}
)


class Courtesy:
    def __init__(
        self,
        *,
        user_agent: str,
        host_delay: timedelta,
        book: HostBook,
        clock: Clock,
        fetch_robots: FetchRobots,
    ) -> None:
        self._agent, self._delay = product_token(user_agent), host_delay
        self._book, self._clock, self._fetch_robots = book, clock, fetch_robots
        self._rules: dict[str, RobotRules] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._left: dict[str, float] = {}
        """When the last request to each host really left."""

    async def ask(self, target: Target) -> None:
        """Returns when this request may leave. Raises ``FetchError`` when it may not."""
        rules = await self._rules_of(target)
        if not rules.allows(target.url):
            raise FetchError(
                f"robots.txt of {target.key} forbids this address",
                error_class="robots",
                outcome="rejected",
            )
        await self.pace(target, max(rules.delay, _PACES.get(target.host, timedelta(0))))

    async def pace(self, target: Target, delay: timedelta = timedelta(0)) -> None:
        """Waits for the host's turn."""
        wait = max(delay, self._delay)
        now = self._clock()
        at = await self._book.reserve(target.key, wait, now)
        if at > now:
            await asyncio.sleep((at - now).total_seconds())
        await self._keep_apart(target.key, wait.total_seconds())

    async def _keep_apart(self, host: str, seconds: float) -> None:
        """A busy machine wakes a request late; the next one, which is on time, must not come right behind it."""
        while True:
            rest = self._left.get(host, -inf) + seconds - monotonic()
            if rest <= 0:
                break
            await asyncio.sleep(rest)
        self._left[host] = monotonic()
        while len(self._left) > _HOSTS_KEPT:
            del self._left[next(iter(self._left))]

    async def hold(self, target: Target, error: FetchError) -> None:
        """Keeps a Retry-After for the whole host."""
        if error.retry_after is not None and error.status in HOLDING:
            await self._book.hold(target.key, self._clock() + error.retry_after, f"HTTP {error.status}")

    async def _rules_of(self, target: Target) -> RobotRules:
        known = self._rules.get(target.key)
        if known is not None and known.until > self._clock():
            return known
        lock = self._locks.setdefault(target.key, asyncio.Lock())
        async with lock:
            known = self._rules.get(target.key)
            if known is not None and known.until > self._clock():
                return known
            rules = await self._learn_rules(target)
            while len(self._rules) >= _HOSTS_KEPT:
                del self._rules[next(iter(self._rules))]
            self._rules[target.key] = rules
            return rules

    async def _learn_rules(self, target: Target) -> RobotRules:
        kept = await self._book.robots(target.key)
        now = self._clock()
        if kept is not None and kept.fetched_at + KEPT > now:
            return read_rules(kept, self._agent, kept.fetched_at + KEPT)
        try:
            robots = await self._fetch_robots(target)
        except FetchError as error:
            await self.hold(target, error)
            if error.error_class in _NO_RULES:
                robots = Robots(now, 0)
            elif kept is not None and kept.fetched_at + _STALE_USED > now:
                return read_rules(kept, self._agent, now + _ASKED_AGAIN)
            else:
                raise _unreadable(target, error) from error
        await self._book.save_robots(target.key, robots)
        return read_rules(robots, self._agent, robots.fetched_at + KEPT)


def _unreadable(target: Target, error: FetchError) -> FetchError:
    """A host that answers but cannot give its rules has a fault of its own name; any other fault keeps the name it has."""
    if error.status is None:
        return error
    return FetchError(
        f"robots.txt of {target.key} cannot be read now, so nothing is fetched: {error}",
        error_class="robots-unreadable",
        outcome="transient",
        retry_after=error.retry_after,
    )
