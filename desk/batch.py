"""One transaction of a fetch: some of its entries become articles, changes of articles, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.text import title_key
from core.types import Entry, Source
from desk.drafts import Draft, from_changed_entry, from_entry
from desk.intake import Decision, Keys, Known, address_key, decide
from desk.judging import Rules
from desk.verdicts import deadline, first_deadline, write_verdicts
from matching.matcher import Match
from storage import articles as store
from storage.search import index_article, reindex_article

Verdicts = Mapping[tuple[str | None, str], tuple[int, Mapping[str, Match]]]
"""What was matched ahead of the transaction: generation of the rules and matches, by address and hash of the entry."""


@dataclass(frozen=True, slots=True)
class Brought:
    new: int = 0
    hits: int = 0
    pages: tuple[int, ...] = ()
    """Articles whose page is wanted now."""

    def __add__(self, other: Brought) -> Brought:
        return Brought(self.new + other.new, self.hits + other.hits, self.pages + other.pages)


@dataclass(frozen=True, slots=True)
class Batch:
    conn: Connection
    source: Source
    rules: Rules
    first_fetch: bool
    seen: datetime
    ahead: Verdicts

    def store(self, entries: Sequence[Entry], keys: Sequence[Keys], listed: Collection[str]) -> Brought:
        """``listed``: the address keys of the whole fetch, of which these entries may be a part."""
        known = load_known(self.conn, keys)
        buried = store.buried_keys(self.conn, [key for its in keys for key in its.all()])
        decisions = decide(self.source, entries, keys, known, buried, self.seen, listed)
        brought = self._insert([decision for decision in decisions if decision.what == "new"])
        for decision in decisions:
            if decision.what == "changed" and decision.article is not None:
                brought += self._change(decision, decision.article.id)
        self._remember(decisions)
        return brought

    def _insert(self, decisions: Sequence[Decision]) -> Brought:
        drafts = [
            from_entry(self.source, d.entry, first_fetch=self.first_fetch, seen=self.seen) for d in decisions
        ]
        rows = [dict(draft.values) | {"judged_generation": self.rules.generation} for draft in drafts]
        ids = store.insert_articles(self.conn, rows)
        store.add_keys(
            self.conn, [(k, i) for d, i in zip(decisions, ids, strict=True) for k in d.keys.all()], self.seen
        )
        store.add_sightings(self.conn, ids, self.source.id, self.seen)
        store.add_versions(
            self.conn,
            [dict(d.version) | {"article_id": i} for d, i in zip(drafts, ids, strict=True) if d.version],
        )
        for row, article_id in zip(rows, ids, strict=True):
            index_article(self.conn, article_id, indexed(row))
        verdicts = {i: self._judge(d, f) for d, f, i in zip(decisions, drafts, ids, strict=True)}
        final_by = {
            i: first_deadline(self.source, d.entry.url, self.seen)
            for d, i in zip(decisions, ids, strict=True)
        }
        hits = write_verdicts(self.conn, self.rules, verdicts, now=self.seen, final_by=final_by)
        wanted = tuple(i for i, row in zip(ids, rows, strict=True) if row["page_state"] == "wanted")
        return Brought(len(ids), hits, wanted)

    def _change(self, decision: Decision, article_id: int) -> Brought:
        article = store.find_article(self.conn, article_id)
        if article is None:
            return Brought()
        draft = from_changed_entry(article, self.source, decision.entry, self.seen)
        hits = write_draft(self.conn, self.rules, article, draft, self._judge(decision, draft), self.seen)
        wanted = draft.values.get("page_state") == "wanted"
        return Brought(0, hits, (article_id,) if wanted else ())

    def _judge(self, decision: Decision, draft: Draft) -> Mapping[str, Match]:
        generation, matches = self.ahead.get((decision.entry.url, decision.entry_hash), (-1, {}))
        return matches if generation == self.rules.generation else self.rules.judge(draft.document, self.seen)

    def _remember(self, decisions: Sequence[Decision]) -> None:
        """A known article that came under a new key is known by that, too; one of another source was seen here."""
        known = [(decision.keys, decision.article) for decision in decisions if decision.article is not None]
        store.add_keys(self.conn, [(key, its.id) for keys, its in known for key in keys.all()], self.seen)
        others = [its.id for _, its in known if its.source_id != self.source.id]
        store.add_sightings(self.conn, others, self.source.id, self.seen)


def write_draft(
    conn: Connection,
    rules: Rules,
    article: store.Stored,
    draft: Draft,
    matches: Mapping[str, Match],
    now: datetime,
) -> int:
    """Writes a change of a stored article with its version, index and hits; number of new hits."""
    store.update_article(conn, article.id, dict(draft.values) | {"judged_generation": rules.generation})
    if draft.version:
        store.add_versions(conn, [dict(draft.version) | {"article_id": article.id}])
    if draft.key:
        store.add_keys(conn, [(draft.key, article.id)], now)
    before, after = (article.title, article.summary, article.text), indexed(draft.values, article)
    if before != after:
        reindex_article(conn, article.id, before, after)
    changed = store.find_article(conn, article.id) or article
    return write_verdicts(
        conn, rules, {article.id: matches}, now=now, final_by={article.id: deadline(changed)}
    )


def indexed(values: Mapping[str, Any], article: store.Stored | None = None) -> tuple[str, str, str]:
    """The three texts of the full-text index; what ``values`` does not change is taken from the article."""
    if article is None:
        return values["title"], values["summary"], values["text"]
    return (
        values.get("title", article.title),
        values.get("summary", article.summary),
        values.get("text", article.text),
    )


def load_known(conn: Connection, keys: Sequence[Keys]) -> dict[str, Known]:
    owners = store.known_keys(conn, [key for its in keys for key in its.all()])
    known = {
        article.id: Known(
            id=article.id,
            source_id=article.source_id,
            url_key=address_key(article.url) if article.url else None,
            title_key=title_key(article.entry.get("title") or article.title),
            entry_hash=article.entry_hash,
            published=article.published,
            first_seen=article.first_seen,
        )
        for article in store.load_articles(conn, set(owners.values())).values()
    }
    return {key: known[article_id] for key, article_id in owners.items() if article_id in known}
