from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_house import Browser, House, house_of
from desk_house import Desk, open_desk

from storage.db import Database


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(db, tmp_path) as made:
        yield made


@pytest.fixture
def house(desk: Desk) -> House:
    """Without a user yet. Reached by http, so cookies are plain ones."""
    return house_of(desk, base_url="http://127.0.0.1:8000")


@pytest.fixture
def local(house: House) -> Browser:
    return house.browser()


@pytest.fixture
def open_house_to_all(desk: Desk) -> House:
    """Listens on more than loopback."""
    return house_of(desk, base_url="http://127.0.0.1:8000", on_loopback=False)
