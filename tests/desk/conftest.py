from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_house import Desk, open_desk

from storage.db import Database


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(db, tmp_path) as made:
        yield made
