"""The pages of the sources and of operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection

from core.types import SUCCESSES
from desk import views
from desk.condition import Pair, cause_of, condition_of, outage_of, since_of
from desk.delivering import hold_of
from desk.today import DAY, DAYS, coverage, next_digests
from storage import articles as article_store
from storage import digests as digest_store
from storage import jobs as job_store
from storage import leases as lease_store
from storage import sources as source_store
from storage import watches as watch_store
from storage.check import stats

SERVICE = "service"
"""Name of the lease that the collecting process holds."""
STARTED = "service started"
STALE = timedelta(minutes=5)
"""When nothing could be noted for so long although the service lives, its disk is full or its loop stands still."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What only the running process knows of itself. ``parsers`` None = this process parses nothing."""

    address: str
    loopback_only: bool
    folder: str | None
    resolver: str | None
    parsers: int | None = None
    mail_server: str | None = None
    """``host:port``; None = digests become files in ``folder``."""


def sources(conn: Connection, now: datetime, zone: tzinfo) -> views.Sources:
    pairs, classes = source_store.sources_with_states(conn), source_store.error_classes(conn)
    days = _days(conn, now, zone)
    return views.Sources(
        lines=tuple(_line(pair, classes, days.get(pair[0].id, ())) for pair in pairs),
        coverage=coverage(conn, pairs, classes, now - DAY, now),
        outage=outage_of(pairs, classes),
    )


def _line(pair: Pair, classes: Mapping[str, str], days: Sequence[views.SourceDay]) -> views.SourceLine:
    source, state = pair
    return views.SourceLine(
        id=source.id,
        name=source.name,
        url=source.url,
        kind=state.resolved_kind or source.kind,
        type=source.type,
        tier=source.tier,
        condition=condition_of(source, state),
        cause=cause_of(state, classes.get(source.id)),
        failures=state.failures,
        failing_since=since_of(state),
        checked_at=state.checked_at,
        succeeded_at=state.succeeded_at,
        newest_at=state.newest_at,
        next_due=state.next_due if source.enabled else None,
        days=tuple(days) or (views.SourceDay("unchecked"),) * DAYS,
    )


def _days(conn: Connection, now: datetime, zone: tzinfo) -> dict[str, list[views.SourceDay]]:
    today = now.astimezone(zone).date()
    midnight = datetime.combine(today - timedelta(days=DAYS - 1), datetime.min.time(), zone)
    fetches: dict[str, dict[int, list[source_store.FetchLine]]] = {}
    for line in source_store.fetches_since(conn, midnight):
        place = DAYS - 1 - (today - line.at.astimezone(zone).date()).days
        fetches.setdefault(line.source_id, {}).setdefault(place, []).append(line)
    return {
        source_id: [_day(by_day.get(place, ())) for place in range(DAYS)]
        for source_id, by_day in fetches.items()
    }


def _day(lines: Sequence[source_store.FetchLine]) -> views.SourceDay:
    """A day on which it answered at least once is a good one; otherwise its last failure tells."""
    if not lines:
        return views.SourceDay("unchecked")
    good = [line for line in lines if line.outcome in SUCCESSES]
    if not good:
        return views.SourceDay("failed" if lines[-1].outcome in ("permanent", "rejected") else "retrying")
    read = [line for line in good if line.outcome != "not-modified"]
    if read and not any(line.entries for line in read):
        return views.SourceDay("empty")
    return views.SourceDay("fine", sum(line.new for line in good))


def attention(conn: Connection) -> int:
    pairs = source_store.sources_with_states(conn)
    return sum(1 for source, state in pairs if condition_of(source, state) == "attention")


def status(conn: Connection, now: datetime, around: Surroundings) -> views.Status:
    pairs, classes = source_store.sources_with_states(conn), source_store.error_classes(conn)
    outage, jobs, counted = outage_of(pairs, classes), job_store.job_runs(conn), stats(conn)
    started = job_store.get_fact(conn, STARTED)
    alive = lease_store.is_held(conn, SERVICE)
    ever = any(state.succeeded_at for _, state in pairs)
    return views.Status(
        started_at=datetime.fromisoformat(started) if started and alive else None,
        first_start=not ever,
        database=views.DatabaseStatus(
            "ok", "SQLite", counted["articles"], counted["sources"], counted["watches"], counted["bytes"]
        ),
        web=views.WebStatus("ok", around.address, around.loopback_only),
        scheduler=_scheduler(alive, jobs.values(), pairs, now),
        parsers=views.ParserStatus("ok" if around.parsers is not None else "unchecked", around.parsers),
        matching=_matching(conn),
        network=_network(outage, ever, around.resolver),
        sources=_sources(conn, pairs, outage),
        digests=_digests(conn, jobs, now),
        mail=_mail(conn, around),
        outage=outage,
    )


def _scheduler(
    alive: bool, jobs: Iterable[job_store.JobRun], pairs: Sequence[Pair], now: datetime
) -> views.SchedulerStatus:
    last = max((job.ran_at for job in jobs if job.ran_at), default=None)
    following = min(
        (state.next_due for source, state in pairs if source.enabled and state.next_due), default=None
    )
    works = alive and (last is None or now - last < STALE)
    return views.SchedulerStatus("ok" if works else "attention", last, following)


def _matching(conn: Connection) -> views.MatchingStatus:
    generation = watch_store.current_generation(conn)
    waiting = len(article_store.outdated_articles(conn, generation, 1000))
    return views.MatchingStatus("ok", len(watch_store.all_watches(conn)), 0, waiting)


def _network(outage: views.Outage | None, ever: bool, resolver: str | None) -> views.NetworkStatus:
    if outage is not None:
        return views.NetworkStatus("waiting", resolver, outage.cause, outage.since)
    return views.NetworkStatus("ok" if ever else "unchecked", resolver)


def _sources(conn: Connection, pairs: Sequence[Pair], outage: views.Outage | None) -> views.SourcesStatus:
    counts = Counter(condition_of(source, state) for source, state in pairs)
    waiting = article_store.page_counts(conn).get("wanted", 0)
    health: views.Health = "attention" if counts["attention"] else "ok"
    if outage is not None or not any(state.outcome for _, state in pairs):
        health = "unchecked" if outage is None else "waiting"
    return views.SourcesStatus(health, dict(counts), waiting)


def _digests(conn: Connection, jobs: Mapping[str, job_store.JobRun], now: datetime) -> views.DigestsStatus:
    run = jobs.get("digests")
    following = next(iter(next_digests(conn, now)), None)
    return views.DigestsStatus(
        "attention" if run and run.error else "ok" if following else "unset", following
    )


def _mail(conn: Connection, around: Surroundings) -> views.MailStatus:
    counts, server = digest_store.outbox_counts(conn), around.mail_server
    health: views.Health = "ok" if server else "unset"
    if counts.get("failed") or (server and hold_of(conn)):
        health = "attention"
    return views.MailStatus(health, around.folder, server, counts.get("queued", 0), counts.get("failed", 0))


def readiness(conn: Connection) -> views.Readiness:
    """``sources`` stands beside the jobs: a round may go well in which nothing at all could be reached."""
    parts = {name: run.ok_at for name, run in job_store.job_runs(conn).items()}
    parts["sources"] = source_store.last_success(conn)
    return views.Readiness(True, lease_store.is_held(conn, SERVICE), parts)
