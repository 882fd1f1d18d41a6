"""The coverage statement: what was checked, what failed and since when, what is unusually quiet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from alerts.facts import CheckedSource, Coverage, FailedSource, QuietSource
from alerts.prose import clean, strong
from alerts.view import Narrator
from core.types import Names

_ROWS_APART = 6
"""Up to here every failure has its own sentence; above, sources that failed alike share one."""
_ALIKE = 3
_SAME_TIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be named before the rest is only counted."""

    rows: int = 20
    names: int = 40
    changes: int = 20


WIDE, TIGHT = Room(), Room(rows=4, names=6, changes=4)


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    name: str
    checked: str
    newest: str
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """The most trusted sources one by one, the other tiers in one line."""

    note: str
    rows: tuple[EvidenceRow, ...]
    more: str
    others: str


@dataclass(frozen=True, slots=True)
class CoverageView:
    note: str
    failed_head: str
    failed: tuple[str, ...]
    quiet_head: str
    quiet_why: str
    quiet: tuple[str, ...]
    tail: tuple[str, ...]
    silent_watches: str


def coverage_view(
    coverage: Coverage, narrator: Narrator, silent_watches: Sequence[Names], room: Room
) -> CoverageView:
    say, failed, quiet = narrator.say, coverage.failed, coverage.quiet
    return CoverageView(
        note=checked_note(coverage, narrator),
        failed_head=say("failed", n=len(failed)),
        failed=failed_rows(failed, narrator, room),
        quiet_head=say("quiet", n=len(quiet)) if quiet else "",
        quiet_why=say("quiet_why"),
        quiet=tuple(_quiet(quiet, narrator, room)),
        tail=tuple(_tail(coverage, narrator)),
        silent_watches=_silent(silent_watches, narrator, room),
    )


def checked_note(coverage: Coverage, narrator: Narrator) -> str:
    return narrator.say("checked", done=coverage.succeeded, all=coverage.enabled)


def failed_rows(failed: Sequence[FailedSource], narrator: Narrator, room: Room) -> tuple[str, ...]:
    """One sentence for each, with the source's name in bold; above six, sources that failed alike share one."""
    if len(failed) <= _ROWS_APART:
        return tuple(_failed(source, narrator) for source in failed)
    causes = sorted(failed, key=lambda source: _cause(source, narrator))
    groups = [list(group) for _, group in groupby(causes, key=lambda source: _cause(source, narrator))]
    rows: list[str] = []
    hidden = 0
    for group in sorted(groups, key=len, reverse=True):
        if len(rows) >= room.rows:
            hidden += len(group)
        elif len(group) < _ALIKE:
            rows += [_failed(source, narrator) for source in group]
        else:
            rows.append(_alike(group, narrator, room))
    return (*rows, narrator.say("and_more", n=hidden)) if hidden else tuple(rows)


def evidence(coverage: Coverage, narrator: Narrator, room: Room) -> Evidence | None:
    """None when the desk gave no checked sources one by one."""
    if not coverage.checked:
        return None
    best = min(_tiers(coverage))
    done = [source for source in coverage.checked if source.tier == best]
    missed = sum(source.tier == best for source in coverage.failed)
    say, tier = narrator.say, narrator.tier(best)
    note = (
        say("evidence_some", tier=tier, n=len(done) + missed, done=len(done))
        if missed
        else say("evidence_all", tier=tier, n=len(done))
    )
    quiet = {source.names for source in coverage.quiet}
    hidden = len(done) - room.rows
    return Evidence(
        note=note,
        rows=tuple(_evidence_row(source, quiet, narrator) for source in done[: room.rows]),
        more=say("and_more", n=hidden) if hidden > 0 else "",
        others=say("list").join(_other_tiers(coverage, best, narrator)),
    )


def _failed(source: FailedSource, narrator: Narrator) -> str:
    say, calendar = narrator.say, narrator.calendar
    text = strong(narrator.name(source.names))
    text += say("failed_cause", cause=_cause(source, narrator))
    text += say("failed_since", since=calendar.exact(source.since)) if source.since else ""
    text += say("failed_tries", n=source.tries) if source.tries else ""
    text += (
        say("failed_next", next=calendar.exact(source.next_try)) if source.next_try else say("failed_no_next")
    )
    newest = source.newest
    return text + (
        say("failed_newest", newest=calendar.moment(newest)) if newest else say("failed_no_newest")
    )


