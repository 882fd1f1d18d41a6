"""The parts of the service as lines of the operation page: each with its health and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from desk.views import Condition, Health, Status
from web.voice import Voice

CONDITIONS: tuple[Condition, ...] = ("attention", "retrying", "partial", "unchecked", "fine", "paused")
"""In the order in which they want a person."""
HEALTHS: tuple[Health, ...] = ("ok", "waiting", "attention", "unset", "unchecked")


@dataclass(frozen=True, slots=True)
class PartLine:
    key: str
    health: Health
    detail: Markup


def part_lines(status: Status, voice: Voice) -> list[PartLine]:
    return [
        PartLine("database", status.database.health, _database(status, voice)),
        PartLine("web", status.web.health, _web(status, voice)),
        PartLine("scheduler", status.scheduler.health, _scheduler(status, voice)),
        PartLine("parsers", status.parsers.health, _parsers(status, voice)),
        PartLine("matching", status.matching.health, _matching(status, voice)),
        PartLine("network", status.network.health, _network(status, voice)),
        PartLine("sources", status.sources.health, _sources(status, voice)),
        PartLine("digests", status.digests.health, _digests(status, voice)),
        PartLine("mail", status.mail.health, _mail(status, voice)),
    ]


def parts_summary(lines: list[PartLine], voice: Voice) -> Markup:
    """9 项：6 项正常，2 项等网络，1 项未设"""
    counts = {health: sum(line.health == health for line in lines) for health in HEALTHS}
    told = [voice.say(f"parts_{health}", n=n) for health, n in counts.items() if n]
    return voice.say("parts_count", n=len(lines)) + voice.say("comma").join(told)


def _database(status: Status, voice: Voice) -> Markup:
    part = status.database
    counts = voice.say(
        "database_counts",
        engine=part.engine,
        sources=part.sources,
        watches=part.watches,
        articles=part.articles,
    )
    return (
        counts
        if part.size_bytes is None
        else counts + voice.say("database_size", size=voice.size(part.size_bytes))
    )


def _web(status: Status, voice: Voice) -> Markup:
    return voice.say("web_loopback" if status.web.loopback_only else "web_open", address=status.web.address)


def _scheduler(status: Status, voice: Voice) -> Markup:
    part, dates = status.scheduler, voice.dates
    if part.health == "attention":
        return voice.say("scheduler_none")
    if part.last_at is None:
        return voice.say("scheduler_soon")
    last = dates.full(part.last_at)
    if part.next_at is None:
        return voice.say("scheduler_last", last=last)
    return voice.say("scheduler_times", last=last, next=_to_come(part.next_at, voice))


def _to_come(moment: datetime, voice: Voice) -> str:
    if moment <= voice.dates.now:
        return voice.say("now_due")
    return voice.dates.coming(moment)


def _parsers(status: Status, voice: Voice) -> Markup:
    part = status.parsers
    if part.workers is None:
        return voice.say("parsers_elsewhere")
    ready = voice.say("parsers_ready", n=part.workers)
    return ready + voice.say("parsers_killed", n=part.killed) if part.killed else ready


def _matching(status: Status, voice: Voice) -> Markup:
    part = status.matching
    rules = voice.say("matching_rules", n=part.rules, broken=part.broken)
    return rules + voice.say("matching_waiting", n=part.waiting) if part.waiting else rules


def _network(status: Status, voice: Voice) -> Markup:
    part = status.network
    told = (
        voice.say("network_resolver", resolver=part.resolver)
        if part.resolver
        else voice.say("network_system")
    )
    if part.cause is None or part.since is None:
        return told + voice.say("comma") + voice.say("network_ok") if part.health == "ok" else told
    return told + voice.say(
        "network_fault", cause=voice.cause(part.cause), since=voice.dates.full(part.since)
    )


def _sources(status: Status, voice: Voice) -> Markup:
    part = status.sources
    if part.health in ("waiting", "unchecked"):
        key = "sources_offline" if part.health == "waiting" else "sources_waiting"
        return voice.say(key, n=sum(n for state, n in part.counts.items() if state != "paused"))
    counts = ((state, part.counts.get(state, 0)) for state in CONDITIONS)
    told = [voice.say("sources_counts", state=voice.say(f"state_{state}"), n=n) for state, n in counts if n]
    pages = voice.say("sources_pages", n=part.pages_waiting) if part.pages_waiting else Markup("")
    return voice.say("comma").join(told) + pages


def _digests(status: Status, voice: Voice) -> Markup:
    coming = status.digests.next
    if coming is None:
        return voice.say("digests_unset")
    return voice.say("digests_at", when=voice.dates.coming(coming.at), n=coming.stories)


def _mail(status: Status, voice: Voice) -> Markup:
    part = status.mail
    told = (
        voice.say("mail_server", server=part.server)
        if part.server
        else voice.say("mail_folder", folder=part.folder)
    )
    if part.queued:
        told += voice.say("mail_queued", n=part.queued)
    return told + voice.say("mail_failed", n=part.failed) if part.failed else told
