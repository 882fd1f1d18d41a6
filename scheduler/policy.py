"""When a source, a page or a hit is looked at next, and how new a find is. Decides; asks no clock and no network.

``now`` is given, and ``jitter`` is a random number between 0 and 1 that the caller draws.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from core.schedule import Cron
from core.types import SUCCESSES, Found, Novelty, Precision, Source, SourceState
from scheduler.pace import SPREAD, Pace

DAY: Final = timedelta(days=1)
LONGEST_WAIT: Final = DAY
"""Of a failing source, and of what a Retry-After may ask for."""
SOON: Final = timedelta(minutes=30)
"""One failure says little, and a source that is asked once a day must not miss the morning by it."""
OUTAGE_WAIT: Final = timedelta(minutes=1)

PAGE_WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    DAY,
)
"""After the first, second … failed try; then the page is given up and the entry stands alone."""
PAGE_PATIENCE: Final = timedelta(minutes=30)
"""So long a hit waits for its page (DESIGN section 3)."""

FRESH: Final = timedelta(days=3)
"""What is dated earlier than this before its first sight is late, or belongs to the archive."""
_NAMED_SPAN: Final[dict[Precision, timedelta]] = {
    "minute": timedelta(),
    "day": DAY,
    "month": timedelta(days=31),
}


def first_due(now: datetime) -> datetime:
    """A new source is asked at once, whatever its ``every`` says: its first answer shows whether it can be read."""
    return now


def is_due(source: Source, state: SourceState, now: datetime) -> bool:
    return source.enabled and state.next_due is not None and state.next_due <= now


def next_state(
    source: Source,
    state: SourceState,
    found: Found,
    *,
    now: datetime,
    jitter: float,
    min_interval: timedelta,
    zone: tzinfo,
    newest: datetime | None,
    new: int,
) -> SourceState:
    """What is known of a source after a fetch: ``newest`` date any of its entries claims, ``new`` entries this time.

    The next fetch is later than ``now`` by ``min_interval`` at least; None = never, the source said 410.
    """
    pace = Pace(source, now, jitter, min_interval, zone)
    if found.outcome in SUCCESSES:
        return _after_success(pace, state, found, newest, new)
    return _after_failure(pace, state, found)


def after_outage(
    state: SourceState, found: Found, *, now: datetime, jitter: float, min_interval: timedelta
) -> SourceState:
    """Instead of ``next_state`` while our own network is down: the failure is shown, the source is not blamed."""
    wait = max(OUTAGE_WAIT, min_interval) * (1 + SPREAD * jitter)
    return replace(_answered(state, found), next_due=None if state.ended_at else now + wait)


def _after_success(
    pace: Pace, state: SourceState, found: Found, newest: datetime | None, new: int
) -> SourceState:
    if pace.every is None:
        interval = pace.learned(state, newest=newest, new=new, ttl=found.ttl)
        due = pace.after(pace.spread(interval))
    else:
        interval = pace.unit(state)
        due = pace.on_time_after(timedelta() if isinstance(pace.every, Cron) else interval)
    return replace(
        _remembered(_answered(state, found), found, pace),
        next_due=due,
        succeeded_at=found.fetched_at,
        failures=0,
        weight=0.0,
        failing_since=None,
        interval=interval,
        newest_at=newest or state.newest_at,
        first_done_at=state.first_done_at or found.fetched_at,
        ended_at=None,
        resolved_url=found.resolved_url or state.resolved_url,
        resolved_kind=found.resolved_kind or state.resolved_kind,
    )


def _answered(state: SourceState, found: Found) -> SourceState:
    """The answer itself. One that did not change is still the partly read one that it was."""
    same = found.outcome == "not-modified" and state.outcome == "degraded"
    return replace(
        state,
        checked_at=found.fetched_at,
        outcome="degraded" if same else found.outcome,
        status=found.status,
        error=state.error if same else found.error,
    )


def _remembered(state: SourceState, found: Found, pace: Pace) -> SourceState:
    """Validators of the next request. Once a day it goes without them: some servers say 304 for ever."""
    if found.outcome != "not-modified":
        return replace(
            state,
            etag=found.etag,
            last_modified=found.last_modified,
            body_hash=found.body_hash,
            entries_seen=len(found.entries),
        )
    last = state.succeeded_at
    new_day = last is not None and last.astimezone(pace.zone).date() < pace.now.astimezone(pace.zone).date()
    if found.status == 304 and new_day:
        return replace(state, etag=None, last_modified=None)
    return replace(
        state,
        etag=found.etag or state.etag,
        last_modified=found.last_modified or state.last_modified,
        body_hash=found.body_hash or state.body_hash,
    )


def _after_failure(pace: Pace, state: SourceState, found: Found) -> SourceState:
    told = replace(
        _answered(state, found),
        failures=state.failures + 1,
        weight=state.weight + _weight(found),
        failing_since=state.failing_since or found.fetched_at,
    )
    if found.status == 410 or state.ended_at is not None:
        return replace(told, next_due=None, ended_at=state.ended_at or found.fetched_at)
    return replace(told, next_due=_retry(pace, told, found))


def _retry(pace: Pace, told: SourceState, found: Found) -> datetime:
    """Linear in the source's own wait, a day at most, and never before what the server asked for."""
    unit = pace.unit(told)
    asked = min(found.retry_after or timedelta(), LONGEST_WAIT)
    # 'Not found' is permanent, too, but often enough a site's deployment: it goes the soft way.
    if found.outcome == "permanent" and found.status != 404:
        return pace.on_time_after(max(pace.spread(DAY), asked))
    if told.failures == 1 and found.outcome != "rejected":
        return pace.after(max(min(unit, pace.spread(SOON)), asked))
    wait = max(unit, min(pace.spread(unit * max(1.0, told.weight)), LONGEST_WAIT))
    if isinstance(pace.every, Cron):
        wait -= unit  # its next time comes a unit later by itself
    return pace.on_time_after(max(wait, asked))


def _weight(found: Found) -> float:
    """How much one failure says about the source itself: names and busy servers come back by themselves."""
    if found.error_class == "dns":
        return 0.25
    status = found.status or 0
    return 0.5 if status in (404, 429) or 500 <= status <= 599 else 1.0


def next_page_try(
    attempts: int, now: datetime, jitter: float, retry_after: timedelta | None = None
) -> datetime | None:
    """``attempts`` have failed, this one included. None = given up."""
    if attempts > len(PAGE_WAITS):
        return None
    wait = PAGE_WAITS[max(attempts, 1) - 1] * (1 + SPREAD * jitter)
    return now + max(wait, min(retry_after or timedelta(), LONGEST_WAIT))


def hit_deadline(first_seen: datetime) -> datetime:
    """Until then a hit waits for the page; what the entry said counts after that."""
    return first_seen + PAGE_PATIENCE


def late(published: datetime, first_seen: datetime, precision: Precision = "minute") -> bool:
    """Published more than three days before it was found; a date without a time means its last moment."""
    return first_seen - (published + _NAMED_SPAN[precision]) > FRESH


def novelty(
    first_fetch: bool, published: datetime | None, precision: Precision | None, first_seen: datetime
) -> Novelty:
    """Of a source's first fetch only what is surely of the last three days is told; a month is no such date."""
    if not first_fetch:
        is_late = published is not None and late(published, first_seen, precision or "minute")
        return "late" if is_late else "new"
    if published is None or published > first_seen + DAY:
        return "archive"
    exact: Precision = "day" if precision == "day" else "minute"
    return "archive" if late(published, first_seen, exact) else "new"
