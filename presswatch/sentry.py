"""Bugs, a heartbeat and digest check-ins to Sentry, when a DSN is set. No personal data leaves.

The expected failure of a source is a value and never an event. An event is a bug, or a job that fails for a new reason;
events of one source and class share a fingerprint, so a thousand of them are one issue.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.schedule import Weekly, parse_digest_schedule
from core.types import Subscription

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint, MonitorConfig

HEARTBEAT = "presswatch-heartbeat"
HEARTBEAT_MINUTES = 10
HIDDEN = "[hidden]"

# Whole subtrees that say who or which machine, and none of which explains a bug of ours.
_DROPPED = ("user", "request", "server_name", "modules", "breadcrumbs")
_OURS = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "sdk")
_SECRET_NAMES = re.compile(
    r"(?i)(authorization|cookie|passw|pwd|secret|token|api_?key|dsn|smtp_url|proxy|headers|recipient|^to$)"
)
_SCRUBBED = (
    # SQLAlchemy prints the values of a statement behind its text.
    (re.compile(r"(?s)\[parameters: .*?\](?=\s*(?:\n|\(Background|$))"), f"[parameters: {HIDDEN}]"),
    (re.compile(r"(?s)\[SQL: .*?\](?=\s*(?:\n|$))"), f"[SQL: {HIDDEN}]"),
    (re.compile(r"(?<=://)[^/\s@]+@"), f"{HIDDEN}@"),
    (re.compile(r"(?<=[?&])[^=&\s\"']+=[^&\s\"'#]*"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)\b(passw(?:or)?d|secret|token|api_?key)(\s*[=:]\s*)\S+"), rf"\1\2{HIDDEN}"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
)


def start(dsn: str, environment: str | None, version: str) -> None:
    """Once, before anything else of the service. Raises nothing when Sentry cannot be reached, then or later."""
    import sentry_sdk
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=dsn,
        environment=environment or "production",
        release=f"presswatch@{version}",
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        traces_sample_rate=0,
        shutdown_timeout=2,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        before_send=prepared,
    )


def heartbeat() -> None:
    """Nothing without ``start``."""
    from sentry_sdk.crons import capture_checkin

    config: MonitorConfig = {
        "schedule": {"type": "interval", "value": HEARTBEAT_MINUTES, "unit": "minute"},
        "checkin_margin": 5,
        "max_runtime": 1,
    }
    capture_checkin(monitor_slug=HEARTBEAT, status="ok", monitor_config=config)


def digest_done(subscription: Subscription, *, ok: bool) -> None:
    """One check-in for each issue, so that a digest that did not come is noticed."""
    from sentry_sdk.crons import capture_checkin

    slug = f"presswatch-digest-{subscription.id}"[:50]
    capture_checkin(
        monitor_slug=slug, status="ok" if ok else "error", monitor_config=_config_of(subscription)
    )


def prepared(event: Event, hint: Hint) -> Event | None:
    """The event as it may leave: without people and secrets, one fingerprint for each source and class."""
    extra: Mapping[str, Any] = event.get("extra") or {}
    source, kind = extra.get("source"), extra.get("error_class") or _class_of(event)
    clean: dict[str, Any] = {
        name: value if name in _OURS else scrub(value)
        for name, value in event.items()
        if name not in _DROPPED
    }
    if source:
        clean["fingerprint"] = ["source", str(source), kind]
    return clean  # type: ignore[return-value]  # the same keys, cleaned


def scrub(value: Any, name: str = "") -> Any:
    """Also inside of lists and mappings: values under telling names are hidden, telling texts cut out of others."""
    if isinstance(value, Mapping):
        return {key: scrub(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [scrub(item, name) for item in value]
    if not isinstance(value, str):
        return value
    if _SECRET_NAMES.search(name):
        return HIDDEN
    for pattern, instead in _SCRUBBED:
        value = pattern.sub(instead, value)
    return value


def _class_of(event: Event) -> str:
    values = (event.get("exception") or {}).get("values") or [{}]
    return str(values[-1].get("type") or "error")


def _config_of(subscription: Subscription) -> MonitorConfig | None:
    """Sentry knows cron times; a schedule that cron cannot say is checked by hand there."""
    schedule = parse_digest_schedule(subscription.schedule)
    if len(schedule.times) != 1 or not isinstance(schedule.days, Weekly):
        return None
    at = schedule.times[0]
    days = ",".join(str((day + 1) % 7) for day in sorted(schedule.days.weekdays))
    return {
        "schedule": {"type": "crontab", "value": f"{at.minute} {at.hour} * * {days}"},
        "timezone": subscription.timezone,
        "checkin_margin": 10,
        "max_runtime": 10,
    }
