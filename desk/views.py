"""What the pages show: read models without a language or a layout, and the door through which the web asks for them.

Every ``datetime`` is aware and in UTC. Texts come from publishers and are plain text; whoever shows them escapes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from core.types import DateClaim, Field, Kind, Language, Names, Type

Condition = Literal["attention", "retrying", "partial", "unchecked", "fine", "paused"]
"""``attention``: a person must look. ``retrying``: it is tried again by itself. ``partial``: read, with a defect."""
Health = Literal["ok", "waiting", "attention", "unset", "unchecked"]
"""Of a part of the service. ``waiting``: for the network or a first round, nobody's fault."""
PageState = Literal["none", "wanted", "read", "failed"]
HitState = Literal["pending", "live", "lost"]


@dataclass(frozen=True, slots=True)
class Marked:
    """A text of a publisher; ``marks`` are half-open, in code points of ``text``, as the matcher gave them."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()
    lang: str | None = None
    cut_left: bool = False
    cut_right: bool = False


@dataclass(frozen=True, slots=True)
class Outlet:
    id: str
    """Of the source."""
    name: Names
    type: Type
    tier: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a fetch failed, or what was missing from what was read. ``error_class`` '' = none recorded."""

    error_class: str = ""
    status: int | None = None
    detail: str = ""
    """As recorded, fit to be shown."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A member of a story."""

    article_id: int
    outlet: Outlet
    title: str
    when: DateClaim
    """Origin ``first-seen`` = the publisher gave no date."""
    lang: str | None = None
    lag: timedelta | None = None
    """After the first member; None when either gives no minute."""
    retitled: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """A story under one watch, shown by one of its articles."""

    id: int
    article_id: int
    title: Marked
    extract: Marked | None
    """None = only the headline hits."""
    outlet: Outlet
    when: DateClaim
    clause: str
    """The part of the rule that matched."""
    first: bool = False
    """The shown article is the first of several."""
    origin: str | None = None
    """稿源 as printed."""
    pending: bool = False
    """The page is not read yet, so the hit may still be lost."""
    edits: int = 0
    also: tuple[Copy, ...] = ()
    """Earliest first; perhaps not all."""
    also_total: int = 0


@dataclass(frozen=True, slots=True)
class WatchNews:
    """A watch and its stories of the window, newest first."""

    id: str
    name: Names
    query: str
    stories: tuple[Story, ...]
    total: int
    days: tuple[int, ...]
    """Stories per local day, 14 of them, today last."""
    last_at: datetime | None = None
    """The last hit of all, also before the window."""
    elsewhere: int = 0
    """Of ``total``: stories that stand under a watch before this one."""


