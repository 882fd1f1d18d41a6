"""Days and times as a reader in one zone and one language reads them: never an hour that nobody gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location

from alerts.facts import Member, Window
from alerts.item import Item, Outlet
from alerts.phrases import Phrases
from alerts.prose import keep


@dataclass(frozen=True, slots=True)
class Calendar:
    say: Phrases
    zone: ZoneInfo
    today: date
    """The day of the issue; its year need not be said."""

    def day(self, value: date) -> str:
        own = value.year == self.today.year
        if self.say.language == "zh":
            return ("" if own else f"{value.year}-") + f"{value.month:02}-{value.day:02}"
        return f"{value.day} {self._month(value)}" + ("" if own else f" {value.year}")

    def long_day(self, value: date) -> str:
        weekday = self.say("long_weekdays").split()[value.weekday()]
        if self.say.language == "zh":
            return keep(f"{value.month} 月 {value.day} 日 {weekday}")
        return keep(f"{weekday} {value.day} {self.say('long_months').split()[value.month - 1]}")

    def exact(self, value: datetime) -> str:
        """Day and time: for what we did ourselves."""
        local = value.astimezone(self.zone)
        return keep(f"{self.day(local.date())} {local:%H:%M}")

    def moment(self, value: datetime) -> str:
        """Day and time as others gave them; midnight is how a missing hour is stored, so the day alone."""
        local = value.astimezone(self.zone)
        return keep(self.day(local.date())) if _is_midnight(local) else self.exact(value)

    def local_day(self, value: datetime) -> str:
        return keep(self.day(value.astimezone(self.zone).date()))

    def clock(self, value: datetime) -> str:
        """The time alone on the day of the issue."""
        local = value.astimezone(self.zone)
        return keep(f"{local:%H:%M}") if local.date() == self.today else self.exact(value)

    def published(self, article: Item | Member) -> str:
        if article.published is None:
            return self.say("undated", moment=self.exact(article.first_seen))
        if article.precision == "minute":
            return self._minute(article.published, self._own_zone(article.zone))
        mark = self.say("month_only_mark" if article.precision == "month" else "date_only_mark")
        return self.say("date_only", day=self._coarse(article.published, article), mark=keep(mark))

    def beside(self, outlet: Outlet, lead: Item) -> str:
        """For another outlet of a story: the time alone on the day that its lead article already says."""
        if outlet.published is None:
            return ""
        if outlet.precision != "minute":
            return self._coarse(outlet.published, outlet)
        local = outlet.published.astimezone(self.zone)
        said = (
            lead.published.astimezone(self.zone).date()
            if lead.published and lead.precision == "minute"
            else None
        )
        return keep(f"{local:%H:%M}") if local.date() == said else self.exact(outlet.published)

    def days_late(self, item: Item) -> int:
        published = item.published or item.first_seen
        own = published.astimezone(self._own_zone(item.zone)).date()
        return max(0, (item.first_seen.astimezone(self.zone).date() - own).days)

    def zone_note(self, window: Window) -> str:
        if self.zone.key in ("UTC", "Etc/UTC"):
            return self.say("zone_utc")
        start, end = (_offset(moment.astimezone(self.zone)) for moment in (window.start, window.end))
        note = self.say("zone", city=self.city(self.zone), offset=end if start == end else f"{start} → {end}")
        return keep(note) if self.say.language == "zh" else note

    def city(self, zone: ZoneInfo) -> str:
        known = f"city_{zone.key}"
        if self.say.has(known):
            return self.say(known)
        return get_timezone_location(zone, locale=self.say.language, return_city=True)

    def _minute(self, value: datetime, own: ZoneInfo) -> str:
        there, here = value.astimezone(own), value.astimezone(self.zone)
        if there.utcoffset() == here.utcoffset():
            return self.exact(value)
        home = f"{here:%H:%M}" if here.date() == there.date() else f"{self.day(here.date())} {here:%H:%M}"
        return self.say(
            "abroad",
            moment=keep(f"{self.day(there.date())} {there:%H:%M}"),
            city=self.city(own),
            home=keep(self.say("abroad_home", city=self.city(self.zone), moment=home)),
        )

    def _coarse(self, value: datetime, article: Item | Member | Outlet) -> str:
        """The day, or month, as the publisher printed it in its own zone."""
        local = value.astimezone(self._own_zone(article.zone)).date()
        if article.precision != "month":
            return keep(self.day(local))
        return keep(
            f"{local.year}-{local.month:02}"
            if self.say.language == "zh"
            else f"{self._month(local)} {local.year}"
        )

    def _own_zone(self, zone: str | None) -> ZoneInfo:
        return ZoneInfo(zone) if zone else self.zone

    def _month(self, value: date) -> str:
        return self.say("months").split()[value.month - 1]


def _is_midnight(local: datetime) -> bool:
    return local.time().replace(second=0, microsecond=0) == time()


def _offset(local: datetime) -> str:
    minutes = int((local.utcoffset() or local - local).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes >= 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")
