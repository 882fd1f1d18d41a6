"""The desk as the web sees it: each page is one read of one snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection

from core.errors import NotFound, QueryError
from core.types import DateClaim, Language, Names, Span
from desk import health, newsroom, views
from desk import today as today_page
from desk.library import Found, FoundItem, Library, Search
from matching.messages import error_sentence, warning_sentence
from storage import articles as article_store
from storage import hits as hit_store
from storage import watches as watch_store
from storage.db import Database

FUTURE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pages:
    db: Database
    zone: tzinfo
    library: Library
    around: health.Surroundings

    def attention(self) -> int:
        with self.db.read() as conn:
            return health.attention(conn)

    def today(self, now: datetime) -> views.Today:
        with self.db.read() as conn:
            return today_page.today(conn, now, self.zone)

    def sources(self, now: datetime) -> views.Sources:
        with self.db.read() as conn:
            return health.sources(conn, now, self.zone)

    def article(self, article_id: int) -> views.Article:
        with self.db.read() as conn:
            return article_page(conn, article_id)

    def search(self, query: str, *, limit: int, after: str | None, language: Language) -> views.Results:
        try:
            found = self.library.search(Search(query, limit=limit, after=after))
        except QueryError as error:
            note = views.QueryNote("error", error.position, error_sentence(error, query, language))
            return views.Results(query, notes=(note,))
        with self.db.read() as conn:
            return results(conn, query, found, language)

    def status(self, now: datetime) -> views.Status:
        with self.db.read() as conn:
            return health.status(conn, now, self.around)

    def readiness(self, now: datetime) -> views.Readiness:
        with self.db.read() as conn:
            return health.readiness(conn)


def article_page(conn: Connection, article_id: int) -> views.Article:
    shelf = newsroom.load_shelf(conn, [article_id])
    article = shelf.articles.get(article_id)
    if article is None:
        raise NotFound(f"there is no article {article_id}")
    hits = hit_store.hits_of(conn, [article_id], lost=True).get(article_id, [])
    standing = [span for hit in hits if hit.state != "lost" for span in hit.spans]
    return views.Article(
        id=article.id,
        url=article.url,
        title=newsroom.marked(article.title, article.lang, merged(standing), "title"),
        summary=newsroom.marked(article.summary, article.lang, merged(standing), "summary"),
        text=newsroom.marked(article.text, article.lang, merged(standing), "body"),
        lang=article.lang,
        outlet=newsroom.outlet(shelf, article),
        site_name=article.site_name,
        origin=article.origin,
        author=article.author,
        when=newsroom.when(article),
        dates=candidates(article),
        first_seen=article.first_seen,
        page=article.page_state,  # type: ignore[arg-type]  # a text column that holds only these four words
        page_error=article.page_error,
        page_due=article.page_due,
        capped=article.capped,
        withdrawn_at=article.withdrawn_at,
        hits=tuple(article_hits(conn, hits)),
        versions=version_lines(article_store.list_versions(conn, article_id)),
        copies=newsroom.copies(shelf, article),
    )


def merged(spans: Sequence[Span]) -> list[Span]:
    """Several watches may mark the same words: what overlaps becomes one mark, what only touches stays apart."""
    joined: list[Span] = []
    for span in sorted(set(spans)):
        last = joined[-1] if joined else None
        if last and last.field == span.field and span.start < last.end:
            joined[-1] = Span(last.field, last.start, max(last.end, span.end))
        else:
            joined.append(span)
    return joined


def candidates(article: article_store.Stored) -> tuple[views.DateCandidate, ...]:
    claims = [
        DateClaim(datetime.fromisoformat(row["value"]), row["precision"], row["origin"])
        for row in article.dates
    ]
    return tuple(
        views.DateCandidate(claim, claim == article.published, claim.value > article.first_seen + FUTURE)
        for claim in claims
    )


def article_hits(conn: Connection, hits: Sequence[hit_store.Hit]) -> list[views.ArticleHit]:
    watches = {watch.id: watch for watch in watch_store.all_watches(conn)}
    return [
        views.ArticleHit(
            watch_id=hit.watch_id,
            name=watches[hit.watch_id].name if hit.watch_id in watches else Names(hit.watch_id, hit.watch_id),
            version=hit.watch_version,
            clause=hit.clause,
            query=watches[hit.watch_id].query if hit.watch_id in watches else "",
            state=hit.state,
            spans=dict(Counter(span.field for span in hit.spans)),
        )
        for hit in hits
    ]


def version_lines(versions: Sequence[article_store.Version]) -> tuple[views.VersionLine, ...]:
    before = [None, *versions[:-1]]
    lines = [
        views.VersionLine(
            version=now.version,
            seen_at=now.seen_at,
            title=now.title,
            title_changed=old is not None and old.title != now.title,
            text_changed=old is not None and old.text != now.text,
            length=len(now.text),
        )
        for old, now in zip(before, versions, strict=True)
    ]
    return tuple(reversed(lines))


def results(conn: Connection, query: str, found: Found, language: Language) -> views.Results:
    shelf = newsroom.load_shelf(conn, [item.id for item in found.items])
    names = {watch.id: watch.name for watch in watch_store.all_watches(conn)}
    return views.Results(
        query=query,
        items=tuple(_found(shelf, item, names) for item in found.items if item.id in shelf.articles),
        total=found.total,
        total_exact=found.total_exact,
        complete=found.complete,
        next=found.next,
        canonical=found.query.canonical,
        notes=tuple(
            views.QueryNote("warning", warning.position, warning_sentence(warning, language))
            for warning in found.query.warnings
        ),
    )


def _found(shelf: newsroom.Shelf, item: FoundItem, names: dict[str, Names]) -> views.FoundArticle:
    article = shelf.articles[item.id]
    hits = [hit for hit in shelf.hits.get(article.id, ()) if hit.watch_id in names]
    story = newsroom.copies(shelf, article)
    return views.FoundArticle(
        article_id=article.id,
        title=newsroom.marked(article.title, article.lang, item.spans, "title"),
        extract=newsroom.extract(shelf, article, item.spans),
        outlet=newsroom.outlet(shelf, article),
        when=newsroom.when(article),
        outlets=max(1, len({copy.outlet.id for copy in story})),
        watches=tuple(names[hit.watch_id] for hit in hits),
    )
