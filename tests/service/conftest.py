from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from desk_house import Desk, open_desk
from service.living import Place, place_for
from service.town import Outlet, town

from storage.db import Database

MakePlace = Callable[..., Place]
"""``(outlets, **settings)``; whatever still lives at the end of the test is killed."""


@pytest.fixture
def make_place(tmp_path: Path) -> Iterator[MakePlace]:
    with ExitStack() as stack:

        def make(outlets: list[Outlet], **settings: object) -> Place:
            place = place_for(tmp_path, outlets, **settings)  # type: ignore[arg-type]  # ``every`` is text
            stack.callback(lambda: [service.kill() for service in place.services])
            return place

        yield make


@pytest.fixture
def outlets() -> Iterator[list[Outlet]]:
    with town(2) as opened:
        yield opened


@pytest.fixture
def place(make_place: MakePlace, outlets: list[Outlet]) -> Place:
    return make_place(outlets)


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(db, tmp_path) as made:
        yield made
