"""Stories and articles as the pages show them: read from the database, turned into read models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from core.excerpt import excerpt
from core.text import title_key
from core.types import DateClaim, Source, Span
from desk import views
from desk.drafts import stored_document
from desk.telling import outlet as outlet_names
from storage import articles as article_store
from storage import hits as hit_store
from storage import sources as source_store
from storage import stories as story_store
from storage.articles import Stored

ALSO_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Shelf:
    """Articles with their sources and hits, and the members of the stories they belong to."""

    articles: Mapping[int, Stored]
    hits: Mapping[int, Sequence[hit_store.Hit]]
    sources: Mapping[str, Source]
    members: Mapping[int, Sequence[int]]
    firsts: Mapping[int, int]

    def source(self, article: Stored) -> Source:
        return self.sources[article.source_id]


def load_shelf(conn: Connection, article_ids: Iterable[int]) -> Shelf:
    asked = article_store.load_articles(conn, list(article_ids))
    stories = {article.story_id for article in asked.values() if article.story_id is not None}
    members = story_store.members(conn, stories)
    everything = {*asked, *(i for ids in members.values() for i in ids)}
    return Shelf(
        articles=article_store.load_articles(conn, everything),
        hits=hit_store.hits_of(conn, everything),
        sources={source.id: source for source in source_store.all_sources(conn, removed=True)},
        members=members,
        firsts=story_store.first_articles(conn, stories),
    )


def when(article: Stored) -> DateClaim:
    return article.published or DateClaim(article.first_seen, "minute", "first-seen")


def outlet(shelf: Shelf, article: Stored) -> views.Outlet:
    source = shelf.source(article)
    return views.Outlet(source.id, outlet_names(source, article), source.type, source.tier)


def marked(text: str, lang: str | None, spans: Iterable[Span], field: str) -> views.Marked:
    return views.Marked(text, tuple((s.start, s.end) for s in spans if s.field == field), lang)


def extract(shelf: Shelf, article: Stored, spans: Sequence[Span]) -> views.Marked | None:
    """The hit sentence; until its page is read an article's text is its summary, and it is quoted once."""
    found = excerpt(stored_document(shelf.source(article), article), spans)
    if found is None:
        return None
    return views.Marked(found.text, found.marks, article.lang, found.cut_left, found.cut_right)


def copies(shelf: Shelf, article: Stored) -> tuple[views.Copy, ...]:
    """The whole story of an article, first publisher first; empty when it stands alone."""
    ids = shelf.members.get(article.story_id, ()) if article.story_id is not None else ()
    if len(ids) < 2:
        return ()
    first_id = shelf.firsts.get(article.story_id or 0)
    told = sorted((shelf.articles[i] for i in ids), key=lambda a: (a.id != first_id, when(a).value, a.id))
    return tuple(_copy(shelf, its, told[0], first_id) for its in told)


def _copy(shelf: Shelf, article: Stored, first: Stored, first_id: int | None) -> views.Copy:
    return views.Copy(
        article_id=article.id,
        outlet=outlet(shelf, article),
        title=article.title,
        when=when(article),
        lang=article.lang,
        lag=_lag(article, first),
        retitled=title_key(article.title) != title_key(first.title),
        first=article.id == first_id,
    )


def _lag(article: Stored, first: Stored) -> timedelta | None:
    one, other = article.published, first.published
    if article.id == first.id or not one or not other or {one.precision, other.precision} != {"minute"}:
        return None
    return one.value - other.value


def story(shelf: Shelf, article: Stored, hit: hit_store.Hit) -> views.Story:
    also = tuple(copy for copy in copies(shelf, article) if copy.article_id != article.id)
    return views.Story(
        id=article.story_id if article.story_id is not None else -article.id,
        article_id=article.id,
        title=marked(article.title, article.lang, hit.spans, "title"),
        extract=extract(shelf, article, hit.spans),
        outlet=outlet(shelf, article),
        when=when(article),
        clause=hit.clause,
        first=bool(also) and shelf.firsts.get(article.story_id or 0) == article.id,
        origin=article.origin,
        pending=hit.state == "pending",
        edits=max(0, article.version - 1),
        also=also[:ALSO_SHOWN],
        also_total=len(also),
    )
