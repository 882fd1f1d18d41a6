"""A story as one digest tells it: one article stands for it, the other outlets are named beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from alerts.facts import Member, MemberHit, StoryInput
from core.excerpt import Excerpt, excerpt
from core.text import title_key
from core.types import Document, Field, Names, Precision, Span


@dataclass(frozen=True, slots=True)
class Outlet:
    """Another outlet that carries a story, by its earliest article."""

    article_id: int
    names: Names
    url: str | None
    published: datetime | None
    precision: Precision | None
    zone: str | None
    is_first: bool
    is_retitled: bool


@dataclass(frozen=True, slots=True)
class Item:
    story_id: int
    article_id: int
    version: int
    url: str | None
    title: str
    lang: str | None
    outlet: Names
    tier: int
    published: datetime | None
    precision: Precision | None
    zone: str | None
    first_seen: datetime
    is_first: bool
    """The first publisher; said only where other outlets carry the story."""
    clause: str
    fields: tuple[Field, ...]
    excerpt: Excerpt | None
    """None when only the headline holds the hit: it is not printed twice."""
    also: tuple[Outlet, ...]
    """The first publisher first, then by time."""
    other_watches: tuple[Names, ...]


def item_of(story: StoryInput, lead: Member, hit: MemberHit, other_watches: tuple[Names, ...]) -> Item:
    spans = _spans(lead, hit)
    also = _also(story, lead)
    return Item(
        story_id=story.id,
        article_id=lead.article_id,
        version=lead.version,
        url=lead.url,
        title=lead.title,
        lang=lead.lang,
        outlet=lead.outlet,
        tier=lead.tier,
        published=lead.published,
        precision=lead.precision,
        zone=lead.zone,
        first_seen=lead.first_seen,
        is_first=bool(also) and lead.article_id == story.first_article_id,
        clause=hit.clause,
        fields=MemberHit(hit.watch_id, hit.clause, spans).fields,
        excerpt=_excerpt(lead.summary, lead.text, spans),
        also=also,
        other_watches=other_watches,
    )


def time_of(article: Member | Item) -> datetime:
    return article.published or article.first_seen


# One story goes to many people; finding its sentence takes some 20 ms for an article of 3,000 characters.
@lru_cache(maxsize=256)
def _excerpt(summary: str, text: str, spans: tuple[Span, ...]) -> Excerpt | None:
    return excerpt(Document(summary=summary, body=text), spans)


def _spans(lead: Member, hit: MemberHit) -> tuple[Span, ...]:
    """Until its page is read an article's text is its summary: one place, not two."""
    if lead.text == lead.summary and any(span.field == "summary" for span in hit.spans):
        return tuple(span for span in hit.spans if span.field != "body")
    return hit.spans


def _also(story: StoryInput, lead: Member) -> tuple[Outlet, ...]:
    """One line for each outlet; its earliest article, but the first publisher's own where it has several."""

    def order(member: Member) -> tuple[bool, datetime, int]:
        return (member.article_id != story.first_article_id, time_of(member), member.article_id)

    found: dict[Names, Member] = {}
    for member in sorted(story.members, key=order):
        found.setdefault(member.outlet, member)
    found.pop(lead.outlet, None)
    return tuple(_outlets(found.values(), story, title_key(lead.title)))


def _outlets(members: Iterable[Member], story: StoryInput, lead_title: str) -> Iterable[Outlet]:
    for member in members:
        yield Outlet(
            article_id=member.article_id,
            names=member.outlet,
            url=member.url,
            published=member.published,
            precision=member.precision,
            zone=member.zone,
            is_first=member.article_id == story.first_article_id,
            is_retitled=title_key(member.title) != lead_title,
        )
