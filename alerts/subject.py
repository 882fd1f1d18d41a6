"""The subject line: name and date, counts, top headline. Nothing from a feed may end the header or turn its direction."""

from __future__ import annotations

import unicodedata

from alerts.calendar import Calendar
from alerts.digest import Digest
from alerts.prose import bare, clean

LONGEST = 120


def subject_of(digest: Digest, calendar: Calendar) -> str:
    """[WIPO–北京] 日报 11-24 · 7 则新报道 · <头条>"""
    say = calendar.say
    name = clean(digest.subscription.name.in_language(say.language), 40)
    head = say("subject_head", name=name, kind=say(digest.rhythm), day=day_of(digest, calendar))
    if digest.headline is None:
        return " · ".join([head, *_quiet_day(digest, calendar)])
    counted = f"{head} · {say('subject_new', n=digest.new)}"
    headline = cut(clean(digest.headline.title), LONGEST - len(counted) - 3)
    return f"{counted} · {headline}" if headline else counted


def day_of(digest: Digest, calendar: Calendar) -> str:
    """The day of the issue; with its time where one day has several."""
    day = calendar.day(calendar.today)
    hours = (digest.window.end - digest.window.start).total_seconds() / 3600
    return day if hours >= _ONE_A_DAY else bare(calendar.exact(digest.window.end))


_ONE_A_DAY = 20
"""Hours. A window shorter than this is not a daily one, even on the night the clocks change."""


def cut(text: str, longest: int) -> str:
    """At most ``longest`` characters, ended with '…' where a word ends, or after a Chinese character."""
    if len(text) <= longest:
        return text
    end = longest - 1
    while end > 0 and not _may_end(text, end):
        end -= 1
    end = end or longest - 1
    return text[: max(end, 0)].rstrip(" \u3000,.;:，。；：、·-–—(（“‘《「") + "…" if end > 0 else ""


def _may_end(text: str, end: int) -> bool:
    before, after = text[end - 1], text[end]
    if unicodedata.combining(after) or unicodedata.category(after) in ("Cf", "Mn", "Me"):
        return False
    return before.isspace() or after.isspace() or _is_han(before) or _is_han(after)


def _is_han(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _quiet_day(digest: Digest, calendar: Calendar) -> list[str]:
    say, coverage = calendar.say, digest.coverage
    parts = [say("subject_none" if coverage.succeeded else "blind")]
    parts += [say("subject_changed", n=len(digest.changes))] if digest.changes else []
    parts += [say("subject_late", n=len(digest.late))] if digest.late else []
    return [*parts, say("checked", done=coverage.succeeded, all=coverage.enabled)]
