"""What a digest is made from: plain values that the desk reads from the database. Times are aware; feed text is untouched."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from core.types import Field, Names, Novelty, Precision, Priority, Span

Rhythm = Literal["daily", "weekly", "monthly"]
ChangeKind = Literal["retitled", "edited", "withdrawn"]

_FIELDS: tuple[Field, ...] = ("title", "summary", "body")


@dataclass(frozen=True, slots=True)
class Window:
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class WatchInput:
    id: str
    names: Names
    priority: Priority = "normal"
    position: int = 0


@dataclass(frozen=True, slots=True)
class MemberHit:
    watch_id: str
    clause: str
    """The part of the query that matched, as written."""
    spans: tuple[Span, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        found = {span.field for span in self.spans}
        return tuple(field for field in _FIELDS if field in found)


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a story. ``hits`` holds live hits that may be told; those of other watches are ignored."""

    article_id: int
    version: int
    url: str | None
    title: str
    outlet: Names
    first_seen: datetime
    tier: int = 3
    novelty: Novelty = "new"
    lang: str | None = None
    site: str | None = None
    type: str = "media"
    published: datetime | None = None
    precision: Precision | None = None
    zone: str | None = None
    """The source's own time zone: whose midnight a date without time is. None = the digest's."""
    hits: tuple[MemberHit, ...] = ()
    summary: str = ""
    text: str = ""
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class StoryInput:
    id: int
    members: tuple[Member, ...]
    first_article_id: int | None = None
    """The first publisher; None = not known, then nobody is called the first."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an article that this person was told of. ``member`` is the article as it stands now."""

    kind: ChangeKind
    story_id: int
    member: Member
    seen: datetime
    told_at: datetime
    was_title: str = ""
    status: int | None = None
    """The HTTP status that showed the withdrawal."""


@dataclass(frozen=True, slots=True)
class FailedSource:
    """Its last check in the window failed. ``newest``: the newest item that it ever gave."""

    names: Names
    error_class: str
    status: int | None = None
    error: str = ""
    since: datetime | None = None
    tries: int = 0
    next_try: datetime | None = None
    newest: datetime | None = None
    tier: int = 3


@dataclass(frozen=True, slots=True)
class QuietSource:
    """Checked without error, but its gap is over twice the usual one."""

    names: Names
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckedSource:
    """Its last check in the window succeeded."""

    names: Names
    checked_at: datetime
    newest: datetime | None = None
    tier: int = 3


@dataclass(frozen=True, slots=True)
class Coverage:
    """``enabled`` = succeeded + failed + those that were not checked in the window."""

    enabled: int
    succeeded: int
    failed: tuple[FailedSource, ...] = ()
    quiet: tuple[QuietSource, ...] = ()
    checked: tuple[CheckedSource, ...] = ()
    """The evidence of an empty day; () = it is left out."""
    entries: int | None = None
    """New entries read in the window, over all sources."""

    @property
    def unchecked(self) -> int:
        return max(0, self.enabled - self.succeeded - len(self.failed))


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides about one issue of a digest for one person."""

    window: Window
    watches: tuple[WatchInput, ...]
    """Only those that the digest carries."""
    stories: tuple[StoryInput, ...]
    coverage: Coverage
    told: Set[int] = frozenset()
    """Ids of the articles that this person was told of."""
    changes: tuple[Change, ...] | None = None
    """None = changes were not looked for, so the digest does not speak of them."""
    history: Mapping[date, int] = field(default_factory=dict)
    """New stories of earlier local days, as far back as they were counted; of the present day, what was told before."""
    rhythm: Rhythm = "daily"
