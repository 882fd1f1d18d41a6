"""Articles from elsewhere: ARTICLE lines of another tool, or of an export, into the archive.

Identity is the address alone, so an import can be repeated. What is imported is matched and searchable, never told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import partial
from itertools import islice
from typing import Any, cast, get_args

from sqlalchemy import Connection

from core.clock import Clock
from core.dates import choose
from core.lang import detect
from core.text import MATCHED_CHARACTERS
from core.types import DateClaim, DateOrigin, Entry, Names, Precision, Source, SourceState
from core.urls import canonical, host_of, is_web
from desk.batch import write_draft
from desk.drafts import Draft, content_hash, document_of
from desk.intake import address_key, entry_hash
from desk.judging import RuleBook, Rules
from desk.verdicts import write_verdicts
from storage import articles as store
from storage import sources as source_store
from storage.db import Database
from storage.search import index_articles

AT_ONCE = 200
IMPORTED = "import"
"""Source of lines that name none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One article as it came, checked."""

    number: int
    url: str
    title: str
    text: str
    summary: str
    author: str | None
    lang: str | None
    site_name: str | None
    origin: str | None
    canonical_url: str | None
    source: str
    published: DateClaim | None
    first_seen: datetime | None


@dataclass(slots=True)
class Imported:
    read: int = 0
    new: int = 0
    updated: int = 0
    skipped: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Importing:
    db: Database
    rules: RuleBook
    clock: Clock

    def load(self, texts: Iterable[str]) -> Imported:
        """In transactions of 200 lines: stopped anywhere, the same file goes on where it was."""
        done, lines = Imported(), iter(enumerate(texts, 1))
        while some := list(islice(lines, AT_ONCE)):
            good = list(self._read(some, done))
            self.db.write(partial(self._store, lines=good, done=done))
        return done

    def _read(self, some: Iterable[tuple[int, str]], done: Imported) -> Iterator[Line]:
        for number, text in some:
            if not text.strip():
                continue
            done.read += 1
            try:
                yield read_line(number, text, self.rules.zone)
            except ValueError as error:
                done.errors.append({"line": number, "message": str(error)})

    def _store(self, conn: Connection, *, lines: Sequence[Line], done: Imported) -> None:
        now, rules = self.clock(), self.rules.current(conn)
        sources = self._sources(conn, lines, now)
        keys = {line.number: address_key(line.url) for line in lines}
        owners = store.known_keys(conn, set(keys.values()))
        known = store.load_articles(conn, set(owners.values()))
        fresh: dict[str, Line] = {}
        for line in lines:
            key = keys[line.number]
            if key in owners:
                changed = self._update(conn, rules, known[owners[key]], sources[line.source], line, now)
                done.updated, done.skipped = done.updated + changed, done.skipped + (not changed)
            elif key in fresh:
                done.skipped += 1
            else:
                fresh[key] = line
        self._insert(conn, rules, fresh, sources, now)
        done.new += len(fresh)

    def _insert(
        self,
        conn: Connection,
        rules: Rules,
        fresh: Mapping[str, Line],
        sources: Mapping[str, Source],
        now: datetime,
    ) -> None:
        lines = list(fresh.values())
        rows = [row_of(line, now) | {"judged_generation": rules.generation} for line in lines]
        ids = store.insert_articles(conn, rows)
        store.add_keys(conn, [(key, i) for key, i in zip(fresh, ids, strict=True)], now)
        store.add_versions(
            conn, [version_of(row, 1, now) | {"article_id": i} for row, i in zip(rows, ids, strict=True)]
        )
        texts = [(i, (row["title"], row["summary"], row["text"])) for row, i in zip(rows, ids, strict=True)]
        index_articles(conn, texts)
        verdicts = {
            i: rules.judge(document_of(sources[line.source], row), now)
            for line, row, i in zip(lines, rows, ids, strict=True)
        }
        write_verdicts(conn, rules, verdicts, now=now, final_by={}, silent=True)

    def _update(
        self, conn: Connection, rules: Rules, article: store.Stored, source: Source, line: Line, now: datetime
    ) -> bool:
        row = row_of(line, article.first_seen)
        before = {"title": article.title, "text": article.text}
        if content_hash(row) == content_hash(before):
            return False
        kept = {name: row[name] for name in ("title", "text", "summary", "entry", "entry_hash", "capped")}
        values = kept | {"version": article.version + 1, "updated_at": now}
        draft = Draft(values, document_of(source, row), version_of(row, article.version + 1, now))
        write_draft(conn, rules, article, draft, rules.judge(draft.document, now), now)
        return True

    def _sources(self, conn: Connection, lines: Sequence[Line], now: datetime) -> dict[str, Source]:
        known = {source.id: source for source in source_store.all_sources(conn, removed=True)}
        for line in lines:
            if line.source not in known:
                made = Source(
                    id=line.source,
                    name=Names(line.site_name or line.source, line.site_name or line.source),
                    url=f"https://{host_of(line.url)}/",
                    enabled=False,
                    fetch="summary",
                )
                source_store.insert_source(conn, made, SourceState(made.id), now)
                known[made.id] = made
        return known


def read_line(number: int, text: str, zone: tzinfo) -> Line:
    """Raises ``ValueError`` that says what is wrong with the line."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from error
    if not isinstance(given, dict):
        raise ValueError("not a JSON object")
    url, title = given.get("url"), given.get("title")
    if not isinstance(url, str) or not is_web(url):
        raise ValueError("'url' must be an http or https address")
    if not isinstance(title, str) or not title.strip():
        raise ValueError("'title' must be a text that is not empty")
    named = given.get("source")
    return Line(
        number=number,
        url=url,
        title=title,
        text=text_of(given, "text") or "",
        summary=text_of(given, "summary") or "",
        author=text_of(given, "author"),
        lang=text_of(given, "lang"),
        site_name=text_of(given, "site_name"),
        origin=text_of(given, "origin"),
        canonical_url=text_of(given, "canonical_url"),
        source=named if isinstance(named, str) and named else IMPORTED,
        published=claim_of(given, zone),
        first_seen=moment_of(given, "first_seen", zone),
    )


