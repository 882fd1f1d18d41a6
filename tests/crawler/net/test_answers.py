"""What statuses and headers of answers mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.answers import failure, fresh_for, retry_after, validator

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(minutes=2)),
        ("Tue, 24 Nov 2026 08:01:00 GMT", timedelta(minutes=1)),
        ("Tue, 24 Nov 2026 16:01:00 +0800", timedelta(minutes=1)),
        ("99999999999", timedelta(hours=24)),
        ("Tue, 24 Nov 2099 08:01:00 GMT", timedelta(hours=24)),
        ("Tue, 24 Nov 2026 07:59:00 GMT", None),
        ("0", None),
        ("-5, soon", None),
        ("１２０", None),
        ("", None),
    ],
)
def test_retry_after(value: str, expected: timedelta | None) -> None:
    assert retry_after(value, NOW) == expected


@given(st.text(max_size=60))
def test_retry_after_is_never_more_than_a_day_and_never_past(value: str) -> None:
    wait = retry_after(value, NOW)

    assert wait is None or timedelta(0) < wait <= timedelta(hours=24)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (204, {}, ("http-204", "transient")),
        (206, {}, ("http-206", "transient")),
        (304, {}, ("http-304", "transient")),
        (401, {}, ("http-401", "permanent")),
        (403, {}, ("http-403", "permanent")),
        (403, {"cf-mitigated": "challenge"}, ("bot-protection", "permanent")),
        (403, {"server": "ddos-guard"}, ("bot-protection", "permanent")),
        (404, {"x-iinfo": "1-2-3"}, ("http-404", "permanent")),
        (410, {}, ("http-410", "permanent")),
        (412, {}, ("bot-protection", "permanent")),
        (429, {"retry-after": "60"}, ("http-429", "transient")),
        (503, {}, ("http-503", "transient")),
        (521, {"set-cookie": "__jsluid_s=1"}, ("bot-protection", "permanent")),
        (999, {}, ("http-999", "transient")),
    ],
)
def test_failures(status: int, headers: dict[str, str], expected: tuple[str, str]) -> None:
    error = failure(status, headers, "https://news.example/", NOW)

    assert error is not None
    assert (error.error_class, error.outcome) == expected
    assert error.status == status


def test_only_busy_servers_may_ask_to_wait() -> None:
    busy = failure(429, {"retry-after": "60"}, "https://news.example/", NOW)
    broken = failure(500, {"retry-after": "60"}, "https://news.example/", NOW)

    assert busy is not None and busy.retry_after == timedelta(minutes=1)
    assert broken is not None and broken.retry_after is None


def test_a_whole_answer_is_no_failure() -> None:
    assert failure(200, {}, "https://news.example/", NOW) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("max-age=600", timedelta(minutes=10)),
        ("public, s-maxage=9, max-age=600", timedelta(minutes=10)),
        ("max-age=99999999", timedelta(days=1)),
        ("max-age=0", None),
        ("no-store", None),
    ],
)
def test_freshness(value: str, expected: timedelta | None) -> None:
    assert fresh_for({"cache-control": value}) == expected


def test_validators_that_cannot_be_sent_back_are_not_kept() -> None:
    assert validator('W/"5f3-1"') == 'W/"5f3-1"'
    assert validator('"' + "e" * 8000 + '"') is None
    assert validator('"\x1b[31m"') is None
    assert validator('"é"') is None
