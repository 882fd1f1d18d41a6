"""The whole mail in words, before it is laid out: what both parts say, in the order in which they say it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.calendar import Calendar
from alerts.coverage import CoverageView, Evidence, Room, checked_note, coverage_view, evidence, failed_rows
from alerts.digest import Digest
from alerts.item import Item
from alerts.phrases import Phrases
from alerts.prose import clean, keep
from alerts.schedule_words import in_words
from alerts.subject import day_of, subject_of
from alerts.view import ChangeView, Narrator, StoryView
from alerts.volume import VolumeView, volume_view
from core.types import Names
from core.urls import is_web


@dataclass(frozen=True, slots=True)
class Entry:
    view: StoryView
    number: int
    is_top: bool
    """The first of its group."""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A section of stories: those of one watch, or the late finds. ``after``: what is said of the rest."""

    title: str
    note: str
    entries: tuple[Entry, ...]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    number: str
    label: str
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What stands in place of stories on a day without any."""

    title: str
    claim: str
    gap_head: str
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailView:
    say: Phrases
    subject: str
    title: str
    kicker: str
    kind: str
    name: str
    day: str
    preheader: str
    figures: tuple[Figure, ...]
    window: str
    content: str
    sources: str
    claim: Claim | None
    groups: tuple[Group, ...]
    late: Group | None
    changes: tuple[ChangeView, ...]
    changes_note: str
    changes_rest: str
    evidence: Evidence | None
    volume: VolumeView | None
    coverage: CoverageView
    today_url: str | None
    sources_url: str | None
    foot: str


def mail_view(digest: Digest, base_url: str, *, has_recipient: bool, room: Room) -> MailView:
    return _Writer(digest, _narrator(digest, base_url), room).write(has_recipient)


def _narrator(digest: Digest, base_url: str) -> Narrator:
    zone = ZoneInfo(digest.subscription.timezone)
    say = Phrases(digest.subscription.language)
    calendar = Calendar(say, zone, digest.window.end.astimezone(zone).date())
    return Narrator(say, calendar, base_url.rstrip("/") if is_web(base_url) else "")


@dataclass(frozen=True, slots=True)
class _Writer:
    digest: Digest
    narrator: Narrator
    room: Room

    @property
    def say(self) -> Phrases:
        return self.narrator.say

    def write(self, has_recipient: bool) -> MailView:
        digest, say, calendar = self.digest, self.say, self.narrator.calendar
        groups = tuple(self._groups())
        changes = digest.changes or ()
        return MailView(
            say=say,
            subject=subject_of(digest, calendar),
            title=say("title", kind=say(digest.rhythm), day=day_of(digest, calendar), name=self._name()),
            kicker=say(f"kicker_{digest.rhythm}"),
            kind=say(digest.rhythm),
            name=self._name(),
            day=self._day(),
            preheader=self._preheader(),
            figures=tuple(self._figures()),
            window=self._window(),
            content=say("comma").join(self._contents()),
            sources=self._sources(),
            claim=None if digest.sections else self._claim(),
            groups=groups,
            late=self._late(sum(len(group.entries) for group in groups)),
            changes=tuple(self.narrator.change(change) for change in changes[: self.room.changes]),
            changes_note=say("changes_note", n=len(changes)),
            changes_rest=self._changes_rest(len(changes) - self.room.changes),
            evidence=None if digest.sections else evidence(digest.coverage, self.narrator, self.room),
            volume=volume_view(digest.days, calendar),
            coverage=coverage_view(digest.coverage, self.narrator, self._silent(), self.room),
            today_url=self.narrator.page("/"),
            sources_url=self.narrator.page("/sources"),
            foot=self._foot(has_recipient),
        )

    def _changes_rest(self, hidden: int) -> str:
        return self.say("more_changes", n=hidden) if hidden > 0 else ""

    def _groups(self) -> Iterable[Group]:
        count, cap = 0, self.digest.subscription.cap
        for section in self.digest.sections:
            after = self.say("over_cap", n=len(section.beyond), cap=cap) if section.beyond else ""
            yield Group(
                title=self.narrator.name(section.watch.names),
                note=self.say("stories", n=section.total),
                entries=self._entries(section.items, count),
                after=after,
            )
            count += len(section.items)

    def _late(self, count: int) -> Group | None:
        late = self.digest.late
        if not late:
            return None
        return Group(
            title=self.say("late", n=len(late)),
            note=self.say("late_note", n=len(late)),
            entries=self._entries(late, count, is_late=True),
        )

    def _entries(self, items: Sequence[Item], count: int, *, is_late: bool = False) -> tuple[Entry, ...]:
        return tuple(
            Entry(self.narrator.story(item), count + n + 1, is_top=n == 0, is_late=is_late)
            for n, item in enumerate(items)
        )

    def _name(self) -> str:
        return clean(self.digest.subscription.name.in_language(self.say.language), 80)

    def _day(self) -> str:
        calendar, window = self.narrator.calendar, self.digest.window
        several = day_of(self.digest, calendar) != calendar.day(calendar.today)
        return calendar.long_day(calendar.today) + (f" {calendar.clock(window.end)}" if several else "")

    def _figures(self) -> Iterable[Figure]:
        digest, say = self.digest, self.say
        coverage, changed = digest.coverage, digest.changes
        yield Figure(say.figure(digest.new), say("number_new", n=digest.new))
        if changed is not None:
            yield Figure(say.figure(len(changed)), say("number_changed", n=len(changed)))
        yield Figure(say.figure(len(digest.late)), say("number_late", n=len(digest.late)))
        failed = say("failed", n=len(coverage.failed)) if coverage.failed else ""
        yield Figure(f"{coverage.succeeded}/{coverage.enabled}", say("number_sources"), failed)

    def _window(self) -> str:
        window, calendar = self.digest.window, self.narrator.calendar
        start, end = calendar.exact(window.start), calendar.exact(window.end)
        return self.say("window", start=start, end=end, zone=calendar.zone_note(window))

    def _contents(self) -> Iterable[str]:
        digest, say = self.digest, self.say
        none = say("subject_none" if digest.coverage.succeeded else "blind")
        yield say("subject_new", n=digest.new) if digest.new else none
        if digest.changes:
            yield say("number_of_changes", n=len(digest.changes))
        if digest.late:
            yield say("subject_late", n=len(digest.late))

    def _sources(self) -> str:
        failed = len(self.digest.coverage.failed)
        end = self.say("comma") + self.say("failed", n=failed) if failed else ""
        end += self.say("see_end") if failed and self.digest.sections else ""
        return checked_note(self.digest.coverage, self.narrator) + end

    def _preheader(self) -> str:
        """What the subject does not say; never a headline."""
        say, failed = self.say, len(self.digest.coverage.failed)
        first = checked_note(self.digest.coverage, self.narrator)
        first += say("comma") + say("failed", n=failed) if failed else ""
        rest = list(self._contents())[1:]
        return say("semicolon").join([first, *([say("comma").join(rest)] if rest else [])]) + say("stop")

    def _claim(self) -> Claim:
        digest, say = self.digest, self.say
        coverage, missed = digest.coverage, len(digest.coverage.failed)
        gaps = failed_rows(coverage.failed, self.narrator, self.room)
        if not coverage.succeeded:
            return Claim(say("blind_title"), say("blind_claim"), say("failed", n=missed), gaps)
        key = "empty_claim" if coverage.entries is None else "empty_claim_entries"
        said = say(key, done=coverage.succeeded, entries=coverage.entries, n=digest.watch_count)
        return Claim(say("empty"), said, say("one_gap") if missed == 1 else say("gaps", n=missed), gaps)

    def _silent(self) -> Sequence[Names]:
        """On a day without any story the claim has said it of all watches."""
        return self.digest.silent_watches if self.digest.sections else ()

    def _foot(self, has_recipient: bool) -> str:
        subscription, say = self.digest.subscription, self.say
        kind, name = say(self.digest.rhythm), say("quote", name=self._name())
        if not has_recipient:
            command = keep(f"presswatch digest edit {clean(subscription.id, 120)} --to …")
            return say("no_recipient", kind=kind, name=name, command=command)
        schedule = in_words(subscription.schedule, say)
        city = self.narrator.calendar.city(self.narrator.calendar.zone)
        text = say("you_receive", kind=kind, name=name, schedule=schedule, city=city)
        also = self.digest.is_empty and subscription.when_empty == "say-so"
        return text + (say.gap + say("also_when_empty") if also else "")
