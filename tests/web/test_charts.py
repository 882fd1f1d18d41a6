from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from web.charts import Bar, Segment, bars, lag_position, segments


def test_a_day_without_anything_keeps_a_line_and_the_last_day_is_told_apart():
    assert bars([0, 4], 17) == [
        Bar("0.00%", 16.0, "42.50%", 1.0, False),
        Bar("50.00%", 1.0, "42.50%", 16.0, True),
    ]


def test_no_days_make_no_bars():
    assert bars([], 18) == []


def test_parts_of_a_whole_stand_side_by_side():
    assert segments([6, 3, 0]) == [
        Segment("0.00%", "66.67%"),
        Segment("66.67%", "33.33%"),
        Segment("100.00%", "0.00%"),
    ]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=3))
def test_a_part_that_is_not_nothing_can_be_seen_and_stays_inside(parts):
    for part, segment in zip(parts, segments(parts), strict=True):
        left, wide = float(segment.x[:-1]), float(segment.width[:-1])
        assert (wide >= 1.5) == (part > 0)
        assert left + wide <= 100.01


def test_lags_stand_in_their_order_between_the_ends_of_the_axis():
    longest = timedelta(days=2)
    places = [float(lag_position(timedelta(minutes=m), longest)[:-1]) for m in (0, 6, 60, 600, 2880)]

    assert places == sorted(places)
    assert (places[0], places[-1]) == (2.0, 97.0)
