"""What becomes of hits when an article is judged again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.types import Names, Span, Watch
from desk.judging import settle
from matching.matcher import Match
from storage.hits import Hit

NOW = datetime(2026, 3, 27, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
WATCHES = {"tisc": Watch("tisc", Names("技术", "TISC"), "TISC", version=3)}
MATCH = Match(spans=(Span("body", 2, 6),), clause="TISC")
PENDING = Hit(1, "tisc", 3, "pending", MATCH.spans, "TISC", NOW, final_by=LATER)
LIVE = replace(PENDING, state="live", final_by=None)


def test_a_match_before_the_page_is_read_is_pending() -> None:
    new, changed = settle(1, [], {"tisc": MATCH}, WATCHES, now=NOW, final_by=LATER)

    assert (new, changed) == ([PENDING], [])


def test_the_read_page_makes_a_pending_hit_live_and_keeps_its_time() -> None:
    new, changed = settle(1, [PENDING], {"tisc": MATCH}, WATCHES, now=LATER, final_by=None)

    assert (new, changed) == ([], [LIVE])


def test_a_hit_that_fails_in_the_body_is_lost_not_deleted() -> None:
    new, changed = settle(1, [PENDING], {}, WATCHES, now=LATER, final_by=None)

    assert (new, changed) == ([], [replace(PENDING, state="lost", final_by=None)])


def test_a_hit_that_comes_back_counts_from_now() -> None:
    lost = replace(LIVE, state="lost")

    new, changed = settle(1, [lost], {"tisc": MATCH}, WATCHES, now=LATER, final_by=None)

    assert (new, changed) == ([], [replace(LIVE, at=LATER)])


def test_a_live_hit_does_not_become_pending_again() -> None:
    new, changed = settle(1, [LIVE], {"tisc": MATCH}, WATCHES, now=LATER, final_by=LATER)

    assert (new, changed) == ([], [])


def test_a_hit_that_may_never_be_told_stays_so() -> None:
    silent = replace(LIVE, silent=True)

    new, changed = settle(
        1, [silent], {"tisc": replace(MATCH, clause="x")}, WATCHES, now=LATER, final_by=None
    )

    assert (new, changed) == ([], [replace(silent, clause="x")])
