"""Whose fault it is when nothing answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.outage import LatestResults, own_outage

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("results", "ours"),
    [
        ([], False),
        ([("a.example", "dns"), ("b.example", "dns")], False),
        ([("a.example", "dns"), ("b.example", "connect"), ("c.example", "timeout")], True),
        ([("a.example", "dns"), ("b.example", "connect"), ("c.example", "http-503")], False),
        ([("a.example", "dns")] * 5, False),
        ([("a.example", "dns"), ("a.example", None), ("b.example", "dns"), ("c.example", "dns")], False),
        (
            [*((f"{n}.example", "dns") for n in range(3)), *((f"{n}.example", None) for n in range(3, 6))],
            False,
        ),
        (
            [*((f"{n}.example", "dns") for n in range(4)), *((f"{n}.example", None) for n in range(4, 7))],
            True,
        ),
    ],
)
def test_most_hosts_out_of_reach_means_our_own_network(
    results: list[tuple[str, str | None]], ours: bool
) -> None:
    assert own_outage(results) is ours


def test_outage_ends_with_the_answers_and_is_forgotten_with_time() -> None:
    latest = LatestResults()

    verdicts = [latest.note(f"{name}.example", "dns", NOW) for name in "abcd"]
    answered = [latest.note(f"{name}.example", None, NOW + timedelta(minutes=1)) for name in "ab"]

    assert verdicts == [False, False, True, True]
    assert answered == [False, False]
    assert latest.note("c.example", "dns", NOW + timedelta(minutes=2)) is False
    assert latest.note("d.example", "dns", NOW + timedelta(minutes=20)) is False