@dataclass(frozen=True, slots=True)
class FailedSource:
    id: str
    name: Names
    condition: Condition
    cause: Cause
    since: datetime | None
    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the enabled sources in the window: ``total`` = ``checked`` + ``unchecked`` + failed ones."""

    checked: int
    """Their last check in the window succeeded."""
    total: int
    failed: tuple[FailedSource, ...] = ()
    unchecked: int = 0
    """No check of theirs ended in the window."""


@dataclass(frozen=True, slots=True)
class LateFind:
    article_id: int
    title: str
    lang: str | None
    when: DateClaim
    outlet: Outlet


@dataclass(frozen=True, slots=True)
class NextDigest:
    id: str
    name: Names
    at: datetime
    stories: int
    """That it would tell now."""
    recipients: int


@dataclass(frozen=True, slots=True)
class Outage:
    """All sources fail in the same way because this machine has no internet."""

    since: datetime
    last_at: datetime
    cause: Cause
    sources: int
    next_probe: datetime | None
    never_online: bool
    """No fetch has ever succeeded."""


@dataclass(frozen=True, slots=True)
class Today:
    since: datetime
    stories: int
    """Each counted once, also when several watches caught it."""
    articles: int
    watches: tuple[WatchNews, ...]
    coverage: Coverage
    late: tuple[LateFind, ...] = ()
    digests: tuple[NextDigest, ...] = ()
    """Soonest first."""
    outage: Outage | None = None


@dataclass(frozen=True, slots=True)
class SourceDay:
    """``fine`` with the number of new items, also 0; ``empty``: the list had no entry at all."""

    state: Literal["fine", "empty", "retrying", "failed", "unchecked"]
    new: int = 0


@dataclass(frozen=True, slots=True)
class SourceLine:
    id: str
    name: Names
    url: str
    kind: Kind
    type: Type
    tier: int
    condition: Condition
    cause: Cause | None = None
    failures: int = 0
    """In a row."""
    failing_since: datetime | None = None
    checked_at: datetime | None = None
    succeeded_at: datetime | None = None
    newest_at: datetime | None = None
    next_due: datetime | None = None
    """None = not asked by itself any more."""
    days: tuple[SourceDay, ...] = ()
    """Local days, 14 of them, today last."""


@dataclass(frozen=True, slots=True)
class Sources:
    lines: tuple[SourceLine, ...]
    """All sources, paused ones too, in the order of their names or as found."""
    coverage: Coverage
    outage: Outage | None = None


@dataclass(frozen=True, slots=True)
class DateCandidate:
    claim: DateClaim
    chosen: bool
    future: bool = False
    """More than a day after it was first seen, so never believed."""


@dataclass(frozen=True, slots=True)
class ArticleHit:
    watch_id: str
    name: Names
    version: int
    clause: str
    query: str
    """The rule as it stands now."""
    state: HitState
    spans: Mapping[Field, int]
    """How many, by field; fields without any are absent."""


@dataclass(frozen=True, slots=True)
class VersionLine:
    version: int
    seen_at: datetime
    title: str
    title_changed: bool
    text_changed: bool
    length: int
    """Code points of the text."""


@dataclass(frozen=True, slots=True)
class Article:
    id: int
    url: str | None
    title: Marked
    summary: Marked
    text: Marked
    """Whole; blocks divided by one blank line. '' when there is none yet."""
    lang: str | None
    outlet: Outlet
    site_name: str | None
    origin: str | None
    author: str | None
    when: DateClaim
    """What is believed; origin ``first-seen`` when nothing else is."""
    dates: tuple[DateCandidate, ...]
    first_seen: datetime
    page: PageState
    page_error: str | None = None
    page_due: datetime | None = None
    capped: bool = False
    """The text is longer than what is indexed and matched."""
    withdrawn_at: datetime | None = None
    hits: tuple[ArticleHit, ...] = ()
    versions: tuple[VersionLine, ...] = ()
    """Newest first."""
    copies: tuple[Copy, ...] = ()
    """The whole story, first publisher first, this article among them; empty when it stands alone."""


@dataclass(frozen=True, slots=True)
class QueryNote:
    """What is wrong or doubtful in a query, as one sentence. ``position`` counts code points from 0."""

    level: Literal["error", "warning"]
    position: int
    text: str


@dataclass(frozen=True, slots=True)
class FoundArticle:
    article_id: int
    title: Marked
    extract: Marked | None
    outlet: Outlet
    when: DateClaim
    outlets: int = 1
    """How many carry the story."""
    watches: tuple[Names, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    query: str
    items: tuple[FoundArticle, ...] = ()
    total: int = 0
    total_exact: bool = True
    complete: bool = True
    """False: judging stopped for time; ``next`` goes on."""
    next: str | None = None
    canonical: str | None = None
    """How the query was read; None when it could not be."""
    notes: tuple[QueryNote, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    health: Health
    engine: str
    """As people call it: SQLite, PostgreSQL."""
    articles: int
    sources: int
    watches: int
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class WebStatus:
    health: Health
    address: str
    """Where it listens, ``host:port``."""
    loopback_only: bool


@dataclass(frozen=True, slots=True)
class SchedulerStatus:
    """``attention``: no service holds the lease, so nothing is collected."""

    health: Health
    last_at: datetime | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParserStatus:
    """``workers`` None = they live in another process."""

    health: Health
    workers: int | None = None
    killed: int = 0
    """Since the start, for time or memory."""


@dataclass(frozen=True, slots=True)
class MatchingStatus:
    health: Health
    rules: int
    broken: int = 0
    waiting: int = 0
    """Articles that are still to be judged by a rule changed since."""


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    health: Health
    resolver: str | None = None
    """``host:port``; None = the system's."""
    cause: Cause | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourcesStatus:
    health: Health
    counts: Mapping[Condition, int]
    pages_waiting: int = 0


@dataclass(frozen=True, slots=True)
class DigestsStatus:
    health: Health
    next: NextDigest | None = None


@dataclass(frozen=True, slots=True)
class MailStatus:
    """``unset``: no server, so messages become files in ``folder``."""

    health: Health
    folder: str | None = None
    server: str | None = None
    queued: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    started_at: datetime | None
    """Of the running service; None when none runs."""
    first_start: bool
    database: DatabaseStatus
    web: WebStatus
    scheduler: SchedulerStatus
    parsers: ParserStatus
    matching: MatchingStatus
    network: NetworkStatus
    sources: SourcesStatus
    digests: DigestsStatus
    mail: MailStatus
    outage: Outage | None = None


@dataclass(frozen=True, slots=True)
class Readiness:
    database: bool
    scheduler: bool
    """A living process holds the lease."""
    parts: Mapping[str, datetime | None]
    """Last success by part, e.g. collect, pages, digest, deliver; None = none yet."""


class Desk(Protocol):
    """Reads only. Called from threads, several at once; may raise ``StorageError``.

    ``now`` is the moment the page is made for; 'today' and the 24 hours count back from it.
    """

    def attention(self) -> int:
        """Number of sources that a person must look at: shown beside the navigation of every page."""

    def today(self, now: datetime) -> Today: ...

    def sources(self, now: datetime) -> Sources: ...

    def article(self, article_id: int) -> Article:
        """Raises ``NotFound``."""

    def search(self, query: str, *, limit: int, after: str | None, language: Language) -> Results:
        """A query that cannot be read is a note of level ``error``, not an exception; notes are in ``language``.

        Raises ``NotFound`` for an ``after`` that no answer has given out.
        """

    def status(self, now: datetime) -> Status: ...

    def readiness(self, now: datetime) -> Readiness: ...
