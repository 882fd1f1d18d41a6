from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="session")
def feed_bytes() -> Callable[[str], bytes]:
    return lambda name: (DATA / "feeds" / name).read_bytes()


@pytest.fixture(scope="session")
def page_bytes() -> Callable[[str], bytes]:
    return lambda name: (DATA / "pages" / name).read_bytes()


@pytest.fixture(scope="session")
def beijing() -> ZoneInfo:
    return ZoneInfo("Asia/Shanghai")
