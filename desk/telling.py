"""What there is to tell: stories with their articles and hits, coverage and history, read for one digest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from alerts.facts import (
    CheckedSource,
    Coverage,
    Facts,
    FailedSource,
    Member,
    MemberHit,
    Rhythm,
    StoryInput,
    WatchInput,
    Window,
)
from core.schedule import parse_digest_schedule
from core.types import SUCCESSES, Names, Source, SourceState, Subscription
from storage import articles as article_store
from storage import digests as digest_store
from storage import hits as hit_store
from storage import sources as source_store
from storage import stories as story_store
from storage import watches as watch_store

REACH_BACK = timedelta(days=3)
"""Before the window: a hit is dated by its first match, which may be days before its page could be read."""
HISTORY = timedelta(days=30)


def person_of(subscription: Subscription, address: str) -> str:
    return address.casefold() or f"folder:{subscription.id}"


def facts_for(
    conn: Connection,
    state: digest_store.DigestState,
    person: str,
    end: datetime,
    *,
    stories: Sequence[StoryInput] | None = None,
) -> Facts:
    """``stories`` may be given when several persons are told by one issue."""
    subscription, window = state.subscription, Window(state.window_from, end)
    watches = watch_inputs(conn, subscription)
    found = stories_for(conn, state, watches) if stories is None else stories
    ids = {member.article_id for story in found for member in story.members}
    return Facts(
        window=window,
        watches=watches,
        stories=tuple(found),
        coverage=coverage(conn, window),
        told=digest_store.told_articles(conn, person, ids),
        history=history(conn, subscription, end),
        rhythm=rhythm(subscription),
    )


def watch_inputs(conn: Connection, subscription: Subscription) -> tuple[WatchInput, ...]:
    chosen = subscription.watches
    return tuple(
        WatchInput(watch.id, watch.name, watch.priority, position)
        for position, watch in enumerate(watch_store.all_watches(conn))
        if chosen is None or watch.id in chosen
    )


def stories_for(
    conn: Connection, state: digest_store.DigestState, watches: Sequence[WatchInput]
) -> tuple[StoryInput, ...]:
    since = max(state.created_at, state.window_from) - REACH_BACK
    recent = hit_store.live_since(conn, since, [watch.id for watch in watches])
    stored = article_store.load_articles(conn, recent)
    return load_stories(
        conn, {article.story_id for article in stored.values() if article.story_id is not None}
    )


def load_stories(conn: Connection, story_ids: Collection[int]) -> tuple[StoryInput, ...]:
    members = story_store.members(conn, story_ids)
    firsts = story_store.first_articles(conn, story_ids)
    everything = [article_id for ids in members.values() for article_id in ids]
    stored = article_store.load_articles(conn, everything)
    hits = hit_store.hits_of(conn, everything)
    sources = {source.id: source for source in source_store.all_sources(conn, removed=True)}
    return tuple(
        StoryInput(
            story_id,
            tuple(_member(stored[i], sources[stored[i].source_id], hits.get(i, [])) for i in ids),
            firsts.get(story_id) if len(ids) > 1 else None,
        )
        for story_id, ids in sorted(members.items())
    )


def outlet(source: Source, article: article_store.Stored) -> Names:
    """Who published it: a search feed lists what others print, so there the site's own name stands."""
    if source.type == "search" and article.site_name:
        return Names(article.site_name, article.site_name)
    return source.name


def _member(article: article_store.Stored, source: Source, hits: Iterable[hit_store.Hit]) -> Member:
    live = [hit for hit in hits if hit.state == "live" and not hit.silent]
    return Member(
        article_id=article.id,
        version=article.version,
        url=article.url,
        title=article.title,
        outlet=outlet(source, article),
        first_seen=article.first_seen,
        tier=source.tier,
        novelty=article.novelty,
        lang=article.lang,
        site=article.site_name,
        type=source.type,
        published=article.published.value if article.published else None,
        precision=article.published.precision if article.published else None,
        zone=source.timezone,
        hits=tuple(MemberHit(hit.watch_id, hit.clause, hit.spans) for hit in live),
        summary=article.summary,
        text=article.text,
        origin=article.origin,
    )


def coverage(conn: Connection, window: Window) -> Coverage:
    """n of N: N are the enabled sources, n those whose last check in the window succeeded."""
    pairs = source_store.sources_with_states(conn, enabled_only=True)
    checks = source_store.checked_in(conn, window.start, window.end)
    good = [(s, state) for s, state in pairs if s.id in checks and checks[s.id].outcome in SUCCESSES]
    bad = [(s, state) for s, state in pairs if s.id in checks and checks[s.id].outcome not in SUCCESSES]
    return Coverage(
        enabled=len(pairs),
        succeeded=len(good),
        failed=tuple(_failed(source, state, checks[source.id]) for source, state in bad),
        checked=tuple(CheckedSource(s.name, checks[s.id].at, state.newest_at, s.tier) for s, state in good),
        entries=sum(check.new for check in checks.values()),
    )


def _failed(source: Source, state: SourceState, check: source_store.FetchLine) -> FailedSource:
    return FailedSource(
        names=source.name,
        error_class=check.error_class or check.outcome,
        status=check.status,
        error=check.error or "",
        since=state.failing_since,
        tries=state.failures,
        next_try=state.next_due,
        newest=state.newest_at,
        tier=source.tier,
    )


def history(conn: Connection, subscription: Subscription, end: datetime) -> Mapping[date, int]:
    """New stories that earlier issues told, by local day of the issue; the day of ``end`` may be among them."""
    zone, counts = ZoneInfo(subscription.timezone), dict[date, int]()
    for issue in digest_store.list_issues(conn, subscription.id, limit=400):
        if issue.window_end > end - HISTORY:
            day = issue.window_end.astimezone(zone).date()
            counts[day] = counts.get(day, 0) + issue.stories
    return counts


def rhythm(subscription: Subscription) -> Rhythm:
    return parse_digest_schedule(subscription.schedule).rhythm


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the next issue would say if it went out now."""

    stories: int
    recipients: int
    due: datetime | None
