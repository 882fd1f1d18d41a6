"""How a source is, in the few words that a person needs, and whether the fault is our own network's. Decides only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from core.types import Source, SourceState
from core.urls import host_of
from desk.views import Cause, Condition, Outage
from scheduler.outage import HOSTS, NETWORK_CAUSES

OUTAGE_SHARE = 0.9
"""Of the sources that were asked: a few may stand in our own network and answer all the same."""

Pair = tuple[Source, SourceState]


def condition_of(source: Source, state: SourceState) -> Condition:
    if not source.enabled:
        return "paused"
    if state.ended_at is not None or state.outcome in ("permanent", "rejected"):
        return "attention"
    if state.outcome is None:
        return "unchecked"
    if state.outcome in ("transient", "bounded"):
        return "retrying"
    return "partial" if state.outcome == "degraded" else "fine"


def cause_of(state: SourceState, error_class: str | None) -> Cause | None:
    if state.error is None:
        return None
    return Cause(error_class or "", state.status, state.error)


def outage_of(pairs: Sequence[Pair], classes: dict[str, str]) -> Outage | None:
    """None = at least some of what was asked answered, or too little was asked to tell."""
    asked = [(s, state) for s, state in pairs if s.enabled and state.checked_at is not None]
    down = [(s, state) for s, state in asked if not_reached(state, classes.get(s.id))]
    hosts = {host_of(source.url) for source, _ in down}
    if len(hosts) < HOSTS or len(down) < OUTAGE_SHARE * len(asked):
        return None
    common = Counter(classes[source.id] for source, _ in down).most_common(1)[0][0]
    telling = next(state for source, state in down if classes[source.id] == common)
    return Outage(
        since=min(state.failing_since or state.checked_at for _, state in down if state.checked_at),
        last_at=max(state.checked_at for _, state in down if state.checked_at),
        cause=Cause(common, telling.status, telling.error or ""),
        sources=len(down),
        next_probe=min((state.next_due for _, state in down if state.next_due), default=None),
        never_online=all(state.succeeded_at is None for _, state in asked),
    )


def not_reached(state: SourceState, error_class: str | None) -> bool:
    return state.outcome in ("transient", "bounded") and error_class in NETWORK_CAUSES


def since_of(state: SourceState) -> datetime | None:
    return state.ended_at or state.failing_since
