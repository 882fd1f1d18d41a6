"""What an HTTP answer means for us, from its status and headers alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from core.errors import FetchError
from core.types import Outcome
from core.urls import scrub

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT_REDIRECTS = frozenset({301, 308})
HOLDING = frozenset({429, 503})
LONGEST_HOLD = timedelta(hours=24)
_GONE = frozenset({401, 402, 403, 404, 405, 406, 407, 410, 411, 414, 415, 451})
_NAMES = {
    204: "the answer has no content",
    206: "half an answer, which nobody asked for",
    304: "'not modified' though nothing was known yet",
    401: "a password is asked for",
    402: "payment is asked for",
    403: "access is forbidden",
    404: "not found",
    410: "gone for good",
    429: "too many requests",
    451: "withheld for legal reasons",
    503: "the server is overloaded or in maintenance",
}
# What makers of challenge pages send with every refusal, and what only means one beside a 403.
_CHALLENGES = {"cf-mitigated": "challenge", "x-amzn-waf-action": ""}
_GUARDS = {"x-datadome": "", "x-iinfo": "", "server": "ddos-guard"}


def failure(status: int, headers: Mapping[str, str], url: str, now: datetime) -> FetchError | None:
    """None when the answer is a whole document. ``headers`` with names in lower case."""
    if status in (200, 203):
        return None
    outcome: Outcome = "permanent" if status in _GONE else "transient"
    why, error_class = (
        _NAMES.get(status, "an error of the server" if 500 <= status < 600 else "no usable answer"),
        f"http-{status}",
    )
    if _is_challenge(status, headers):
        why, error_class, outcome = "blocked by bot protection", "bot-protection", "permanent"
    return FetchError(
        f"HTTP {status}, {why}: {scrub(url)}",
        error_class=error_class,
        outcome=outcome,
        status=status,
        retry_after=retry_after(headers.get("retry-after", ""), now) if status in HOLDING else None,
    )


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3), at most 24 hours; None for anything else and for the past."""
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,20}", value):
        wait = timedelta(seconds=min(int(value), 86400))
    else:
        try:
            date = parsedate_to_datetime(value)
            wait = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(wait, LONGEST_HOLD) if wait > timedelta(0) else None


def fresh_for(headers: Mapping[str, str]) -> timedelta | None:
    """``max-age`` of Cache-Control, at most a day; None when not stated or 0."""
    match = re.search(r"(?:^|[\s,])max-age=\"?([0-9]{1,10})", headers.get("cache-control", ""), re.IGNORECASE)
    return timedelta(seconds=min(int(match[1]), 86400)) if match and int(match[1]) else None


def validator(value: str | None) -> str | None:
    """An ETag or Last-Modified as it may be kept and sent back; None when it is none or endless."""
    return value if value and len(value) <= 1000 and value.isascii() and value.isprintable() else None


def _is_challenge(status: int, headers: Mapping[str, str]) -> bool:
    # 412 without a precondition of ours and 521 with this cookie: gateways common on Chinese sites (Ruishu, Jiasule).
    if status == 412 or (status == 521 and "__jsl" in headers.get("set-cookie", "")):
        return True
    signs = _CHALLENGES if status >= 400 or status == 202 else {}
    if status == 403:
        signs = _CHALLENGES | _GUARDS
    return any(name in headers and headers[name].startswith(start) for name, start in signs.items())
