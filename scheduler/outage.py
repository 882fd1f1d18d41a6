"""Telling the failure of our own network from that of the sources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

NETWORK_CAUSES: Final = frozenset({"dns", "connect", "timeout"})
"""Causes (``Found.error_class``) that our own network may be to blame for."""
HOSTS: Final = 3
REMEMBERED: Final = timedelta(minutes=5)


def own_outage(results: Iterable[tuple[str, str | None]]) -> bool:
    """``results``: host and cause (None = it answered) of the latest fetches.

    True when most hosts, and three at least, could not be reached at all.
    """
    reached: dict[str, bool] = {}
    for host, cause in results:
        reached[host] = reached.get(host, False) or cause not in NETWORK_CAUSES
    lost = sum(not answered for answered in reached.values())
    return lost >= HOSTS and lost * 2 > len(reached)


@dataclass(slots=True)
class LatestResults:
    """The last result of each host within five minutes, so that an answer ends an outage at once."""

    _results: dict[str, tuple[datetime, str | None]] = field(default_factory=dict)

    def note(self, host: str, cause: str | None, now: datetime) -> bool:
        """True when this failure is one of our own network."""
        self._results[host] = (now, cause)
        self._results = {h: known for h, known in self._results.items() if now - known[0] <= REMEMBERED}
        return cause in NETWORK_CAUSES and own_outage((h, known[1]) for h, known in self._results.items())
