"""The archive searched: which articles may match, newest first, and what the matcher needs to judge them.

The index finds a superset (see ``core.candidates``). Whoever asks judges one place after the other and stops when a page is
full or its time is over; the last place judged is the cursor to go on from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from core.candidates import Anything, Candidates
from core.types import Document
from core.urls import host_of
from storage import fulltext
from storage.fulltext import Fields
from storage.narrowing import NOTHING, narrow
from storage.tables import Text, UtcDateTime, articles, hits, sources

Order = Literal["newest", "relevance"]

FEW = 2_000
"""So many matches are looked up and sorted; with more the archive is walked by date and each stretch asked of the index.

Measured with 100,000 articles: sorting 600 takes 4 ms; the walk for 20 of 6,000 takes 4 ms where dates follow ids, 15 to 50
where they are shuffled. Both grow in proportion, so anything between 1,000 and 5,000 will do.
"""
FIRST_STRETCH = 200
LONGEST_STRETCH = 5_000
IN_ONE_STATEMENT = 500
HIGHEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search without being part of the query."""

    since: datetime | None = None
    """Of the date that the archive is sorted by; included."""
    until: datetime | None = None
    """Not included."""
    sources: Collection[str] | None = None
    lang: str | None = None
    """``zh`` takes ``zh-Hans`` and ``zh-Hant``, too."""
    hits_only: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article stands in the order of a search; also the cursor to go on behind it."""

    sort_at: datetime
    id: int
    in_title: bool = False
    """With order ``relevance``: all that is asked for stands in the title."""

    def __str__(self) -> str:
        return f"{self.sort_at.isoformat()}_{self.id}{'_t' if self.in_title else ''}"

    @classmethod
    def read(cls, cursor: str) -> Place:
        """What ``str`` wrote. Raises ``ValueError`` for anything else."""
        moment, _, rest = cursor.partition("_")
        number, _, mark = rest.partition("_")
        sort_at = datetime.fromisoformat(moment)
        is_number = number.isascii() and number.isdigit() and int(number) <= HIGHEST_ID
        if sort_at.tzinfo is None or mark not in ("", "t") or not is_number:
            raise ValueError(f"not a cursor of a search: {cursor[:80]!r}")
        try:
            return cls(sort_at.astimezone(UTC), int(number), mark == "t")
        except OverflowError as error:
            raise ValueError(f"not a cursor of a search: {cursor[:80]!r}") from error


def index_article(conn: Connection, article_id: int, fields: Fields) -> None:
    index_articles(conn, [(article_id, fields)])


def index_articles(conn: Connection, rows: Iterable[tuple[int, Fields]]) -> None:
    """New articles, in one go."""
    fulltext.add(conn, [(article_id, fulltext.terms_of(fields)) for article_id, fields in rows])


def reindex_article(conn: Connection, article_id: int, before: Fields, after: Fields) -> None:
    """``before`` must be what it was indexed with."""
    if before != after:
        fulltext.change(conn, article_id, fulltext.terms_of(before), fulltext.terms_of(after))


def unindex_article(conn: Connection, article_id: int, fields: Fields) -> None:
    """``fields`` must be what it was indexed with."""
    fulltext.remove(conn, article_id, fulltext.terms_of(fields))


def candidates_page(
    conn: Connection,
    candidates: Candidates,
    filters: Filters | None = None,
    after: Place | None = None,
    limit: int = 100,
    order: Order = "newest",
) -> list[Place]:
    return list(islice(places(conn, candidates, filters, after=after, order=order), limit))


def places(
    conn: Connection,
    candidates: Candidates,
    filters: Filters | None = None,
    *,
    after: Place | None = None,
    order: Order = "newest",
) -> Iterator[Place]:
    """All candidates, each once, found as they are asked for, so take them within the same read.

    ``newest``: by date, then id, falling. ``relevance``: first those with all of it in the title, each part newest first.
    """
    asked, filters = narrow(candidates), filters or Filters()
    if asked == NOTHING:
        return
    if isinstance(asked, Anything):
        yield from _by_date(conn, None, filters, after)
    elif order == "newest":
        yield from _walk(conn, fulltext.anywhere(conn, asked), filters, after)
    else:
        if after is None or after.in_title:
            for place in _walk(conn, fulltext.in_title(conn, asked), filters, after):
                yield Place(place.sort_at, place.id, True)
        behind = None if after is None or after.in_title else after
        yield from _walk(conn, fulltext.outside_title(conn, asked), filters, behind)


def count_candidates(
    conn: Connection, candidates: Candidates, filters: Filters | None = None, at_most: int = 10_000
) -> tuple[int, bool]:
    """How many articles would have to be judged, and whether that is all: False = there are more than ``at_most``."""
    asked, filters = narrow(candidates), filters or Filters()
    if asked == NOTHING:
        return 0, True
    found = select(articles.c.id).where(*_conditions(filters))
    if not isinstance(asked, Anything):
        matching = fulltext.matching(conn, fulltext.anywhere(conn, asked))
        found = matching if filters == Filters() else found.where(articles.c.id.in_(matching))
    counted = select(func.count()).select_from(found.limit(at_most + 1).subquery())
    n = conn.execute(counted).scalar_one()
    return min(n, at_most), n <= at_most


def documents(conn: Connection, ids: Collection[int]) -> dict[int, Document]:
    """What the matcher judges, by id; ids without an article are left out."""
    ordered, found = list(ids), {}
    for start in range(0, len(ordered), IN_ONE_STATEMENT):
        query = _DOCUMENTS.where(articles.c.id.in_(ordered[start : start + IN_ONE_STATEMENT]))
        found.update({row["id"]: _document(row) for row in conn.execute(query).mappings()})
    return found


def _walk(conn: Connection, expression: str, filters: Filters, after: Place | None) -> Iterator[Place]:
    few = fulltext.at_most(conn, expression, FEW)
    return (
        _by_date(conn, expression, filters, after)
        if few is None
        else iter(_sorted(conn, few, filters, after))
    )


def _sorted(conn: Connection, ids: Sequence[int], filters: Filters, after: Place | None) -> list[Place]:
    """Rare: never walks the archive by date."""
    found: list[Place] = []
    for start in range(0, len(ids), IN_ONE_STATEMENT):
        query = _PLACES.where(
            articles.c.id.in_(ids[start : start + IN_ONE_STATEMENT]), *_conditions(filters, after)
        )
        found += [Place(sort_at, article_id) for sort_at, article_id in conn.execute(query)]
    return sorted(found, key=_newest_first, reverse=True)


def _by_date(
    conn: Connection, expression: str | None, filters: Filters, after: Place | None
) -> Iterator[Place]:
    """Common: a stretch of the archive by date, of it what the index knows, the next stretch."""
    length = FIRST_STRETCH
    newest_first = _PLACES.order_by(articles.c.sort_at.desc(), articles.c.id.desc())
    while True:
        query = newest_first.where(*_conditions(filters, after)).limit(length)
        stretch = [Place(sort_at, article_id) for sort_at, article_id in conn.execute(query)]
        if stretch:
            yield from stretch if expression is None else _matching(conn, expression, stretch)
            after = stretch[-1]
        if len(stretch) < length:
            return
        length = min(length * 2, LONGEST_STRETCH)


def _matching(conn: Connection, expression: str, stretch: Sequence[Place]) -> list[Place]:
    # Articles of neighbouring dates mostly came in together, so their ids make a narrow window.
    window = min(place.id for place in stretch), max(place.id for place in stretch)
    matching = set(conn.execute(fulltext.matching(conn, expression, window)).scalars())
    return [place for place in stretch if place.id in matching]


def _conditions(filters: Filters, after: Place | None = None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if after is not None:
        behind = literal(after.sort_at, UtcDateTime), literal(after.id, BigInteger)
        found.append(tuple_(articles.c.sort_at, articles.c.id) < tuple_(*behind))
    if filters.since is not None:
        found.append(articles.c.sort_at >= filters.since)
    if filters.until is not None:
        found.append(articles.c.sort_at < filters.until)
    if filters.sources is not None:
        found.append(articles.c.source_id.in_(list(filters.sources)))
    if filters.lang is not None:
        lang, asked = func.lower(articles.c.lang, type_=Text), filters.lang.lower()
        found.append(or_(lang == asked, lang.startswith(f"{asked}-", autoescape=True)))
    if filters.hits_only:
        found.append(
            select(hits.c.id).where(hits.c.article_id == articles.c.id, hits.c.state != "lost").exists()
        )
    return found


def _newest_first(place: Place) -> tuple[datetime, int]:
    return place.sort_at, place.id


_PLACES: Select[datetime, int] = select(articles.c.sort_at, articles.c.id)
_DOCUMENTS: Select[Any] = select(
    articles.c.id,
    *(
        articles.c[name]
        for name in ("title", "summary", "text", "lang", "author", "url", "site_name", "published_at")
    ),
    sources.c.id.label("source"),
    *(sources.c[name] for name in ("name_zh", "name_en", "type", "tier")),
).join(sources, sources.c.id == articles.c.source_id)


def _document(row: RowMapping) -> Document:
    names = (row["source"], row["name_zh"], row["name_en"], row["site_name"])
    return Document(
        title=row["title"],
        summary=row["summary"],
        body=row["text"],
        source=tuple(name for name in names if name),
        site=host_of(row["url"]) if row["url"] else None,
        lang=row["lang"],
        author=row["author"],
        url=row["url"],
        type=row["type"],
        tier=row["tier"],
        published=row["published_at"],
    )
