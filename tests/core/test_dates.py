from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dates import choose, date_in_url, read_date
from core.types import DateClaim

BEIJING = ZoneInfo("Asia/Shanghai")


def read(text: str) -> DateClaim | None:
    return read_date(text, zone=BEIJING, origin="feed")


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2026-03-27 10:21", "2026-03-27T10:21:00+08:00"),
        ("2026/3/27 10:21:05", "2026-03-27T10:21:05+08:00"),
        ("2020/1/10 14:33:00", "2020-01-10T14:33:00+08:00"),
        ("2026年03月27日 10:21", "2026-03-27T10:21:00+08:00"),
        ("2026年3月27日（星期五）下午3:21", "2026-03-27T15:21:00+08:00"),
        ("发布时间：2026-03-27 10:21 来源：柳堤日报", "2026-03-27T10:21:00+08:00"),
        ("2026-03-27 10:21:002026-03-27 10:21:00", "2026-03-27T10:21:00+08:00"),
        ("２０２６年３月２７日 １０：２１", "2026-03-27T10:21:00+08:00"),
        ("2004년 05월 28일  오후 01:31:15", "2004-05-28T13:31:15+08:00"),
        ("20260327102100", "2026-03-27T10:21:00+08:00"),
        ("Fri, 27 Mar 2026 10:21:00 GMT", "2026-03-27T10:21:00+00:00"),
        ("Fri, 27 Mar 26 10:21:00 -0500", "2026-03-27T10:21:00-05:00"),
        ("27 Mar 2026 10:21 EDT", "2026-03-27T10:21:00-04:00"),
        ("Fri Mar 27 10:21:00 CST 2026", "2026-03-27T10:21:00+08:00"),
        ("2026-03-27T10:21:00Z", "2026-03-27T10:21:00+00:00"),
        ("2026-03-27T10:21:00.123+02:00", "2026-03-27T10:21:00+02:00"),
        ("2026-03-27T24:00:00Z", "2026-03-28T00:00:00+00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
        ("Sept. 5, 2023, 4:05 p.m. ET", "2023-09-05T16:05:00-05:00"),
        ("Updated 9:05 PM, March 27, 2026", "2026-03-27T21:05:00+08:00"),
        ("le 30 avril 2024 à 10h21", "2024-04-30T10:21:00+08:00"),
        ("27.3.26, 10:21 Uhr", "2026-03-27T10:21:00+08:00"),
        ("2026-03-27 10:21 (UTC+08:00)", "2026-03-27T10:21:00+08:00"),
        ("1774578060", "2026-03-27T02:21:00+00:00"),
        ("1774578060000", "2026-03-27T02:21:00+00:00"),
    ],
)
def test_a_printed_minute_is_read_with_its_offset(text: str, local: str) -> None:
    claim = read(text)

    assert claim == DateClaim(datetime.fromisoformat(local), "minute", "feed")
    assert claim.value.utcoffset() == datetime.fromisoformat(local).utcoffset()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-27", "2026-03-27"),
        ("2026.3.27", "2026-03-27"),
        ("2026 年 3 月 27 日", "2026-03-27"),
        ("二〇二六年三月二十七日", "2026-03-27"),
        ("二○二六年十月十日", "2026-10-10"),
        ("2026-03-272026-03-27", "2026-03-27"),
        ("20260327", "2026-03-27"),
        ("April 30, 2024", "2024-04-30"),
        ("Apr. 30, 2024", "2024-04-30"),
        ("30th of April, 2024", "2024-04-30"),
        ("30 avril 2024", "2024-04-30"),
        ("1er mai 2024", "2024-05-01"),
        ("12 août 2024", "2024-08-12"),
        ("30 de abril de 2024", "2024-04-30"),
        ("30. März 2024", "2024-03-30"),
        ("30 апреля 2024 г.", "2024-04-30"),
        ("27-Mar-2026", "2026-03-27"),
        ("27.03.2026", "2026-03-27"),
        ("27/03/2026", "2026-03-27"),
        ("3/27/2026", "2026-03-27"),
        ("٢٠٢٤-٠١-٠٢", "2024-01-02"),
        ("2024-366", "2024-12-31"),
        ("2024-W01", "2024-01-01"),
        ("2026-03-27 00:00:00", "2026-03-27"),
        ("2026-03-27T00:00:00+08:00", "2026-03-27"),
    ],
)
def test_a_printed_day_is_its_local_midnight(text: str, day: str) -> None:
    claim = read(text)

    midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), BEIJING)
    assert claim == DateClaim(midnight, "day", "feed")


