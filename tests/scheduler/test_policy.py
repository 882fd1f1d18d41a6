"""What a fetch means for the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.types import Entry, Found, Names, Source, SourceState
from scheduler import policy
from scheduler.pace import LONGEST_INTERVAL

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FIVE = timedelta(minutes=5)
SOURCE = Source("gazette", Names("公报", "Gazette"), "https://gazette.example/rss")
KNOWN = SourceState(
    "gazette",
    next_due=NOW,
    checked_at=NOW - timedelta(hours=1),
    succeeded_at=NOW - timedelta(hours=1),
    outcome="ok",
    status=200,
    etag='"a"',
    last_modified="Mon, 23 Nov 2026 10:00:00 GMT",
    body_hash="aa",
    interval=timedelta(hours=1),
    newest_at=NOW - timedelta(days=2),
    first_done_at=NOW - timedelta(days=30),
    entries_seen=20,
)


def good(**values: Any) -> Found:
    return Found("gazette", NOW, "ok", **({"status": 200, "etag": '"b"', "body_hash": "bb"} | values))


def bad(error_class: str = "timeout", status: int | None = None, **values: Any) -> Found:
    return Found(
        "gazette",
        NOW,
        **({"outcome": "transient"} | values),
        status=status,
        error_class=error_class,
        error="no",
    )


def after(found: Found, state: SourceState = KNOWN, source: Source = SOURCE, **values: Any) -> SourceState:
    given_values: dict[str, Any] = {
        "now": NOW, "jitter": 0.0, "min_interval": FIVE, "zone": ZONE, "newest": state.newest_at, "new": 0,
    }  # fmt: skip
    return policy.next_state(source, state, found, **(given_values | values))


def wait(state: SourceState) -> timedelta:
    assert state.next_due is not None
    return state.next_due - NOW


def failed(times: int, found: Found, source: Source = SOURCE, state: SourceState = KNOWN) -> SourceState:
    for _ in range(times):
        state = after(found, state, source)
    return state


def test_good_answer_is_remembered_whole() -> None:
    failing = replace(
        KNOWN, failures=3, weight=2.5, failing_since=NOW - timedelta(days=1), error="no", outcome="transient"
    )
    found = good(
        entries=(Entry("https://gazette.example/1", "One"),), resolved_url="https://gazette.example/feed"
    )

    state = after(found, failing, new=1, newest=NOW - timedelta(minutes=1))

    assert state == replace(
        KNOWN,
        next_due=NOW + timedelta(minutes=30),
        checked_at=NOW,
        succeeded_at=NOW,
        etag='"b"',
        last_modified=None,
        body_hash="bb",
        interval=timedelta(minutes=30),
        newest_at=NOW - timedelta(minutes=1),
        resolved_url="https://gazette.example/feed",
        entries_seen=1,
    )


def test_failed_answer_keeps_what_was_known() -> None:
    state = after(bad("http-503", 503))

    assert state == replace(
        KNOWN,
        next_due=NOW + timedelta(minutes=30),
        checked_at=NOW,
        outcome="transient",
        status=503,
        error="no",
        failures=1,
        weight=0.5,
        failing_since=NOW,
    )


def test_first_good_answer_starts_the_pace_whatever_it_brought() -> None:
    state = after(good(), SourceState("gazette", next_due=NOW), new=100, newest=NOW)

    assert (wait(state), state.first_done_at) == (timedelta(minutes=30), NOW)


def test_learned_wait_halves_with_news_and_grows_without() -> None:
    assert wait(after(good(), new=3)) == timedelta(minutes=30)
    assert wait(after(good(), new=0)) == timedelta(minutes=90)


def test_learned_wait_grows_no_further_than_a_part_of_the_silence() -> None:
    recent = NOW - timedelta(hours=5)

    assert wait(after(good(), newest=recent)) == timedelta(minutes=75)
    assert wait(after(good(), newest=NOW - timedelta(minutes=1))) == timedelta(hours=1)


def test_learned_wait_stays_between_the_shortest_and_the_longest() -> None:
    long, short = replace(KNOWN, interval=timedelta(hours=11)), replace(KNOWN, interval=timedelta(minutes=6))

    assert wait(after(good(), long)) == LONGEST_INTERVAL
    assert wait(after(good(), short, new=9)) == FIVE


def test_feed_that_names_its_ttl_is_asked_no_sooner() -> None:
    assert wait(after(good(ttl=timedelta(hours=3)), new=1)) == timedelta(hours=3)
    assert wait(after(good(ttl=timedelta(days=30)))) == LONGEST_INTERVAL


def test_fixed_wait_is_kept_whatever_was_new() -> None:
    hourly = replace(SOURCE, every="20m")

    assert wait(after(good(), source=hourly, new=5, jitter=1.0)) == timedelta(minutes=20)
    assert wait(after(good(ttl=timedelta(hours=5)), source=hourly)) == timedelta(minutes=20)


def test_no_source_is_asked_more_often_than_the_service_allows() -> None:
    assert wait(after(good(), source=replace(SOURCE, every="2s"))) == FIVE
    assert wait(after(good(), source=replace(SOURCE, every="* * * * *"))) == FIVE
    assert (
        wait(after(good(), source=replace(SOURCE, every="2s"), min_interval=timedelta(seconds=1))).seconds
        == 2
    )


def test_cron_source_is_asked_at_its_local_times() -> None:
    morning = replace(SOURCE, every="45 8 * * mon-fri")

    assert after(good(), source=morning).next_due == datetime(2026, 11, 25, 0, 45, tzinfo=UTC)


def test_cron_source_that_failed_once_is_tried_again_soon_and_then_at_its_times() -> None:
    morning = replace(SOURCE, every="45 8 * * *")

    once = after(bad(), source=morning)

    assert once.next_due == NOW + timedelta(minutes=30)
    assert after(bad(), once, morning).next_due == datetime(2026, 11, 25, 0, 45, tzinfo=UTC)


def test_source_backs_off_after_three_timeouts() -> None:
    every = replace(SOURCE, every="10m")

    waits = [wait(failed(times, bad(), every)) for times in (1, 2, 3, 4)]

    assert waits == [timedelta(minutes=minutes) for minutes in (10, 20, 30, 40)]


def test_back_off_ends_at_a_day_or_the_own_wait() -> None:
    assert wait(failed(200, bad(), replace(SOURCE, every="1h"))) == timedelta(days=1)
    assert wait(failed(200, bad(), replace(SOURCE, every="7d"))) == timedelta(days=7)


@pytest.mark.parametrize(
    ("found", "weight"),
    [
        (bad("timeout"), 1.0),
        (bad("tls"), 1.0),
        (bad("http-404", 404, outcome="permanent"), 0.5),
        (bad("http-429", 429), 0.5),
        (bad("http-500", 500), 0.5),
        (bad("http-599", 599), 0.5),
        (bad("http-600", 600), 1.0),
        (bad("dns"), 0.25),
    ],
)
def test_soft_errors_weigh_less(found: Found, weight: float) -> None:
    assert failed(4, found).weight == 4 * weight


def test_soft_errors_back_off_later() -> None:
    every = replace(SOURCE, every="10m")

    assert wait(failed(4, bad("dns"), every)) == timedelta(minutes=10)
    assert wait(failed(8, bad("dns"), every)) == timedelta(minutes=20)
    assert wait(failed(4, bad("http-404", 404, outcome="permanent"), every)) == timedelta(minutes=20)


def test_source_that_forbids_is_asked_once_a_day() -> None:
    assert wait(after(bad("http-403", 403, outcome="permanent"))) == timedelta(days=1)


def test_gone_ends_the_schedule_and_only_a_good_answer_lifts_it() -> None:
    gone = after(bad("http-410", 410, outcome="permanent"))
    asked_again = after(bad("timeout"), gone, now=NOW + timedelta(days=2))

    assert (gone.next_due, gone.ended_at) == (None, NOW)
    assert (asked_again.next_due, asked_again.ended_at) == (None, NOW)
    lifted = after(good(), asked_again)
    assert lifted.ended_at is None
    assert wait(lifted) > timedelta()


def test_retry_after_binds_up_to_a_day() -> None:
    assert wait(after(bad("http-429", 429, retry_after=timedelta(hours=5)))) == timedelta(hours=5)
    assert wait(after(bad("http-429", 429, retry_after=timedelta(days=9)))) == timedelta(days=1)
    assert wait(after(bad("http-429", 429, retry_after=timedelta(seconds=1)))) == timedelta(minutes=30)


def test_unchanged_answer_keeps_validators_and_what_was_seen() -> None:
    state = after(Found("gazette", NOW, "not-modified", status=304))

    kept = ("etag", "last_modified", "body_hash", "entries_seen", "newest_at")
    assert [getattr(state, name) for name in kept] == [getattr(KNOWN, name) for name in kept]
    assert (state.outcome, state.succeeded_at) == ("not-modified", NOW)


def test_first_304_of_a_day_makes_the_next_request_unconditional() -> None:
    yesterday = replace(KNOWN, succeeded_at=NOW - timedelta(hours=12))

    state = after(Found("gazette", NOW, "not-modified", status=304), yesterday)

    assert (state.etag, state.last_modified, state.body_hash) == (None, None, "aa")


def test_unchanged_answer_to_a_partly_read_one_is_still_partly_read() -> None:
    partly = replace(KNOWN, outcome="degraded", error="3 entries without a link")

    state = after(Found("gazette", NOW, "not-modified", status=304), partly)

    assert (state.outcome, state.error) == ("degraded", "3 entries without a link")
    assert after(good(), state).error is None


def test_jitter_spreads_learned_and_backed_off_waits_but_no_fixed_ones() -> None:
    assert wait(after(good(), new=1, jitter=1.0)) == timedelta(minutes=33)
    assert wait(failed(2, bad(), replace(SOURCE, every="30m"), replace(KNOWN, weight=0))) == timedelta(
        hours=1
    )
    assert wait(
        after(bad(), replace(KNOWN, failures=1, weight=1), replace(SOURCE, every="30m"), jitter=1.0)
    ) == timedelta(minutes=66)


def test_outage_of_our_own_network_blames_no_source() -> None:
    state = policy.after_outage(KNOWN, bad("dns"), now=NOW, jitter=0.0, min_interval=timedelta(seconds=2))

    assert state == replace(
        KNOWN,
        next_due=NOW + timedelta(minutes=1),
        checked_at=NOW,
        outcome="transient",
        status=None,
        error="no",
    )


def test_outage_lifts_no_ended_schedule() -> None:
    ended = replace(KNOWN, ended_at=NOW, next_due=None)

    assert policy.after_outage(ended, bad("dns"), now=NOW, jitter=0.0, min_interval=FIVE).next_due is None


EVERY = st.sampled_from([None, "2s", "5m", "1h", "3d", "0 9 * * mon-fri", "*/10 * * * *", "30 2 1 * *"])
FOUNDS = st.builds(
    Found,
    source_id=st.just("gazette"),
    fetched_at=st.just(NOW),
    outcome=st.sampled_from(
        ["ok", "not-modified", "degraded", "transient", "permanent", "bounded", "rejected"]
    ),
    status=st.sampled_from([None, 200, 304, 403, 404, 410, 429, 503]),
    error_class=st.sampled_from([None, "dns", "timeout"]),
    retry_after=st.none() | st.timedeltas(timedelta(0), timedelta(days=400)),
    ttl=st.none() | st.timedeltas(timedelta(0), timedelta(days=400)),
)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(FOUNDS, st.timedeltas(timedelta(0), timedelta(days=2)), st.integers(0, 30)), max_size=12
    ),
    EVERY,
    st.timedeltas(timedelta(seconds=1), timedelta(hours=2)),
    st.floats(0, 1),
    st.sampled_from([UTC, ZONE, ZoneInfo("America/St_Johns")]),
)
def test_next_fetch_is_never_in_the_past_nor_too_soon_nor_for_ever_away(
    story: list[tuple[Found, timedelta, int]],
    every: str | None,
    least: timedelta,
    jitter: float,
    zone: ZoneInfo,
) -> None:
    source, state, now = replace(SOURCE, every=every), SourceState("gazette", next_due=NOW), NOW
    for found, passed, new in story:
        now += passed
        state = policy.next_state(
            source, state, found, now=now, jitter=jitter, min_interval=least, zone=zone, newest=None, new=new
        )
        if state.next_due is None:
            assert state.ended_at is not None
        else:
            assert now + least <= state.next_due <= now + timedelta(days=66)
        assert (state.failures == 0) == (state.failing_since is None) == (state.weight == 0)


@settings(deadline=None)
@given(st.lists(FOUNDS, max_size=12), EVERY)
def test_one_success_wipes_out_every_failure(founds: list[Found], every: str | None) -> None:
    source, state = replace(SOURCE, every=every), KNOWN
    for found in founds:
        state = after(found, state, source)

    clean = after(good(), state, source)

    assert (clean.failures, clean.weight, clean.failing_since, clean.ended_at) == (0, 0.0, None, None)
    assert clean.next_due is not None


@pytest.mark.parametrize(
    ("enabled", "next_due", "due"), [(True, NOW, True), (True, NOW + timedelta(seconds=1), False), (True, None, False), (False, NOW, False)]
)  # fmt: skip
def test_source_is_due_when_it_is_on_and_its_time_has_come(
    enabled: bool, next_due: datetime | None, due: bool
) -> None:
    assert policy.is_due(replace(SOURCE, enabled=enabled), replace(KNOWN, next_due=next_due), NOW) is due


def test_new_source_is_asked_at_once() -> None:
    assert policy.is_due(SOURCE, SourceState("gazette", next_due=policy.first_due(NOW)), NOW)


def test_page_is_tried_again_ever_later_and_then_given_up() -> None:
    waits = [policy.next_page_try(attempts, NOW, 0.0) for attempts in range(1, 8)]

    minutes = [1, 5, 30, 120, 360, 1440]
    assert waits == [*(NOW + timedelta(minutes=each) for each in minutes), None]


def test_page_waits_as_long_as_its_server_asks_but_a_day() -> None:
    assert policy.next_page_try(1, NOW, 0.0, timedelta(hours=2)) == NOW + timedelta(hours=2)
    assert policy.next_page_try(1, NOW, 0.0, timedelta(days=9)) == NOW + timedelta(days=1)
    assert policy.next_page_try(5, NOW, 1.0, timedelta(seconds=1)) == NOW + timedelta(minutes=396)


def test_hit_waits_half_an_hour_for_its_page() -> None:
    assert policy.hit_deadline(NOW) == NOW + timedelta(minutes=30)


def test_find_is_late_after_three_days() -> None:
    assert not policy.late(NOW - timedelta(days=3), NOW)
    assert policy.late(NOW - timedelta(days=3, seconds=1), NOW)
    assert not policy.late(NOW - timedelta(days=4), NOW, "day")
    assert not policy.late(NOW - timedelta(days=34), NOW, "month")


@pytest.mark.parametrize(
    ("first_fetch", "age", "precision", "verdict"),
    [
        (True, timedelta(hours=1), "minute", "new"),
        (True, timedelta(days=3), "minute", "new"),
        (True, timedelta(days=3, seconds=1), "minute", "archive"),
        (True, timedelta(days=3, hours=20), "day", "new"),
        (True, timedelta(days=4, hours=1), "day", "archive"),
        (True, timedelta(days=20), "month", "archive"),
        (True, timedelta(days=1), "month", "new"),
        (True, None, None, "archive"),
        (True, timedelta(days=-2), "minute", "archive"),
        (False, timedelta(hours=1), "minute", "new"),
        (False, timedelta(days=4), "minute", "late"),
        (False, timedelta(days=3, hours=20), "day", "new"),
        (False, timedelta(days=20), "month", "new"),
        (False, timedelta(days=40), "month", "late"),
        (False, None, None, "new"),
        (False, timedelta(days=-30), "minute", "new"),
    ],
)
def test_novelty_of_a_find(first_fetch: bool, age: timedelta | None, precision: Any, verdict: str) -> None:
    published = None if age is None else NOW - age

    assert policy.novelty(first_fetch, published, precision, NOW) == verdict
