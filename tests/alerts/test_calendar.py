from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.calendar import Calendar
from alerts.facts import Window
from alerts.phrases import Phrases
from alerts.prose import bare


def calendar(language, zone="Asia/Shanghai"):
    return Calendar(Phrases(language), ZoneInfo(zone), date(2026, 11, 24))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("published", "precision", "zone", "zh", "en"),
    [
        ("2026-11-23T07:42", "minute", None, "11-23 15:42", "23 Nov 15:42"),
        ("2026-11-22T16:00", "day", None, "11-23（仅日期）", "23 Nov (date only)"),
        ("2025-11-22T16:00", "day", None, "2025-11-23（仅日期）", "23 Nov 2025 (date only)"),
        ("2026-10-31T16:00", "month", None, "2026-11（仅月份）", "Nov 2026 (month only)"),
        ("2026-11-23T05:00", "day", "America/New_York", "11-23（仅日期）", "23 Nov (date only)"),
        (
            "2026-11-23T09:00",
            "minute",
            "Europe/Zurich",
            "11-23 10:00 日内瓦（北京 17:00）",
            "23 Nov 10:00 Geneva (17:00 Beijing)",
        ),
        (
            "2026-11-23T21:00",
            "minute",
            "Europe/Zurich",
            "11-23 22:00 日内瓦（北京 11-24 05:00）",
            "23 Nov 22:00 Geneva (24 Nov 05:00 Beijing)",
        ),
        ("2026-11-23T07:42", "minute", "Asia/Hong_Kong", "11-23 15:42", "23 Nov 15:42"),
        (None, None, None, "未标日期，11-23 16:05 发现", "no date given, found 23 Nov 16:05"),
    ],
)
def test_times_say_no_more_than_the_page_did(news, published, precision, zone, zh, en):
    article = news.article(1, "ip", "题", None, found="11-23 16:05", precision=precision, zone=zone)
    item = _with_date(article, utc(published) if published else None)

    assert bare(calendar("zh").published(item)) == zh
    assert bare(calendar("en").published(item)) == en


def test_a_day_is_the_publishers_day_whatever_zone_the_reader_is_in(news):
    article = _with_date(
        news.article(1, "ip", "题", None, precision="day", zone="Asia/Shanghai"), utc("2026-11-22T16:00")
    )

    assert bare(calendar("en", "Europe/Berlin").published(article)) == "23 Nov (date only)"


def test_midnight_of_a_newest_item_is_no_hour():
    assert bare(calendar("zh").moment(utc("2026-11-22T16:00"))) == "11-23"
    assert bare(calendar("zh").exact(utc("2026-11-22T16:00"))) == "11-23 00:00"


@pytest.mark.parametrize(
    ("zone", "zh", "en"),
    [
        ("Asia/Shanghai", "（北京时间，UTC+8，下同）", ", Beijing time (UTC+8) throughout"),
        ("America/St_Johns", "（圣约翰斯时间，UTC−3:30，下同）", ", St. John’s time (UTC−3:30) throughout"),
        ("UTC", "（协调世界时，下同）", ", UTC throughout"),
    ],
)
def test_window_names_its_zone(zone, zh, en):
    window = Window(utc("2026-11-23T00:30"), utc("2026-11-24T00:30"))

    assert bare(calendar("zh", zone).zone_note(window)) == zh
    assert bare(calendar("en", zone).zone_note(window)) == en


def test_window_over_the_end_of_summer_time_names_both_offsets():
    window = Window(utc("2026-10-24T06:30"), utc("2026-10-25T07:30"))

    assert bare(calendar("zh", "Europe/Berlin").zone_note(window)) == "（柏林时间，UTC+2 → UTC+1，下同）"


def test_long_day_is_written_as_people_do():
    assert bare(calendar("zh").long_day(date(2026, 11, 24))) == "11 月 24 日 星期二"
    assert bare(calendar("en").long_day(date(2026, 11, 24))) == "Tuesday 24 November"


def _with_date(article, published):
    from dataclasses import replace

    return replace(article, published=published)
