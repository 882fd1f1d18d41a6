"""The page of today: the stories of the last 24 hours by watch, what was checked, and the next digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection

from core.types import SUCCESSES, Watch
from desk import newsroom, views
from desk.condition import Pair, cause_of, condition_of, outage_of, since_of
from desk.telling import facts_for, person_of
from storage import digests as digest_store
from storage import hits as hit_store
from storage import sources as source_store
from storage import watches as watch_store

DAY = timedelta(hours=24)
DAYS = 14
SHOWN_PER_WATCH = 20


def today(conn: Connection, now: datetime, zone: tzinfo) -> views.Today:
    since = now - DAY
    recent = hit_store.recent_hits(conn, since)
    shelf = newsroom.load_shelf(conn, {hit.article_id for hit in recent})
    fresh = [hit for hit in recent if shelf.articles[hit.article_id].novelty == "new"]
    late = {hit.article_id for hit in recent if shelf.articles[hit.article_id].novelty == "late"}
    watches = watch_store.all_watches(conn)
    days = _days(conn, now, zone)
    lasts = hit_store.counts_by_watch(conn)
    pairs = source_store.sources_with_states(conn)
    classes = source_store.error_classes(conn)
    return views.Today(
        since=since,
        stories=len({_story_of(shelf, hit) for hit in fresh}),
        articles=len({hit.article_id for hit in fresh}),
        watches=tuple(_news_by_watch(shelf, watches, fresh, days, lasts)),
        coverage=coverage(conn, pairs, classes, since, now),
        late=tuple(_late(shelf, article_id) for article_id in sorted(late, reverse=True)),
        digests=next_digests(conn, now),
        outage=outage_of(pairs, classes),
    )


def coverage(
    conn: Connection, pairs: Sequence[Pair], classes: Mapping[str, str], since: datetime, now: datetime
) -> views.Coverage:
    enabled = [(source, state) for source, state in pairs if source.enabled]
    checks = source_store.checked_in(conn, since, now)
    good = [s for s, _ in enabled if s.id in checks and checks[s.id].outcome in SUCCESSES]
    bad = [(s, state) for s, state in enabled if s.id in checks and checks[s.id].outcome not in SUCCESSES]
    failed = tuple(
        views.FailedSource(
            id=source.id,
            name=source.name,
            condition=condition_of(source, state),
            cause=cause_of(state, classes.get(source.id)) or views.Cause(),
            since=since_of(state),
            next_due=state.next_due,
        )
        for source, state in bad
    )
    return views.Coverage(len(good), len(enabled), failed, len(enabled) - len(good) - len(bad))


def next_digests(conn: Connection, now: datetime) -> tuple[views.NextDigest, ...]:
    states = [state for state in digest_store.all_digests(conn) if state.next_due is not None]
    return tuple(sorted((_next_digest(conn, state, now) for state in states), key=lambda digest: digest.at))


def _next_digest(conn: Connection, state: digest_store.DigestState, now: datetime) -> views.NextDigest:
    from alerts.digest import build

    subscription = state.subscription
    person = person_of(subscription, next(iter(subscription.to), ""))
    digest = build(subscription, facts_for(conn, state, person, now))
    return views.NextDigest(
        id=subscription.id,
        name=subscription.name,
        at=state.next_due or now,
        stories=digest.new,
        recipients=len(subscription.to),
    )


def _news_by_watch(
    shelf: newsroom.Shelf,
    watches: Sequence[Watch],
    hits: Sequence[hit_store.Hit],
    days: Mapping[str, Sequence[int]],
    lasts: Mapping[str, tuple[int, datetime]],
) -> Iterator[views.WatchNews]:
    """Each story stands once, under the first of its watches, as in a digest."""
    shown: set[int] = set()
    for watch in watches:
        own = _one_per_story(shelf, [hit for hit in hits if hit.watch_id == watch.id])
        here = [hit for hit in own if _story_of(shelf, hit) not in shown]
        shown.update(_story_of(shelf, hit) for hit in here)
        yield _news(shelf, watch, own, here, days, lasts)


def _news(
    shelf: newsroom.Shelf,
    watch: Watch,
    own: Sequence[hit_store.Hit],
    here: Sequence[hit_store.Hit],
    days: Mapping[str, Sequence[int]],
    lasts: Mapping[str, tuple[int, datetime]],
) -> views.WatchNews:
    stories = [newsroom.story(shelf, shelf.articles[hit.article_id], hit) for hit in here]
    stories.sort(key=lambda story: story.when.value, reverse=True)
    return views.WatchNews(
        id=watch.id,
        name=watch.name,
        query=watch.query,
        stories=tuple(stories[:SHOWN_PER_WATCH]),
        total=len(own),
        elsewhere=len(own) - len(here),
        days=tuple(days.get(watch.id, [0] * DAYS)),
        last_at=lasts.get(watch.id, (0, None))[1],
    )


def _one_per_story(shelf: newsroom.Shelf, hits: Iterable[hit_store.Hit]) -> list[hit_store.Hit]:
    """The most trusted article stands for its story, the first publisher's before others of its tier."""

    def order(hit: hit_store.Hit) -> tuple[object, ...]:
        article = shelf.articles[hit.article_id]
        is_first = shelf.firsts.get(article.story_id or 0) == article.id
        return (shelf.source(article).tier, not is_first, newsroom.when(article).value, article.id)

    chosen: dict[int, hit_store.Hit] = {}
    for hit in sorted(hits, key=order):
        chosen.setdefault(_story_of(shelf, hit), hit)
    return list(chosen.values())


def _story_of(shelf: newsroom.Shelf, hit: hit_store.Hit) -> int:
    story_id = shelf.articles[hit.article_id].story_id
    return story_id if story_id is not None else -hit.article_id


def _late(shelf: newsroom.Shelf, article_id: int) -> views.LateFind:
    article = shelf.articles[article_id]
    return views.LateFind(
        article.id, article.title, article.lang, newsroom.when(article), newsroom.outlet(shelf, article)
    )


def _days(conn: Connection, now: datetime, zone: tzinfo) -> dict[str, list[int]]:
    """Stories per local day and watch, each counted on the day it was first seen; the present day last."""
    today = now.astimezone(zone).date()
    midnight = datetime.combine(today - timedelta(days=DAYS - 1), datetime.min.time(), zone)
    first: dict[tuple[str, int], int] = {}
    for watch_id, story_id, seen in hit_store.stories_by_time(conn, midnight):
        place = DAYS - 1 - (today - seen.astimezone(zone).date()).days
        if story_id is not None:
            first[watch_id, story_id] = min(place, first.get((watch_id, story_id), place))
    counts: dict[str, list[int]] = {}
    for (watch_id, _), place in first.items():
        counts.setdefault(watch_id, [0] * DAYS)[place] += 1
    return counts
