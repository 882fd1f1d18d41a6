"""A watch that is edited by a command while the service runs: the next article follows the new rule, and none falls between."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, cycle

from service.conftest import MakePlace
from service.living import ZONE, Place, until
from service.town import Outlet, town
from sqlalchemy import select

from config.settings import load
from desk.drafts import stored_document
from matching.matcher import compile_queries
from matching.parser import parse
from presswatch.compose import open_house
from storage import articles as article_store
from storage import hits as hit_store
from storage import sources as source_store
from storage import watches as watch_store
from storage.db import Database
from storage.tables import articles, generations

OLD, NEW = "TISC", "Lanternfish"
BY_EACH = 10
"""Articles that each of the rules has judged before it is enough."""
SITES = 4
"""Each is read once a second, so that many batches meet many versions."""


def versions_hit(db: Database, mark: str) -> list[int]:
    """By which versions of the watch the story with this mark is a hit."""
    with db.read() as conn:
        ids = conn.execute(select(articles.c.id).where(articles.c.title.contains(mark))).scalars().all()
        return [hit.watch_version for its in hit_store.hits_of(conn, ids).values() for hit in its]


def test_the_next_article_follows_the_new_rule_within_five_seconds(
    place: Place, outlets: list[Outlet]
) -> None:
    with place.service() as service, place.database() as db:
        before = outlets[0].publish(1, OLD)
        until(lambda: versions_hit(db, before.mark) == [1], say=lambda: service.log)

        assert place.here("watch", "edit", "tisc", "--query", NEW).code == 0
        saved = time.monotonic()
        fresh, stale = outlets[0].publish(2, NEW), outlets[0].publish(3, OLD)
        until(lambda: versions_hit(db, fresh.mark) == [2], say=lambda: service.log)
        took = time.monotonic() - saved

        assert took < 5
        assert versions_hit(db, stale.mark) == []


def test_no_article_falls_between_two_versions(make_place: MakePlace) -> None:
    """Published without a pause while the rule is edited without a pause; then each is judged again."""
    with town(SITES) as outlets:
        place, numbers = make_place(outlets, fetch="summary"), count(1)

        def published_and_judged_by_both() -> bool:
            for outlet, subject in zip(outlets, cycle((OLD, NEW, f"{OLD} {NEW}", "Pike")), strict=False):
                outlet.publish(next(numbers), subject)
            judged = judged_again(db)[2]
            return min(judged[OLD], judged[NEW]) > BY_EACH

        with place.service() as service, place.database() as db:
            with edited_back_and_forth(place):
                until(published_and_judged_by_both, say=lambda: service.log)
            assert place.here("crawl", "--all").code == 0
            stored, wrong, _ = judged_again(db)

    assert stored == sum(len(outlet.stories) for outlet in outlets)
    assert wrong == []


@contextmanager
def edited_back_and_forth(place: Place) -> Iterator[None]:
    ending = threading.Event()
    house = open_house(load(place.environ))

    def work() -> None:
        for query in cycle((NEW, OLD)):
            house.watching.edit("tisc", query=query, who="test")
            if ending.wait(0.05):
                return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
        house.close()


def judged_again(db: Database) -> tuple[int, list[str], Counter[str]]:
    """(articles, those whose hits are not what the rule says that judged them or that judged too early a rule, by rule)."""
    with db.read() as conn:
        saved = {row.generation: row.at for row in conn.execute(select(generations))}
        versions = watch_store.history(conn, "tisc")
        sources = {source.id: source for source in source_store.all_sources(conn)}
        stored = article_store.load_articles(conn, list(conn.execute(select(articles.c.id)).scalars()))
        hits = hit_store.hits_of(conn, stored)
    matchers = {
        query: compile_queries({"tisc": parse(query, mode="watch")}, zone=ZONE)
        for query in {version.query for version in versions}
    }
    wrong, judged = [], Counter[str]()
    for article in stored.values():
        query = next(v.query for v in reversed(versions) if v.generation <= article.judged_generation)
        in_force = max(generation for generation, at in saved.items() if at <= article.first_seen)
        document = stored_document(sources[article.source_id], article)
        is_hit = bool(matchers[query].match(document, article.first_seen))
        was_hit = any(hit.watch_id == "tisc" for hit in hits.get(article.id, ()))
        if article.judged_generation < in_force or is_hit != was_hit:
            wrong.append(article.title)
        judged[query] += 1
    return len(stored), wrong, judged
