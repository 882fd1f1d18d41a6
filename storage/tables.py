"""All tables. Times are UTC; JSON columns hold plain lists and objects, never code.

The full-text index is no table of this file: its form depends on the database and it is made by migration.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.types import TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. SQLite keeps no zone, so it is taken off there and put on again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Text(TypeDecorator[str]):
    """Compared and sorted by code points, whatever the language of the database server.

    NUL and lone surrogates, which not every database can hold, become U+FFFD: one for one, so that places in the text stay.
    """

    impl = sqlalchemy.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return sqlalchemy.Text(collation="C") if dialect.name == "postgresql" else self.impl_instance

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _UNSTORABLE.sub("\ufffd", value)


class String(Text):
    """A short text. How short is said to readers; no database enforces it, for a feed may claim anything."""

    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__()


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives out row numbers only to INTEGER PRIMARY KEY.
BigId = BigInteger().with_variant(Integer, "sqlite")

sources = Table(
    "sources",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("type", String(20), nullable=False),
    Column("tier", Integer, nullable=False),
    Column("lang", String(40)),
    Column("every", String(120)),
    Column("fetch", String(20), nullable=False),
    Column("encoding", String(40)),
    Column("timezone", String(60)),
    Column("enabled", Boolean, nullable=False),
    Column("list", JSON),
    Column("article", JSON),
    Column("headers", JSON, nullable=False),
    Column("notes", Text, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)

source_states = Table(
    "source_states",
    metadata,
    Column("source_id", ForeignKey("sources.id"), primary_key=True),
    Column("next_due", UtcDateTime, index=True),
    Column("checked_at", UtcDateTime),
    Column("succeeded_at", UtcDateTime),
    Column("outcome", String(20)),
    Column("status", Integer),
    Column("error", Text),
    Column("error_class", String(40)),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("weight", Float, nullable=False, server_default="0"),
    Column("failing_since", UtcDateTime),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", String(64)),
    Column("interval_s", Integer),
    Column("newest_at", UtcDateTime),
    Column("first_done_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("resolved_url", Text),
    Column("resolved_kind", String(20)),
    Column("entries_seen", Integer, nullable=False, server_default="0"),
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", String(260), primary_key=True),
    Column("next_at", UtcDateTime),  # the next request may leave then
    Column("held_until", UtcDateTime),  # Retry-After
    Column("held_why", Text),
    Column("robots_at", UtcDateTime),
    Column("robots_status", Integer),
    Column("robots_text", Text),
    Column("claimed_by", Text),  # the worker that asks it now, when there are several
    Column("claimed_until", UtcDateTime),
)

fetches = Table(
    "fetches",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source_id", ForeignKey("sources.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("outcome", String(20), nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("error_class", String(40)),
    Column("entries", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("ms", Integer, nullable=False),
    Index("ix_fetches_source_id_at", "source_id", "at"),
)

articles = Table(
    "articles",
    metadata,
    # What is filtered and sorted by stands first, long texts last: a reader of the first page of a row is spared the rest.
    Column("id", BigId, primary_key=True),
    Column("source_id", ForeignKey("sources.id"), nullable=False),
    Column("sort_at", UtcDateTime, nullable=False),  # published, else first seen: the order of the archive
    Column("first_seen", UtcDateTime, nullable=False, index=True),
    Column("published_at", UtcDateTime),
    Column("published_precision", String(10)),
    Column("published_from", String(20)),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("lang", String(40)),
    Column("novelty", String(10), nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),  # 0 = no complete reading yet
    Column("judged_generation", Integer, nullable=False),
    Column("story_id", BigInteger, index=True),
    Column(
        "capped", Boolean, nullable=False, server_default=false()
    ),  # text longer than what is indexed and matched
    Column("withdrawn_at", UtcDateTime),
    Column("page_state", String(10), nullable=False),  # none | wanted | read | failed
    Column("page_due", UtcDateTime),
    Column("page_attempts", Integer, nullable=False, server_default="0"),
    Column("page_at", UtcDateTime),
    Column("page_error", Text),
    Column(
        "entry_hash", String(64), nullable=False
    ),  # of the entry as last listed: a change makes the page due again
    Column("url", Text),
    Column("canonical_url", Text),
    Column("guid", Text),
    Column("author", Text),
    Column("site_name", Text),
    Column("origin", Text),  # 稿源 as printed
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
    Column("dates", JSON, nullable=False),  # all claims: [{value, precision, origin, note?}]
    Column(
        "entry", JSON, nullable=False
    ),  # the entry as last listed, until the page tells more: title, summary, text
    Column("text", Text, nullable=False, server_default=""),
    Index("ix_articles_source_id_sort_at", "source_id", "sort_at"),
    Index("ix_articles_sort_at_id", "sort_at", "id"),
    Index(
        "ix_articles_page_due",
        "page_due",
        sqlite_where=text("page_due IS NOT NULL"),
        postgresql_where=text("page_due IS NOT NULL"),
    ),
    Index("ix_articles_judged_generation", "judged_generation"),
)

# Everything an article was ever known by: 'u:' canonical address, 'g:' source and guid, 't:' source, title and day.
article_keys = Table(
    "article_keys",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("article_id", ForeignKey("articles.id"), nullable=False, index=True),
    Column("seen_at", UtcDateTime, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("source_id", ForeignKey("sources.id"), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

versions = Table(
    "versions",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

watches = Table(
    "watches",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("priority", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)

watch_versions = Table(
    "watch_versions",
    metadata,
    Column("watch_id", ForeignKey("watches.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("aliases", JSON, nullable=False),  # the bodies it used then
    Column("priority", String(20), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("why", Text, nullable=False, server_default=""),
)

aliases = Table(
    "aliases",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("query", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# One row for each change of any watch or alias; the highest is what a writer must have judged with.
generations = Table(
    "generations",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
)

hits = Table(
    "hits",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), nullable=False),
    Column("watch_id", ForeignKey("watches.id"), nullable=False),
    Column("watch_version", Integer, nullable=False),
    Column("state", String(10), nullable=False),  # pending | live | lost
    Column("final_by", UtcDateTime),  # a pending hit becomes live then at the latest
    Column("silent", Boolean, nullable=False, server_default=false()),  # never told: import, backfill
    Column("spans", JSON, nullable=False),  # [[field, start, end], ...]
    Column("clause", Text, nullable=False, server_default=""),  # the part of the query that matched
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("article_id", "watch_id"),
    Index("ix_hits_watch_id_at", "watch_id", "at"),
    Index("ix_hits_state_at", "state", "at"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("first_article_id", BigInteger),
    Column("size", Integer, nullable=False),
)

# Bands of the MinHash signatures: two articles that share one are candidates for one story.
story_bands = Table(
    "story_bands",
    metadata,
    Column("band", BigInteger, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), primary_key=True, index=True),
)

digests = Table(
    "digests",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("to", JSON, nullable=False),
    Column("watches", JSON),  # null = all
    Column("schedule", String(200), nullable=False),
    Column("timezone", String(60), nullable=False),
    Column("language", String(5), nullable=False),
    Column("when_empty", String(10), nullable=False),
    Column("urgent_cap", Integer, nullable=False),
    Column("cap", Integer, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("next_due", UtcDateTime),
    Column("window_from", UtcDateTime, nullable=False),  # end of the last window
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)

issues = Table(
    "issues",  # of a digest
    metadata,
    Column("id", BigId, primary_key=True),
    Column("digest_id", ForeignKey("digests.id"), nullable=False),
    Column("slot", String(60), nullable=False),  # local date and time of the slot, or a manual number
    Column("window_start", UtcDateTime, nullable=False),
    Column("window_end", UtcDateTime, nullable=False),
    Column("frozen_at", UtcDateTime, nullable=False),
    Column("stories", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    UniqueConstraint("digest_id", "slot"),
)

# What a person was told. 'person' is an address, or 'folder:<digest>' where there is none.
ledger = Table(
    "ledger",
    metadata,
    Column("person", String(320), primary_key=True),
    Column("article_id", ForeignKey("articles.id"), primary_key=True, index=True),
    Column("issue_id", ForeignKey("issues.id"), nullable=False),
    Column("story_id", BigInteger),
    Column("version", Integer, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("issue_id", ForeignKey("issues.id"), nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),  # queued | sent | failed | dropped | held
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcDateTime),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_outbox_state_next_at", "state", "next_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("outbox_id", ForeignKey("outbox.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("outcome", String(20), nullable=False),  # delivered | refused | failed | unknown
    Column("detail", Text, nullable=False, server_default=""),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
)

# What a command asks of a running service.
requests = Table(
    "requests",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("args", JSON, nullable=False),
    Column("state", String(10), nullable=False, index=True),  # asked | taken | done | failed
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("result", JSON),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("owner", String(120), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

# When each job of the timetable last ran and with what result.
jobs = Table(
    "jobs",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("ran_at", UtcDateTime),
    Column("ok_at", UtcDateTime),
    Column("error", Text),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)

# The first one ends the time in which whoever reaches this machine is its operator.
users = Table(
    "users",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("role", String(20), nullable=False),  # reader | analyst | operator
    Column("password", String(200), nullable=False),  # argon2id, with its parameters
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# Of a browser that is signed in. Only the hash is kept: what is stored opens nothing.
sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_name", ForeignKey("users.name"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

# Of programs.
tokens = Table(
    "tokens",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(60), nullable=False),
    Column("user_name", ForeignKey("users.name"), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)
