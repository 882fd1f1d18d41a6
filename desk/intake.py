"""What becomes of an entry: a new article, a change of a known one, or nothing. Decides; reads and writes nothing.

Identity is the canonical address, or the guid when it is unique in its feed, or source and title (DEMANDS: 'the same
article again when title, link or guid changes', 'lost items: guid reused or the same for all').
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from core.text import title_key
from core.types import DateClaim, Entry, Source
from core.urls import canonical

TITLE_WINDOW = timedelta(days=3)
"""A title names the same article only so long: 'Daily briefing' of next week is another one."""
TELLING_TITLE = 8
"""Folded characters from which on a title alone can name an article; shorter ones ('快讯') repeat by habit."""


@dataclass(frozen=True, slots=True)
class Keys:
    """By what one entry may be known. ``None`` where it has no such key or the key tells nothing in this fetch."""

    url: str | None
    guid: str | None
    title: str | None

    def all(self) -> list[str]:
        return [key for key in (self.url, self.guid, self.title) if key]


@dataclass(frozen=True, slots=True)
class Known:
    """What must be known of a stored article to tell whether an entry is the same one, changed."""

    id: int
    source_id: str
    url_key: str | None
    title_key: str
    entry_hash: str
    published: DateClaim | None
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """``article`` is set for ``seen`` and ``changed``. A ``repeat`` is an entry listed twice in one fetch."""

    entry: Entry
    keys: Keys
    what: Literal["new", "seen", "changed", "repeat", "buried"]
    article: Known | None = None
    entry_hash: str = ""


def keys_of(source: Source, entries: Sequence[Entry]) -> list[Keys]:
    """In the order of the entries. A guid or address that several different entries share is no key for any of them."""
    guids = Counter(entry.guid for entry in entries if entry.guid)
    sharing: dict[str, set[str]] = {}
    for entry in entries:
        if entry.url:
            sharing.setdefault(canonical(entry.url), set()).add(title_key(entry.title))
    return [
        Keys(
            url=address_key(entry.url) if entry.url and len(sharing[canonical(entry.url)]) == 1 else None,
            guid=_digest("g", source.id, entry.guid) if entry.guid and guids[entry.guid] == 1 else None,
            title=_title_key(source, entry),
        )
        for entry in entries
    ]


def decide(
    source: Source,
    entries: Sequence[Entry],
    keys: Sequence[Keys],
    known: Mapping[str, Known],
    buried: Iterable[str],
    now: datetime,
    listed: Collection[str] | None = None,
) -> list[Decision]:
    """``listed``: address keys of the whole fetch, when these entries are only a part of it."""
    urls = {its.url for its in keys if its.url} if listed is None else set(listed)
    return _Intake(source, known, set(buried), now, urls).run(entries, keys)


def address_key(url: str) -> str:
    return _digest("u", canonical(url))


@dataclass(slots=True)
class _Intake:
    source: Source
    known: Mapping[str, Known]
    buried: set[str]
    now: datetime
    listed_urls: set[str]
    taken: set[str] = field(default_factory=set)

    def run(self, entries: Sequence[Entry], keys: Sequence[Keys]) -> list[Decision]:
        return [self._one(entry, its) for entry, its in zip(entries, keys, strict=True)]

    def _one(self, entry: Entry, keys: Keys) -> Decision:
        if self._is_repeat(keys):
            return Decision(entry, keys, "repeat")
        self.taken.update(keys.all())
        article = self._same(entry, keys)
        fresh = entry_hash(entry)
        if article is None:
            what: Literal["new", "buried"] = "buried" if self.buried & set(keys.all()) else "new"
            return Decision(entry, keys, what, entry_hash=fresh)
        # Another source that lists the same address does not own the article: its wording changes nothing.
        changed = article.source_id == self.source.id and article.entry_hash != fresh
        return Decision(entry, keys, "changed" if changed else "seen", article, fresh)

    def _is_repeat(self, keys: Keys) -> bool:
        if keys.url or keys.guid:
            return bool({keys.url, keys.guid} & self.taken)
        return keys.title in self.taken

    def _same(self, entry: Entry, keys: Keys) -> Known | None:
        if keys.url and (article := self.known.get(keys.url)):
            return article
        if (
            keys.guid
            and (article := self.known.get(keys.guid))
            and not self._guid_was_reused(entry, keys, article)
        ):
            return article
        if keys.title and (article := self.known.get(keys.title)) and self._title_names(entry, keys, article):
            return article
        return None

    def _guid_was_reused(self, entry: Entry, keys: Keys, article: Known) -> bool:
        """Both the address and the title are others: a publisher who numbers from 1 again, not an edit."""
        other_address = bool(keys.url and article.url_key and keys.url != article.url_key)
        return other_address and title_key(entry.title) != article.title_key

    def _title_names(self, entry: Entry, keys: Keys, article: Known) -> bool:
        if keys.url is None and keys.guid is None:
            return True
        if article.source_id != self.source.id or article.url_key in self.listed_urls:
            return False
        if len(article.title_key) < TELLING_TITLE or self.now - article.first_seen > TITLE_WINDOW:
            return False
        if entry.published is None or article.published is None:
            return (
                entry.published is None
                and article.published is None
                and entry_hash(entry) == article.entry_hash
            )
        return entry.published.value == article.published.value


def entry_hash(entry: Entry) -> str:
    """Of what a reader would call the entry; its dates are left out, some publishers renew them at each fetch."""
    return hashlib.sha256("\x1f".join((entry.title, entry.summary, entry.text)).encode()).hexdigest()


def _title_key(source: Source, entry: Entry) -> str | None:
    """Without address and guid the beginning of the text is part of the name: untitled notes differ only there."""
    name = title_key(entry.title)
    if entry.url is None and entry.guid is None:
        return _digest("t", source.id, name, (entry.summary or entry.text)[:200])
    return _digest("t", source.id, name) if name else None


def _digest(kind: str, *parts: str) -> str:
    return f"{kind}:{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:40]}"
