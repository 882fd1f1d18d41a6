"""A small house on a real database, with a clock that the test holds, and verbs for what happens to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.channels import Channel
from alerts.channels.folder import FolderChannel
from core.types import DateClaim, Entry, Found, Names, PageFound, Reading, Source, Subscription, Watch
from desk.archive import Archive
from desk.batch import Brought
from desk.delivering import Delivering
from desk.digesting import Digesting
from desk.judging import RuleBook
from desk.library import Library
from desk.seed import Seed, sow
from desk.sourcing import Sourcing
from desk.watching import Watching
from storage.db import Database

START = datetime(2026, 3, 26, 0, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")

SOURCES = (
    Source(
        "gazette",
        Names("公报", "Gazette"),
        "https://gazette.example/feed",
        kind="feed",
        type="official",
        tier=1,
    ),
    Source("herald", Names("先驱报", "Herald"), "https://herald.example/feed", kind="feed", tier=3),
    Source("wire", Names("电讯", "Wire"), "https://wire.example/feed", kind="feed", tier=2, fetch="summary"),
)
WATCHES = (
    Watch("tisc", Names("技术与创新支持中心", "TISC"), "TISC OR 技术与创新支持中心"),
    Watch("green", Names("绿色", "GREEN"), '"WIPO GREEN" AND (北京 OR Beijing) NOT 上海'),
)
DAILY = Subscription("daily", schedule="08:30 daily", timezone="Asia/Shanghai")


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Desk:
    """Everything under test, and verbs for what happens to it."""

    db: Database
    clock: Clock
    archive: Archive
    library: Library
    watching: Watching
    sourcing: Sourcing
    digesting: Digesting
    delivering: Delivering
    outbox: Path
    answered: set[str] = field(default_factory=set)

    def finds(self, source_id: str, *entries: Entry, outcome: str = "ok", **facts: object) -> Brought:
        """A fetch of the source ends with these entries, in document order."""
        found = Found(source_id, self.clock(), outcome, entries=entries, **facts)  # type: ignore[arg-type]
        return asyncio.run(self.archive.store_found(found))

    def opens(self, *source_ids: str) -> None:
        """Their first fetch is over, so that what comes next is news."""
        for source_id in source_ids or ("gazette", "herald", "wire"):
            self.finds(source_id)
        self.clock.pass_time(minutes=10)

    def reads(self, article_id: int, reading: Reading) -> int:
        return asyncio.run(
            self.archive.store_page(PageFound(article_id, self.clock(), "ok", 200, reading=reading))
        )

    def fails_page(self, article_id: int, error: str = "HTTP 503") -> None:
        asyncio.run(
            self.archive.store_page(PageFound(article_id, self.clock(), "transient", 503, error, "http-503"))
        )

    def ids(self, query: str) -> list[int]:
        from desk.library import Search

        return [item.id for item in self.library.search(Search(query, limit=100)).items]

    def deliver(self) -> list[str]:
        return [line.state for line in asyncio.run(self.delivering.deliver())]

    def mails(self) -> list[str]:
        return sorted(path.name for path in self.outbox.glob("*.eml")) if self.outbox.exists() else []


@contextmanager
def open_desk(db: Database, tmp_path: Path, mail: Callable[[], Channel] | None = None) -> Iterator[Desk]:
    """On a database with tables and without content."""
    clock = Clock()
    sow(db, Seed(SOURCES, {}, WATCHES, (DAILY,)), clock, lambda day: True)
    rules = RuleBook(ZONE)
    outbox = tmp_path / "outbox"
    yield Desk(
        db=db,
        clock=clock,
        archive=Archive(db, rules, clock, timedelta(minutes=5), lambda: 0.0),
        library=Library(db, ZONE, clock),
        watching=Watching(db, clock),
        sourcing=Sourcing(db, clock),
        digesting=Digesting(
            db=db,
            clock=clock,
            base_url="http://127.0.0.1:8000",
            sender="presswatch@localhost",
            is_workday=lambda day: True,
        ),
        delivering=Delivering(db, clock, FolderChannel(outbox), mail),
        outbox=outbox,
    )


def entry(n: int, title: str = "", **changes: object) -> Entry:
    values: dict[str, object] = {
        "url": f"https://gazette.example/a/{n}",
        "title": title or f"北京新增第{n}家TISC，服务覆盖城市副中心",
        "guid": f"tag:{n}",
        "summary": f"第{n}家机构今日揭牌，可为企业检索专利。",
        "published": DateClaim(START - timedelta(hours=1), "minute", "feed"),
    }
    return Entry(**values | changes)  # type: ignore[arg-type]


def reading(n: int, text: str, **changes: object) -> Reading:
    values: dict[str, object] = {
        "url": f"https://gazette.example/a/{n}",
        "canonical_url": f"https://gazette.example/a/{n}",
        "title": f"北京新增第{n}家TISC，服务覆盖城市副中心",
        "text": text,
        "lang": "zh-Hans",
    }
    return Reading(**values | changes)  # type: ignore[arg-type]
