"""What a story or change says, in words: HTML and plain part take it from here, so that they cannot differ."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from alerts.calendar import Calendar
from alerts.facts import Change
from alerts.item import Item, Outlet
from alerts.phrases import Phrases
from alerts.prose import NO_BREAK, clean, is_right_to_left, keep, marked
from core.types import Names
from core.urls import is_web

TITLE_LIMIT = 600
_NAME_LIMIT = 120
_CLAUSE_LIMIT = 400
_ALSO_SHOWN = 60
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Foreign:
    """Text of others with what a reading aloud needs: ``lang`` only where it is not the mail's."""

    text: str
    lang: str | None
    rtl: bool


@dataclass(frozen=True, slots=True)
class OutletView:
    name: str
    url: str | None
    rest: str


@dataclass(frozen=True, slots=True)
class StoryView:
    title: Foreign
    url: str | None
    address: str | None
    """An address that cannot be a link, to be read as text."""
    meta: str
    late: str
    late_meta: str
    """Both, on one line."""
    extract: Foreign | None
    clause: str
    fields: str
    others: str
    also_head: str
    also: tuple[OutletView, ...]
    also_rest: str
    archive_url: str | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    kind: str
    title: Foreign
    url: str | None
    was: Foreign | None
    meta: str
    seen: str
    is_withdrawn: bool
    original_url: str | None
    archive_url: str | None


@dataclass(frozen=True, slots=True)
class Narrator:
    say: Phrases
    calendar: Calendar
    base_url: str
    """Without a slash at the end; '' = pages are not linked."""

    def page(self, path: str) -> str | None:
        return f"{self.base_url}{path}" if self.base_url else None

    def story(self, item: Item) -> StoryView:
        shown, rest = item.also[:_ALSO_SHOWN], item.also[_ALSO_SHOWN:]
        meta, late = self._meta(item), self._late(item)
        address = clean(item.url or "", 300)
        url = web_url(item.url)
        return StoryView(
            title=self._foreign(clean(item.title, TITLE_LIMIT) or address or "—", item.lang),
            url=url,
            address=address if address and not url else None,
            meta=meta,
            late=late,
            late_meta=self.dotted((meta, late)),
            extract=self._extract(item),
            clause=clean(item.clause, _CLAUSE_LIMIT),
            fields=self._fields(item),
            others=self.say.listed([self.name(names) for names in item.other_watches], "list"),
            also_head=self.say("also", n=len(item.also)) if item.also else "",
            also=tuple(self._outlet(outlet, item) for outlet in shown),
            also_rest=self.say("also_more", n=len(rest)) if rest else "",
            archive_url=self.page(f"/articles/{item.article_id}"),
        )

    def change(self, change: Change) -> ChangeView:
        member, gone = change.member, change.kind == "withdrawn"
        archive, original = self.page(f"/articles/{member.article_id}"), web_url(member.url)
        told = self.say("told_in", day=self.calendar.local_day(change.told_at))
        parts = (self.name(member.outlet), self.tier(member.tier), self.calendar.published(member), told)
        was = self._foreign(clean(change.was_title, TITLE_LIMIT), member.lang) if change.was_title else None
        return ChangeView(
            kind=self.say(change.kind),
            title=self._foreign(clean(member.title, TITLE_LIMIT), member.lang),
            url=archive if gone else original,
            was=was if change.kind == "retitled" else None,
            meta=self.dotted(parts),
            seen=self._seen(change),
            is_withdrawn=gone,
            original_url=original,
            archive_url=archive,
        )

    def name(self, names: Names) -> str:
        return clean(names.in_language(self.say.language), _NAME_LIMIT) or "—"

    def tier(self, tier: int) -> str:
        key = f"tier_{tier}"
        return self.say(key) if self.say.has(key) else self.say("tier_n", tier=tier)

    def dotted(self, parts: Iterable[str]) -> str:
        """A · B · C; a full-width bracket brings its own blank."""
        return (
            " · ".join(part for part in parts if part)
            .replace("） ·", "）·")
            .replace("）\ufdd3 ·", "）\ufdd3·")
        )

    def _meta(self, item: Item) -> str:
        first = keep(self.say("first")) if item.is_first else ""
        return self.dotted(
            (self.name(item.outlet), self.tier(item.tier), self.calendar.published(item), first)
        )

    def _late(self, item: Item) -> str:
        found = self.calendar.exact(item.first_seen)
        return self.say("found_late", moment=found, n=self.calendar.days_late(item))

    def _fields(self, item: Item) -> str:
        names = [self.say(f"field_{field}") for field in item.fields]
        return keep(self.say("fields", fields=self.say.listed(names))) if names else ""

    def _extract(self, item: Item) -> Foreign | None:
        found = item.excerpt
        if found is None:
            return None
        dots, gap = ("……", "") if _HAN.search(found.text) else ("…", " ")
        text = marked(found.text, found.marks)
        cut = (dots + gap if found.cut_left else "") + text + (gap + dots if found.cut_right else "")
        return self._foreign(cut, item.lang)

    def _outlet(self, outlet: Outlet, lead: Item) -> OutletView:
        time = self.calendar.beside(outlet, lead)
        marks = [self.say("first_mark")] if outlet.is_first else []
        marks += [self.say("retitled_mark")] if outlet.is_retitled else []
        rest = (NO_BREAK + time if time else "") + "".join(self.say.gap + keep(mark) for mark in marks)
        return OutletView(self.name(outlet.names), web_url(outlet.url), rest)

    def _seen(self, change: Change) -> str:
        moment = self.calendar.exact(change.seen)
        if change.kind != "withdrawn":
            return self.say("change_seen", moment=moment)
        return (
            self.say("gone_since", moment=moment, status=change.status)
            if change.status
            else self.say("gone", moment=moment)
        )

    def _foreign(self, text: str, lang: str | None) -> Foreign:
        known = lang if lang and _LANG.fullmatch(lang) else None
        return Foreign(text, None if known and self._is_own(known) else known, is_right_to_left(text))

    def _is_own(self, lang: str) -> bool:
        own = ("zh", "zh-hans", "zh-cn", "zh-hans-cn") if self.say.language == "zh" else ("en",)
        return lang.lower() in own or (self.say.language == "en" and lang.lower().startswith("en-"))


def web_url(url: str | None) -> str | None:
    return url.strip() if url and is_web(url) else None
