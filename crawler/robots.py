"""The rules of a robots.txt (RFC 9309) as they bind us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from protego import Protego

from crawler.hostbook import Robots

KEPT = timedelta(hours=24)
LONGEST_DELAY = timedelta(seconds=30)
"""A Crawl-delay of more is taken as this: at 30 s a list of 100 pages already takes most of an hour."""
MAX_BYTES = 500 * 1024
"""RFC 9309, 2.5: this much must be read; more need not be."""


def product_token(user_agent: str) -> str:
    """The name by which a robots.txt may address us: ``Presswatch`` of ``Presswatch/1.0 (+https://…)``."""
    match = re.match(r"[A-Za-z_-]+", user_agent)
    return match[0] if match else "*"


@dataclass(frozen=True, slots=True)
class RobotRules:
    until: datetime
    """The rules are asked for again then."""
    rules: Protego | None
    """None: everything may be fetched."""
    agent: str

    def allows(self, url: str) -> bool:
        return self.rules is None or bool(self.rules.can_fetch(url, self.agent))

    @property
    def delay(self) -> timedelta:
        seconds = self.rules.crawl_delay(self.agent) if self.rules else None
        return min(timedelta(seconds=min(seconds or 0, 3600)), LONGEST_DELAY)


def read_rules(robots: Robots, agent: str, until: datetime) -> RobotRules:
    return RobotRules(until, Protego.parse(robots.text) if robots.text.strip() else None, agent)
