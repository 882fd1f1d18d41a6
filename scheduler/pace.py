"""The wait between two fetches of one source: fixed by its ``every``, or learned from how often it had news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from core.schedule import Cron, parse_every
from core.types import Source, SourceState

FIRST_INTERVAL: Final = timedelta(minutes=30)
LONGEST_INTERVAL: Final = timedelta(hours=12)
"""A source whose pace is learned is asked twice at least between two morning digests."""
GROWTH: Final = 1.5
SILENCE_PARTS: Final = 4
"""The wait grows to this part of the present silence at most, so that what is quiet overnight is not asleep at noon."""
SPREAD: Final = 0.1
"""By this part a learned or backed-off wait is lengthened at random, so that sources do not move in step."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How one source is paced at this moment. ``floor``: no source is asked more often."""

    source: Source
    now: datetime
    jitter: float
    floor: timedelta
    zone: tzinfo

    @property
    def every(self) -> timedelta | Cron | None:
        """None = the pace is learned."""
        return parse_every(self.source.every) if self.source.every else None

    def unit(self, state: SourceState) -> timedelta:
        """The usual wait between two fetches."""
        every = self.every
        if isinstance(every, Cron):
            following = every.next_after(self.now, self.zone)
            every = every.next_after(following, self.zone) - following
        return max(every or state.interval or FIRST_INTERVAL, self.floor)

    def after(self, wait: timedelta) -> datetime:
        return self.now + max(wait, self.floor)

    def on_time_after(self, wait: timedelta) -> datetime:
        """The same, but of a source with cron times the first of them from then on."""
        at = self.after(wait)
        if isinstance(self.every, Cron):
            return self.every.next_after(at - timedelta(microseconds=1), self.zone)
        return at

    def spread(self, wait: timedelta) -> timedelta:
        return wait * (1 + SPREAD * self.jitter)

    def learned(
        self, state: SourceState, *, newest: datetime | None, new: int, ttl: timedelta | None
    ) -> timedelta:
        """Halved by anything new, grown by nothing new; ``ttl`` is what the feed itself asks for."""
        before = state.interval or FIRST_INTERVAL
        if state.first_done_at is None:
            wished = FIRST_INTERVAL  # the first answer is all new, which says nothing
        elif new:
            wished = before / 2
        else:
            wished = before * GROWTH
            if newest is not None and newest <= self.now:
                wished = min(wished, max((self.now - newest) / SILENCE_PARTS, before))
        return max(min(max(wished, ttl or wished), LONGEST_INTERVAL), self.floor)