def text_of(given: Mapping[str, Any], key: str) -> str | None:
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key!r} must be a text or null")
    return value


def moment_of(given: Mapping[str, Any], key: str, zone: tzinfo) -> datetime | None:
    """A moment without an offset is one of ``zone``."""
    text = text_of(given, key)
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{key!r} must be a date as 2026-03-27T10:00:00+08:00, not {text!r}") from error
    return value if value.tzinfo else value.replace(tzinfo=zone)


def claim_of(given: Mapping[str, Any], zone: tzinfo) -> DateClaim | None:
    value = moment_of(given, "published", zone)
    if value is None:
        return None
    precision, origin = given.get("published_precision") or "minute", given.get("published_from") or "meta"
    if precision not in get_args(Precision) or origin not in get_args(DateOrigin):
        raise ValueError("'published_precision' or 'published_from' has a word that is not known")
    return DateClaim(value, cast("Precision", precision), cast("DateOrigin", origin))


def row_of(line: Line, seen: datetime) -> dict[str, Any]:
    first_seen = line.first_seen or seen
    published = choose([line.published] if line.published else [], first_seen)
    entry = Entry(url=line.url, title=line.title, summary=line.summary, text=line.text)
    return {
        "source_id": line.source,
        "url": line.url,
        "canonical_url": line.canonical_url and canonical(line.canonical_url),
        "guid": None,
        "title": line.title,
        "summary": line.summary,
        "text": line.text or line.summary,
        "author": line.author,
        "lang": line.lang or detect(f"{line.title}\n{line.text}"),
        "site_name": line.site_name,
        "origin": line.origin,
        "dates": store.claim_rows([line.published] if line.published else []),
        "published_at": published.value if published else None,
        "published_precision": published.precision if published else None,
        "published_from": published.origin if published else None,
        "sort_at": published.value if published else first_seen,
        "first_seen": first_seen,
        "updated_at": seen,
        "entry": {"title": line.title, "text": len(line.text), "first_find": True},
        "entry_hash": entry_hash(entry),
        "version": 1,
        "novelty": "archive",
        "capped": len(line.text) > MATCHED_CHARACTERS,
        "page_state": "none",
        "page_due": None,
    }


def version_of(row: Mapping[str, Any], version: int, seen: datetime) -> dict[str, Any]:
    same = {name: row[name] for name in ("title", "summary", "text")}
    return same | {"version": version, "seen_at": seen, "hash": content_hash(row)}
