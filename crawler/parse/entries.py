"""The last step of every reader: plain texts, links and dates made into an Entry within documented lengths."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from core.lang import settle
from core.types import DateClaim, Entry
from core.urls import join
from crawler.parse.plain import clean, cut, one_line

MAX_TITLE: Final = 1000
MAX_TEXT: Final = 200_000
MAX_AUTHOR: Final = 300
_MAX_GUID: Final = 2000
_BEGINNING: Final = 400
_TITLE_FROM_TEXT: Final = 80
_LANG_FROM: Final = 500


@dataclass(frozen=True, slots=True)
class EntryText:
    """Plain texts of an entry."""

    title: str
    summary: str
    content: str
    author: str


def first_text(*candidates: str | None) -> str:
    return next((text for text in candidates if text and text.strip()), "")


def entry_from(
    text: EntryText,
    *,
    link: str,
    base: str,
    page: str,
    guid: str | None,
    published: DateClaim | None,
    updated: DateClaim | None,
    lang: str | None,
) -> tuple[Entry, bool]:
    """``base`` is what relative links are relative to, ``page`` the feed's own address should ``base`` be relative.
    True = a text was cut."""
    summary = text.summary or beginning(text.content, _BEGINNING)
    entry = Entry(
        url=absolute(link, base, page),
        title=cut(text.title or beginning(summary.partition("\n")[0], _TITLE_FROM_TEXT), MAX_TITLE),
        guid=_guid(guid),
        summary=cut(summary, MAX_TEXT),
        text=cut(text.content, MAX_TEXT),
        author=cut(text.author, MAX_AUTHOR) or None,
        published=published,
        updated=updated.value if updated else None,
        lang=settle(f"{text.title}\n{summary[:_LANG_FROM]}", lang),
    )
    return entry, max(len(summary), len(text.content)) > MAX_TEXT


def absolute(link: str, base: str, page: str) -> str | None:
    """None for what leads elsewhere than the web."""
    if not link.strip():
        return None
    return join(join(page, base) or page, link)


def beginning(text: str, limit: int) -> str:
    """The start of a text, cut between words where it has any."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head[:-1]).rstrip(" \n，。,;；:：、") + "…"


def _guid(guid: str | None) -> str | None:
    """Long ones are hashed: cutting would make two of them equal."""
    tidy = one_line(clean(guid or ""))
    if len(tidy) > _MAX_GUID:
        return "sha256:" + hashlib.sha256(tidy.encode()).hexdigest()
    return tidy or None
