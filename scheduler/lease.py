"""The lease that makes one of several services the leader; how it is stored is not known here.

Its age is measured by the monotonic clock from before it was asked for, so it never seems longer than it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

log = logging.getLogger("presswatch.lease")

TTL = timedelta(seconds=6)
RENEW_EVERY = timedelta(seconds=2)
"""With a beat every second another machine takes over 7 s after the last renewal at the latest."""


class LeaseKeeper:
    """``acquire`` gives the epoch, or None while somebody else holds the lease; ``renew`` False when it was lost."""

    def __init__(
        self,
        *,
        acquire: Callable[[], Awaitable[int | None]],
        renew: Callable[[int], Awaitable[bool]],
        release: Callable[[int], Awaitable[object]],
        ttl: timedelta = TTL,
        renew_every: timedelta = RENEW_EVERY,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._acquire, self._renew, self._release = acquire, renew, release
        self._ttl_s, self._renew_s = ttl.total_seconds(), renew_every.total_seconds()
        self._monotonic = monotonic
        self._epoch: int | None = None
        self._asked_at = 0.0

    @property
    def held(self) -> bool:
        """Whether work may be claimed. False as soon as the lease may have run out, also in a process that was paused."""
        return self.epoch is not None

    @property
    def epoch(self) -> int | None:
        """What every claim states; None while the lease is not held."""
        valid = self._monotonic() < self._asked_at + self._ttl_s
        return self._epoch if valid else None

    async def beat(self) -> bool:
        """Takes the lease if it is free, renews it when it is time. Call it before the first job and every second."""
        asked_at = self._monotonic()
        if self._epoch is None:
            await self._take(asked_at)
        elif asked_at >= self._asked_at + self._renew_s:
            await self._keep(self._epoch, asked_at)
        return self.held

    async def give_up(self) -> None:
        """At the end, so that the next service need not wait."""
        epoch, self._epoch = self._epoch, None
        if epoch is not None:
            await self._release(epoch)

    async def _take(self, asked_at: float) -> None:
        epoch = await self._acquire()
        if epoch is not None:
            self._epoch, self._asked_at = epoch, asked_at
            log.info("lease taken", extra={"epoch": epoch})

    async def _keep(self, epoch: int, asked_at: float) -> None:
        if await self._renew(epoch):
            self._asked_at = asked_at
        else:
            self._epoch = None
            log.warning("lease lost, nothing is claimed until it is free again", extra={"epoch": epoch})
