"""The one wiring: settings become the rooms of a house. Nothing here decides anything."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.channels import Channel
from alerts.channels.folder import FolderChannel
from config.pack import Pack, load_pack
from config.settings import Settings
from core.clock import Clock, utc_now
from core.errors import ConfigError, QueryError
from desk.archive import Archive
from desk.delivering import Delivering
from desk.digesting import Digesting
from desk.importing import Importing
from desk.judging import RuleBook
from desk.library import Library
from desk.packing import Packing
from desk.people import People
from desk.restoring import Restoring, forget_mark
from desk.seed import Seed, check_queries, is_seeded, sow
from desk.sourcing import Sourcing
from desk.watching import Watching
from scheduler.workdays import is_cn_workday
from storage import schema
from storage.db import Database

if TYPE_CHECKING:
    from alerts.channels.smtp import Step


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    clock: Clock
    db: Database
    rules: RuleBook
    archive: Archive
    library: Library
    watching: Watching
    sourcing: Sourcing
    digesting: Digesting
    importing: Importing
    packing: Packing
    restoring: Restoring
    delivering: Delivering
    people: People

    @property
    def zone(self) -> ZoneInfo:
        return self.settings.zone

    def seed_of(self, folder: Path) -> Seed:
        """The content of a pack, all its queries read. Raises ``ConfigError`` with file, line and key."""
        pack = load_pack(folder, timezone=self.settings.timezone, language=self.settings.language)
        seed = Seed(pack.sources, pack.aliases, pack.watches, pack.digests)
        try:
            check_queries(seed)
        except QueryError as error:
            raise misplaced(error, pack) from error
        return seed

    def close(self) -> None:
        self.db.close()


def open_house(settings: Settings, clock: Clock = utc_now) -> House:
    """Makes the database if there is none, brings it up to date, and loads the pack into an empty one."""
    db = Database.open(settings.database_url)
    try:
        schema.upgrade(db)
        if not is_seeded(db):
            fill(db, settings, clock)
            forget_mark(settings.data_dir)
        if settings.admin_password:
            People(db, clock).first_operator(
                "admin", settings.admin_password, who="PRESSWATCH_ADMIN_PASSWORD"
            )
    except BaseException:
        db.close()
        raise
    rules = RuleBook(settings.zone)
    watching, sourcing = Watching(db, clock), Sourcing(db, clock)
    digesting = Digesting(
        db=db,
        clock=clock,
        base_url=settings.base_url,
        sender=settings.mail_from,
        is_workday=is_cn_workday,
    )
    return House(
        settings=settings,
        clock=clock,
        db=db,
        rules=rules,
        archive=Archive(db, rules, clock, settings.min_interval, random.random),
        library=Library(db, settings.zone, clock),
        watching=watching,
        sourcing=sourcing,
        importing=Importing(db, rules, clock),
        restoring=Restoring(db, settings.data_dir, clock),
        packing=Packing(db, watching, sourcing, digesting),
        digesting=digesting,
        delivering=Delivering(db, clock, FolderChannel(outbox_dir(settings)), mail_opener(settings)),
        people=People(db, clock),
    )


def mail_opener(
    settings: Settings, told: Callable[[Step], None] = lambda step: None
) -> Callable[[], Channel] | None:
    """What connects to the mail server when there is something to send; None = there is no server."""
    server = settings.smtp_url
    if server is None:
        return None

    def opened() -> Channel:
        from alerts.channels.smtp import SmtpChannel  # only who sends pays for it

        return SmtpChannel(
            server,
            sender=settings.mail_from,
            ca_file=settings.ca_file,
            language=settings.language,
            told=told,
        )

    return opened


def mail_server(settings: Settings) -> str | None:
    """Host and port, to be shown."""
    return str(settings.smtp_url) if settings.smtp_url else None


def outbox_dir(settings: Settings) -> Path:
    return settings.data_dir / "outbox"


def fill(db: Database, settings: Settings, clock: Clock) -> None:
    pack = load_pack(settings.pack, timezone=settings.timezone, language=settings.language)
    try:
        sow(db, Seed(pack.sources, pack.aliases, pack.watches, pack.digests), clock, is_cn_workday)
    except QueryError as error:
        raise misplaced(error, pack) from error


def misplaced(error: QueryError, pack: Pack) -> ConfigError:
    """The same error with file, line and key of the query it is about."""
    from matching.messages import explain_error

    said = explain_error(error, error.subject, "en")
    queries = {f"alias.{name}": query for name, query in pack.aliases.items()}
    queries |= {f"watch.{watch.id}": watch.query for watch in pack.watches}
    key = next(key for key, query in queries.items() if query == error.subject)
    place = pack.places[key]
    return ConfigError(said, path=place.path, line=place.line, key=key)
