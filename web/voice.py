"""One reader's language, place and moment: everything that templates say goes through it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel import Locale, UnknownLocaleError
from markupsafe import Markup, escape

from core.types import DateClaim, Names
from core.words import Words
from desk.views import Cause, SourceDay
from web.causes import advice_words, cause_key, cause_words
from web.dates import Calendar
from web.visit import Visit

PAGE_LANGUAGES = {"zh": "zh-Hans", "en": "en"}
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_HAN, _LATIN = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[A-Za-z0-9/.~]")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Voice:
    words: Words
    visit: Visit
    dates: Calendar

    def say(self, key: str, /, **values: object) -> Markup:
        """A phrase of ``words.yaml``; every value that is not a number or markup already is escaped."""
        safe = {
            name: value if isinstance(value, (int, Markup)) else escape(value)
            for name, value in values.items()
        }
        if self.visit.language == "zh":
            safe |= spaced(self.words.phrases[key]["zh"], values)
        return Markup(self.words(key, self.visit.language, **safe))

    def explains(self, cause: Cause) -> bool:
        """Whether our own words say as much as what was recorded."""
        return cause_key(self.words, cause) != "other"

    def has(self, key: str) -> bool:
        return key in self.words.phrases

    def name(self, names: Names) -> str:
        return names.in_language(self.visit.language)

    def lang(self, tag: str | None) -> Markup:
        """The ``lang`` attribute of a text that is not in the page's language; nothing for an unknown one."""
        page = PAGE_LANGUAGES[self.visit.language]
        if not tag or not _TAG.fullmatch(tag) or tag.lower() in (page.lower(), self.visit.language):
            return Markup("")
        return Markup(' lang="{}"').format(tag)

    def language_name(self, tag: str | None) -> str:
        """Of a text, as a reader calls it; the tag itself where there is no name."""
        if not tag or not _TAG.fullmatch(tag):
            return ""
        key = f"lang_{tag.lower().replace('-', '_')}"
        if self.has(key):
            return self.say(key)
        try:
            named = Locale.parse(tag, sep="-").get_language_name(
                PAGE_LANGUAGES[self.visit.language].replace("-", "_")
            )
        except (UnknownLocaleError, ValueError):
            return tag
        return named or tag

    def foreign(self, tag: str | None) -> str:
        """The language of a text when it is another one than the page's, else ''."""
        if not tag or not self.lang(tag) or (tag.split("-")[0].lower() == "en" == self.visit.language):
            return ""
        key = f"short_{tag.lower().replace('-', '_')}"
        return self.say(key) if self.has(key) else self.language_name(tag)

    def cause(self, cause: Cause) -> str:
        return cause_words(self.words, cause, self.visit.language)

    def advice(self, cause: Cause) -> Markup:
        return Markup(advice_words(self.words, cause, self.visit.language))

    def fineness(self, claim: DateClaim) -> Markup:
        """What a reader must know of a printed date: that it has no time, or that there was none; else ''."""
        if claim.origin == "first-seen":
            return self.say("no_date")
        if claim.precision == "minute":
            return Markup("")
        return self.say("month_only" if claim.precision == "month" else "date_only")

    def lag(self, lag: timedelta | None) -> Markup:
        if lag is None:
            return self.say("lag_unknown")
        return self._measured("lag", lag) if lag >= timedelta(minutes=1) else self.say("lag_none")

    def lag_in_words(self, lag: timedelta) -> Markup:
        return self._measured("lag_words", max(lag, timedelta(minutes=1)))

    def tick(self, lag: timedelta) -> Markup:
        return self._measured("tick", lag)

    def _measured(self, kind: str, lag: timedelta) -> Markup:
        if lag < _HOUR:
            return self.say(f"{kind}_minutes", n=lag // timedelta(minutes=1))
        if lag < 2 * _DAY and lag != _DAY:
            return self.say(f"{kind}_hours", n=round(lag / _HOUR))
        return self.say(f"{kind}_days", n=round(lag / _DAY))

    def source_days(self, days: Iterable[SourceDay]) -> Markup:
        told = [str(day.new) if day.state == "fine" else self.say(f"day_{day.state}") for day in days]
        return self.say("days_label", days=self.listed(told))

    def listed(self, things: Iterable[object]) -> str:
        return ("、" if self.visit.language == "zh" else ", ").join(str(thing) for thing in things)

    def size(self, size_bytes: int) -> str:
        value, unit = float(size_bytes), "B"
        for unit in ("B", "KB", "MB", "GB"):
            if value < 1000 or unit == "GB":
                break
            value /= 1000
        return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"

    def zone(self) -> str:
        key = self.dates.zone.key
        return self.say("zone_beijing") if key in ("Asia/Shanghai", "PRC") else key

    def headline_date(self, moment: datetime) -> str:
        """3 月 27 日，星期五，10:42"""
        day = self.dates.local(moment).date()
        parts = (self.dates.day(day, year=False), self.dates.weekday(day), self.dates.clock(moment))
        return self.say("comma").join(parts)

    def slot(self, moment: datetime) -> str:
        """周一，3 月 30 日 08:30"""
        day: date = self.dates.local(moment).date()
        weekday = self.dates.weekday(day, short=True)
        return f"{weekday}{self.say('comma')}{self.dates.day(day)} {self.dates.clock(moment)}"


def spaced(form: str, values: Mapping[str, object]) -> dict[str, Markup]:
    """Chinese sets a space between Han and figures or Latin; a value may begin and end with either."""
    found = {}
    for name, value in values.items():
        place = re.search(r"(.?)\{" + name + r"[^}]*\}(.?)", form)
        if place and isinstance(value, str) and not isinstance(value, Markup) and value:
            before = " " if _HAN.match(place[1]) and _LATIN.match(value[0]) else ""
            after = " " if _HAN.match(place[2]) and _LATIN.match(value[-1]) else ""
            found[name] = Markup(before) + escape(value) + Markup(after)
    return found
