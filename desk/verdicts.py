"""Writing what the rules say of stored articles: hits that are new, changed, lost or final, and the stories they join."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from core.types import Source
from desk.drafts import stored_document
from desk.judging import Rules, settle
from desk.stories import join_stories
from matching.matcher import Match
from scheduler import policy
from storage import articles as store
from storage import hits as hit_store
from storage import sources as source_store

FAILURES_UNTIL_FINAL = 3
"""A pending hit counts after so many failed fetches of its page, or after 30 minutes (DESIGN section 3)."""


def write_verdicts(
    conn: Connection,
    rules: Rules,
    verdicts: Mapping[int, Mapping[str, Match]],
    *,
    now: datetime,
    final_by: Mapping[int, datetime | None],
    silent: bool = False,
) -> int:
    """``verdicts``: what matched, by article. Returns the number of new hits."""
    known = hit_store.hits_of(conn, verdicts, lost=True)
    fresh: list[hit_store.Hit] = []
    for article_id, matches in verdicts.items():
        before = known.get(article_id, [])
        deadline = final_by.get(article_id)
        new, changed = settle(
            article_id, before, matches, rules.watches, now=now, final_by=deadline, silent=silent
        )
        fresh += new
        for hit in changed:
            hit_store.update_hit(conn, hit)
    hit_store.insert_hits(conn, fresh)
    join_stories(conn, [article_id for article_id, matches in verdicts.items() if matches], now)
    return len(fresh)


def rejudge(conn: Connection, rules: Rules, article_ids: Sequence[int], now: datetime) -> int:
    """Judges stored articles again by the rules in force; number of new hits."""
    stored = store.load_articles(conn, article_ids)
    sources = {source.id: source for source in source_store.all_sources(conn, removed=True)}
    verdicts = {i: rules.judge(stored_document(sources[a.source_id], a), now) for i, a in stored.items()}
    count = write_verdicts(
        conn, rules, verdicts, now=now, final_by={i: deadline(a) for i, a in stored.items()}
    )
    store.mark_judged(conn, list(stored), rules.generation)
    return count


def make_final(conn: Connection, article_ids: Collection[int], now: datetime) -> None:
    """Pending hits of these count from now on, although the page was not read."""
    hit_store.settle_hits(conn, article_ids)
    join_stories(conn, article_ids, now)


def deadline(article: store.Stored) -> datetime | None:
    """None = the verdict is final: the page was read, is not wanted, or could not be had often enough."""
    unread = article.page_state == "wanted" and article.version == 0
    if not unread or article.page_attempts >= FAILURES_UNTIL_FINAL:
        return None
    return policy.hit_deadline(article.first_seen)


def first_deadline(source: Source, url: str | None, first_seen: datetime) -> datetime | None:
    return policy.hit_deadline(first_seen) if source.fetch == "full" and url else None
