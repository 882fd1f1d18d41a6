from __future__ import annotations

import pytest

from alerts.phrases import Phrases
from alerts.schedule_words import in_words


@pytest.mark.parametrize(
    ("schedule", "zh", "en"),
    [
        ("08:30 mon-fri", "周一至周五 08:30", "Monday to Friday at 08:30"),
        ("08:30", "每天 08:30", "every day at 08:30"),
        ("8:30,17:00 daily", "每天 08:30、17:00", "every day at 08:30 and 17:00"),
        ("07:00 mon,thu", "周一、周四 07:00", "Monday and Thursday at 07:00"),
        ("07:00 mon-wed,fri", "周一至周三、周五 07:00", "Monday to Wednesday and Friday at 07:00"),
        ("09:00 day 1", "每月 1 日 09:00", "on day 1 of the month at 09:00"),
        ("09:00 last day", "每月最后一天 09:00", "on the last day of the month at 09:00"),
        ("09:00 cn-workdays", "中国工作日 09:00", "on Chinese working days at 09:00"),
        ("now and then", "now and then", "now and then"),
        ("09:00 someday", "09:00 someday", "09:00 someday"),
    ],
)
def test_schedule_is_read_out(schedule, zh, en):
    assert (in_words(schedule, Phrases("zh")), in_words(schedule, Phrases("en"))) == (zh, en)