def _alike(group: Sequence[FailedSource], narrator: Narrator, room: Room) -> str:
    """One cause, said once, with every name; since when is said once as well where it was about the same time."""
    say, calendar = narrator.say, narrator.calendar
    begun = sorted(source.since for source in group if source.since)
    together = bool(begun) and begun[-1] - begun[0] <= _SAME_TIME
    since = say("failed_since_first", since=calendar.exact(begun[0])) if together else ""
    names = [
        narrator.name(source.names)
        + ("" if together or not source.since else say("since_mark", since=calendar.exact(source.since)))
        for source in sorted(group, key=lambda source: source.tier)
    ]
    hidden = len(names) - room.names
    listed = say("list").join(names[: room.names]) + (say("names_more", n=hidden) if hidden > 0 else "")
    lead = strong(say("failed_group", cause=_cause(group[0], narrator), n=len(group)))
    return lead + since + say("colon") + listed + say("stop") + say.gap + _next_tries(group, narrator)


def _next_tries(group: Sequence[FailedSource], narrator: Narrator) -> str:
    tries = sorted(source.next_try for source in group if source.next_try)
    if not tries:
        return ""
    ends = narrator.calendar.exact(tries[0]), narrator.calendar.exact(tries[-1])
    key = "failed_group_next" if ends[0] == ends[1] else "failed_group_span"
    return narrator.say(key, next=ends[0], last=ends[1])


def _cause(source: FailedSource, narrator: Narrator) -> str:
    known = f"cause_{source.error_class}"
    if narrator.say.has(known) and known != "cause_http":
        return narrator.say(known)
    if source.status is not None and source.status >= 400:
        return narrator.say("cause_http", status=source.status)
    return clean(source.error, 120) or narrator.say("cause_unknown")


def _quiet(quiet: Sequence[QuietSource], narrator: Narrator, room: Room) -> Iterable[str]:
    for source in quiet[: room.names]:
        day = narrator.calendar.local_day(source.newest) if source.newest else ""
        yield narrator.name(source.names) + (
            narrator.say("newest", newest=day) if day else narrator.say("no_newest")
        )
    if len(quiet) > room.names:
        yield narrator.say("and_more", n=len(quiet) - room.names)


def _tail(coverage: Coverage, narrator: Narrator) -> Iterable[str]:
    say, normal = narrator.say, coverage.succeeded - len(coverage.quiet)
    if coverage.enabled == 0:
        yield say("no_sources")
    elif coverage.succeeded == coverage.enabled and not coverage.quiet:
        yield say("all_normal", n=coverage.enabled)
    elif normal > 0:
        yield say("rest_normal", n=normal)
    if coverage.unchecked:
        yield say("unchecked", n=coverage.unchecked)


def _silent(watches: Sequence[Names], narrator: Narrator, room: Room) -> str:
    say, hidden = narrator.say, len(watches) - room.names
    names = say("list").join(narrator.name(names) for names in watches[: room.names])
    rest = say("names_more", n=hidden) if hidden > 0 else ""
    return say("silent_watches", n=len(watches), names=names + rest) if watches else ""


def _evidence_row(source: CheckedSource, quiet: set[Names], narrator: Narrator) -> EvidenceRow:
    newest = narrator.calendar.moment(source.newest) if source.newest else "—"
    return EvidenceRow(
        name=narrator.name(source.names),
        checked=narrator.calendar.clock(source.checked_at),
        newest=newest,
        is_quiet=source.names in quiet,
    )


def _other_tiers(coverage: Coverage, best: int, narrator: Narrator) -> Iterable[str]:
    for tier in sorted(_tiers(coverage) - {best}):
        failed = sum(source.tier == tier for source in coverage.failed)
        n = failed + sum(source.tier == tier for source in coverage.checked)
        mark = narrator.say("other_failed", n=failed) if failed else ""
        yield narrator.say("other_tier", tier=narrator.tier(tier), n=n, failed=mark)


def _tiers(coverage: Coverage) -> set[int]:
    return {source.tier for source in coverage.checked} | {source.tier for source in coverage.failed}
