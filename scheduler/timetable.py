"""The jobs of the service, as data. Each only asks what is due and hands it on; none waits for a crawl."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from core.types import Names

JobName = Literal[
    "lease",
    "requests",
    "rejudge",
    "collect",
    "pages",
    "settle",
    "digests",
    "deliver",
    "heartbeat",
    "backup",
    "housekeeping",
]


@dataclass(frozen=True, slots=True)
class Job:
    name: JobName
    every: timedelta
    what: Names


def timetable(tick: timedelta) -> tuple[Job, ...]:
    """``tick``: between two looks at which sources are due. A shorter one also hurries what waits for the sources."""
    second = timedelta(seconds=1)
    return (
        Job("lease", second, Names("续约", "keep the lease")),
        Job("requests", second, Names("接命令行的活", "take what commands ask for")),
        # A changed watch must be followed within 5 s.
        Job("rejudge", 2 * second, Names("按改过的关注重判", "judge again after a watch was changed")),
        Job("collect", tick, Names("采集到点的信源", "start the sources that are due")),
        Job("pages", min(tick, 5 * second), Names("取文章页", "start the article pages that are due")),
        Job("settle", min(tick, 10 * second), Names("确认命中", "settle hits whose page does not come")),
        Job("digests", min(tick, 15 * second), Names("编简报", "freeze the digests that are due")),
        Job("deliver", min(tick, 5 * second), Names("发简报", "deliver what is in the outbox")),
        Job("heartbeat", timedelta(minutes=10), Names("报平安", "tell that the service lives")),
        Job("backup", timedelta(minutes=30), Names("备份", "back up each night")),
        Job("housekeeping", timedelta(hours=1), Names("清理", "tidy up")),
    )