@pytest.mark.parametrize("text", ["2026.03", "2026-03", "2026年3月", "March 2026", "mars 2026"])
def test_a_printed_month_is_its_first_midnight(text: str) -> None:
    assert read(text) == DateClaim(datetime(2026, 3, 1, tzinfo=BEIJING), "month", "feed")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "3小时前",
        "03-27 10:21",
        "0",
        "-1",
        "99999999999999999999",
        "inf",
        "nan",
        "1e309",
        "0x7fffffff",
        "3/4/2026",
        "32 Foo 20025 99:99:99 +9999",
        "2024-13-45T25:61:61+99:99",
        "Sat, 31 Feb 2024 12:00:00 GMT",
        "2026-03-27 10:21 +9900",
        "2024-W53-9",
        "2025-366",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "-0500-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "年月日" * 5000,
        "T" * 20_000,
    ],
)
def test_what_cannot_be_a_date_is_none(text: str) -> None:
    assert read(text) is None


@given(st.text())
def test_reading_never_raises(text: str) -> None:
    claim = read(text)

    assert claim is None or claim.value.tzinfo is not None


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(
        lambda value: value.replace(second=7, microsecond=0)
    ),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_iso_date_is_read_back_as_it_was_written(moment: datetime, minutes: int) -> None:
    sign, ahead = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{moment.isoformat()}{sign}{ahead // 60:02}:{ahead % 60:02}"

    claim = read(text)

    assert claim is not None
    assert claim.value == datetime.fromisoformat(text)


def test_pathological_dates_take_linear_time() -> None:
    bad = ["1" * 50_000, "Mon, 1 Jan 2024 00:00:00 " + "A" * 50_000, ":" * 50_000, "Mon, " * 10_000]

    began = perf_counter()
    for text in bad * 20:
        read(text)

    assert perf_counter() - began < 1


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://a.example/art/2026/1/23/art_53_1.html", "2026-01-23"),
        ("https://a.example/2026/07/09/", "2026-07-09"),
        ("https://a.example/202609/t20260913_123.html", "2026-09-13"),
        ("https://a.example/n1/2026/0327/c1001-1.html", "2026-03-27"),
        ("https://a.example/2026-03/27/content_1.htm", "2026-03-27"),
        ("https://a.example/20260327102131.html", "2026-03-27"),
        ("https://a.example/x?date=2026-03-27", "2026-03-27"),
    ],
)
def test_an_address_tells_its_day(url: str, day: str) -> None:
    midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), BEIJING)

    assert date_in_url(url, BEIJING) == DateClaim(midnight, "day", "url")


def test_an_address_may_tell_only_the_month() -> None:
    claim = date_in_url("https://a.example/202603/c1.html", BEIJING)

    assert claim == DateClaim(datetime(2026, 3, 1, tzinfo=BEIJING), "month", "url")


@pytest.mark.parametrize(
    "url", ["https://a.example/article_0123456789.html", "https://a.example/", "http://[::1", ""]
)
def test_an_address_without_a_day_tells_nothing(url: str) -> None:
    assert date_in_url(url, BEIJING) is None


@given(st.text(), st.sampled_from([UTC, BEIJING]))
def test_an_address_never_raises(url: str, zone: ZoneInfo) -> None:
    date_in_url(url, zone)


SEEN = datetime(2026, 3, 27, 12, tzinfo=UTC)
DAY = DateClaim(datetime(2026, 3, 27, tzinfo=BEIJING), "day", "meta")
MINUTE = DateClaim(datetime(2026, 3, 27, 10, 21, tzinfo=BEIJING), "minute", "text")
OTHER_DAY = DateClaim(datetime(2026, 3, 26, 9, tzinfo=BEIJING), "minute", "json-ld")
FUTURE = DateClaim(SEEN + timedelta(days=1, seconds=1), "minute", "json-ld")


def test_the_finer_claim_of_the_same_day_is_chosen() -> None:
    assert choose([DAY, MINUTE], SEEN) == MINUTE


def test_the_most_trusted_claim_wins_over_another_day() -> None:
    assert choose([DAY, OTHER_DAY], SEEN) == DAY


def test_a_month_gives_way_to_a_day_within_it() -> None:
    month = DateClaim(datetime(2026, 3, 1, tzinfo=BEIJING), "month", "text")

    assert choose([month, DAY], SEEN) == DAY


def test_a_claim_later_than_a_day_after_first_sight_is_never_chosen() -> None:
    assert choose([FUTURE, DAY], SEEN) == DAY
    assert choose([FUTURE], SEEN) is None


@given(
    st.lists(
        st.builds(
            DateClaim,
            st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 30), timezones=st.just(UTC)),
            st.sampled_from(["minute", "day", "month"]),
            st.sampled_from(["feed", "text", "url"]),
        )
    )
)
def test_the_chosen_claim_is_one_of_them_and_never_in_the_future(claims: list[DateClaim]) -> None:
    chosen = choose(claims, SEEN)

    assert chosen is None or (chosen in claims and chosen.value <= SEEN + timedelta(days=1))
