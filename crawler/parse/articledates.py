"""Every date an article page claims, most trusted first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any, Final

from htmldate import find_date
from lxml.html import HtmlElement

from core.dates import date_in_url, read_date
from core.types import DateClaim, DateOrigin
from crawler.parse.page import Loaded, text_of, types_of, visible

_ARTICLE_TYPE: Final = re.compile(
    r"Article|Posting|Report|Review|Recipe|LiveBlog|WebPage|NewsItem|Event|Creative"
)
# Lower case; most trusted first. gov.cn pages follow the national standard with PubDate.
_META_DATES: Final = (
    "article:published_time", "datepublished", "og:article:published_time", "og:published_time", "pubdate",
    "firstpublishedtime", "publishdate", "publish_date", "publish-date", "publishtime", "publish_time", "pub_date",
    "article.published", "article:post_date", "dcterms.issued", "dc.date.issued", "dcterms.created", "dc.date.created",
    "dc.date", "dcterms.date", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
    "rnews:datepublished", "article_date_original", "originalpublicationdate", "displaydate", "display_date",
    "weibo:article:create_at", "bt:pubdate", "article:create_at", "citation_publication_date", "citation_date",
    "prism.publicationdate", "datecreated", "date_published", "created", "releasedate", "apub:time", "_pubtime",
    "date", "createdate", "og:release_date", "last-publish",
)  # fmt: skip
_LABELLED: Final = re.compile(
    r"(?:发布时间|发布日期|发表时间|发表于|发布于|发文日期|成文日期|日期|时间|發布日期|發佈日期|日期|published|posted|date|release[ds]?|publi[ée] le|publicado|erschienen|veröffentlicht)"
    r"\s{0,3}(?:on|am|:|：)?\s{0,3}[:：]?",
    re.IGNORECASE,
)
_DAY_LIKE: Final = re.compile(r"\d{1,4}\s?[-./年]\s?\d|\d{1,2}\.?\s?[^\W\d_]{3,}|[^\W\d_]{3,}\.?\s?\d{1,2}")
_MODIFIED: Final = re.compile(
    r"updated|modified|last change|aktualisiert|mis à jour|更新|修改", re.IGNORECASE
)
_AROUND_TITLE: Final = 25
_BEFORE_TITLE: Final = 6
_LONGEST_DATELINE: Final = 160


def claims(page: Loaded, title: str, *, selected: Iterable[str], zone: tzinfo) -> tuple[DateClaim, ...]:
    """``selected`` are texts that the source's own rule points at; they are believed before anything else."""
    stated = (value for name in _META_DATES for value in page.meta.get(name, ()))
    near = _read(_near_title(page.tree, title), zone, "text")
    in_url = date_in_url(page.url, zone)
    found = [
        *_read(selected, zone, "text"),
        *_read(_from_things(page.things), zone, "json-ld"),
        *_read(stated, zone, "meta"),
        *_read(_from_times(page.tree), zone, "time"),
        *(claim for claim in near if claim.precision != "month"),
        *([in_url] if in_url else []),
    ]
    if all(claim.precision == "month" for claim in found):
        found.extend(_guessed(page.tree, page.url, zone))
    return tuple(dict.fromkeys(found))


def _read(texts: Iterable[str], zone: tzinfo, origin: DateOrigin) -> list[DateClaim]:
    read = (read_date(text, zone=zone, origin=origin) for text in texts)
    return [claim for claim in read if claim is not None]


def _from_things(things: list[dict[str, Any]]) -> Iterator[str]:
    for key in ("datePublished", "dateCreated"):
        for thing in things:
            value = thing.get(key)
            if isinstance(value, str) and any(_ARTICLE_TYPE.search(kind) for kind in types_of(thing)):
                yield value


def _from_times(tree: HtmlElement) -> Iterator[str]:
    """``itemprop=datePublished`` and ``pubdate`` first, then the first plain <time> elements of the article."""
    marked: list[str] = []
    plain: list[str] = []
    for element in tree.xpath(
        "//time | //*[contains(@itemprop, 'datePublished')] | //abbr[contains(@class, 'published')]"
    ):
        value = (
            element.get("datetime") or element.get("content") or element.get("title") or text_of(element, 80)
        )
        certain = "datePublished" in (element.get("itemprop") or "") or element.get("pubdate") is not None
        named = "publish" in (element.get("class") or "").lower()
        (marked if certain or named else plain).append(value)
    yield from marked[:3]
    yield from plain[:1]


def _near_title(tree: HtmlElement, title: str) -> Iterator[str]:
    """Short lines around the headline that hold a date, those that say 'published' first and 'updated' last."""
    lines = [line for piece in visible(tree) if (line := " ".join(piece.split()))]
    wanted = "".join(title.split())[:40]
    places = [i for i, line in enumerate(lines) if wanted and "".join(line.split()).startswith(wanted)]
    if not places:
        return
    at = places[1] if len(places) > 1 and places[0] == 0 else places[0]
    near = [*range(at + 1, min(len(lines), at + _AROUND_TITLE)), *range(max(0, at - _BEFORE_TITLE), at)]
    labelled: list[str] = []
    bare: list[str] = []
    for i in near:
        line = lines[i]
        if len(line) > _LONGEST_DATELINE or not _DAY_LIKE.search(line):
            continue
        before = lines[i - 1] if i and len(lines[i - 1]) < 20 else ""
        if _MODIFIED.search(line) and not _LABELLED.search(line):
            continue
        label = _LABELLED.search(line)
        (labelled if label or _LABELLED.search(before) else bare).append(
            line[label.end() :] if label else line
        )
    yield from labelled[:2]
    yield from bare[:2]


def _guessed(tree: HtmlElement, url: str, zone: tzinfo) -> list[DateClaim]:
    """htmldate's reading of the whole page. New Year's Day is what it says of a page that only shows a year."""
    guess = find_date(tree, url=url, original_date=True, extensive_search=True)
    return _read([guess], zone, "text") if guess and not guess.endswith("-01-01") else []
