"""Decides what one person is told in one issue of a digest, and in which order. Knows no database, mail or clock.

A story is told when any of its articles was told, so merging and splitting stories cannot repeat one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from alerts.facts import Change, Coverage, Facts, Member, MemberHit, Rhythm, StoryInput, WatchInput, Window
from alerts.item import Item, item_of, time_of
from core.types import Language, Names, Subscription

DAYS_SHOWN = 30
_RANK = {"urgent": 0, "normal": 1, "background": 2}


@dataclass(frozen=True, slots=True)
class Section:
    """The new stories of one watch. ``beyond`` are those over the digest's cap: told by their number and a link."""

    watch: WatchInput
    items: tuple[Item, ...]
    beyond: tuple[Item, ...] = ()

    @property
    def total(self) -> int:
        return len(self.items) + len(self.beyond)


@dataclass(frozen=True, slots=True)
class ToldArticle:
    """A line of the ledger."""

    article_id: int
    version: int
    story_id: int


@dataclass(frozen=True, slots=True)
class Digest:
    subscription: Subscription
    window: Window
    rhythm: Rhythm
    sections: tuple[Section, ...]
    silent_watches: tuple[Names, ...]
    late: tuple[Item, ...]
    changes: tuple[Change, ...] | None
    coverage: Coverage
    days: tuple[tuple[date, int], ...]
    """New stories a local day, oldest first; the last is the day of this issue. At most 30, only days that were counted."""
    told_articles: tuple[ToldArticle, ...]
    """All articles of the stories in this issue: what the ledger holds from now on."""
    changed_articles: tuple[ToldArticle, ...]
    """Already in the ledger; their version there becomes this one."""

    @property
    def new(self) -> int:
        return sum(section.total for section in self.sections)

    @property
    def headline(self) -> Item | None:
        return self.sections[0].items[0] if self.sections else None

    @property
    def watch_count(self) -> int:
        return len(self.sections) + len(self.silent_watches)

    @property
    def is_empty(self) -> bool:
        return not (self.sections or self.late or self.changes)

    @property
    def is_wanted(self) -> bool:
        """False = a day without news, and the digest asks for no mail then."""
        return not self.is_empty or self.subscription.when_empty == "say-so"


def build(subscription: Subscription, facts: Facts) -> Digest:
    ranked = sorted(facts.watches, key=lambda watch: (_RANK[watch.priority], watch.position, watch.id))
    stories = list(_eligible(facts, ranked, subscription))
    sections = tuple(_sections([story for story in stories if not story.is_late], ranked, subscription.cap))
    heard = {section.watch.id for section in sections}
    changes = facts.changes if facts.changes is None else tuple(sorted(facts.changes, key=_change_order))
    return Digest(
        subscription=subscription,
        window=facts.window,
        rhythm=facts.rhythm,
        sections=sections,
        silent_watches=tuple(watch.names for watch in ranked if watch.id not in heard),
        late=tuple(sorted((story.item for story in stories if story.is_late), key=_order)),
        changes=changes,
        coverage=facts.coverage,
        days=_days(facts, ZoneInfo(subscription.timezone), sum(section.total for section in sections)),
        told_articles=tuple(line for story in stories for line in _ledger_lines(story.input)),
        changed_articles=tuple(_changed_line(change) for change in changes or ()),
    )


@dataclass(frozen=True, slots=True)
class _Story:
    input: StoryInput
    watch: WatchInput
    item: Item
    is_late: bool


def _eligible(facts: Facts, ranked: Sequence[WatchInput], subscription: Subscription) -> Iterable[_Story]:
    told = set(facts.told)
    for story in sorted(facts.stories, key=lambda story: story.id):
        articles = {member.article_id for member in story.members}
        if told.isdisjoint(articles) and (chosen := _choose(story, ranked, subscription)):
            told |= articles
            yield chosen


def _choose(story: StoryInput, ranked: Sequence[WatchInput], subscription: Subscription) -> _Story | None:
    """Section and lead article of a story; None when none of its articles may be told to this subscription."""
    hits = {m.article_id: _hits(m, ranked) for m in story.members if _may_be_told(m, subscription)}
    able = [member for member in story.members if hits.get(member.article_id)]
    # A late find that joins a new story is named beside it, but does not stand for it.
    fresh = [member for member in able if member.novelty == "new"] or able
    if not fresh:
        return None
    watch = next(watch for watch in ranked if any(watch.id in hits[m.article_id] for m in fresh))
    leads = [member for member in fresh if watch.id in hits[member.article_id]]
    lead = min(leads, key=lambda member: _lead_order(member, story, subscription.language))
    others = (w for w in ranked if w is not watch and any(w.id in hits[m.article_id] for m in able))
    item = item_of(story, lead, hits[lead.article_id][watch.id], tuple(w.names for w in others))
    return _Story(story, watch, item, is_late=lead.novelty == "late")


def _may_be_told(member: Member, subscription: Subscription) -> bool:
    return member.novelty != "archive" and member.tier <= subscription.tier


def _hits(member: Member, watches: Sequence[WatchInput]) -> Mapping[str, MemberHit]:
    wanted = {watch.id for watch in watches}
    return {hit.watch_id: hit for hit in member.hits if hit.watch_id in wanted}


def _lead_order(member: Member, story: StoryInput, language: Language) -> tuple[object, ...]:
    is_first = member.article_id == story.first_article_id
    is_foreign = (member.lang or language).partition("-")[0] != language
    return (member.tier, not is_first, is_foreign, time_of(member), member.article_id)


def _sections(stories: Sequence[_Story], ranked: Sequence[WatchInput], cap: int) -> Iterable[Section]:
    for watch in ranked:
        items = tuple(sorted((story.item for story in stories if story.watch is watch), key=_order))
        if items:
            shown = cap if cap > 0 else len(items)
            yield Section(watch, items[:shown], items[shown:])


def _order(item: Item) -> tuple[object, ...]:
    """Most trusted first, then what most outlets carry, then as they came."""
    return (item.tier, -len(item.also), time_of(item), item.story_id)


def _change_order(change: Change) -> tuple[object, ...]:
    return (change.seen, change.member.article_id)


def _ledger_lines(story: StoryInput) -> Iterable[ToldArticle]:
    for member in sorted(story.members, key=lambda member: member.article_id):
        yield ToldArticle(member.article_id, member.version, story.id)


def _changed_line(change: Change) -> ToldArticle:
    return ToldArticle(change.member.article_id, change.member.version, change.story_id)


def _days(facts: Facts, zone: ZoneInfo, new: int) -> tuple[tuple[date, int], ...]:
    today = facts.window.end.astimezone(zone).date()
    first = max(min([*facts.history, today]), today - timedelta(days=DAYS_SHOWN - 1))
    counted = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return tuple((day, facts.history.get(day, 0) + (new if day == today else 0)) for day in counted)
