"""How often one may ask, kept in memory: a restart forgets it, which is no way in for anybody who cannot restart us."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.clock import Clock

MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Rule:
    """``burst`` at once, and in the long run as many in each ``per``."""

    name: str
    burst: int
    per: timedelta

    @property
    def step(self) -> timedelta:
        return self.per / self.burst


SIGN_IN = Rule("sign-in", 10, timedelta(minutes=10))
"""With one name."""
SIGN_IN_FROM = Rule("sign-in from", 30, timedelta(minutes=10))
"""From one address, behind which there may be an office."""
WRITES = Rule("writes", 60, timedelta(minutes=1))
READS = Rule("reads", 600, timedelta(minutes=1))


@dataclass(slots=True)
class Limits:
    clock: Clock
    _free_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """When all of the burst would be there again."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, rule: Rule, key: str) -> int:
        """0 = go on; else the seconds after which to ask again."""
        now, place = self.clock(), (rule.name, key)
        with self._lock:
            free_at = max(self._free_at.get(place, now), now) + rule.step
            if free_at - now > rule.per:
                return max(1, math.ceil((free_at - now - rule.per).total_seconds()))
            if len(self._free_at) >= MOST_KEYS:
                self._forget(now)
            self._free_at[place] = free_at
        return 0

    def _forget(self, now: datetime) -> None:
        """What is free again needs no memory; if all is in use, the oldest half goes."""
        kept = {place: at for place, at in self._free_at.items() if at > now}
        while len(kept) >= MOST_KEYS:
            kept = dict(list(kept.items())[MOST_KEYS // 2 :])
        self._free_at = kept
