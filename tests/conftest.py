"""Databases of both kinds for all rooms: a test that takes ``db`` or ``url`` runs once on each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databases import KINDS, Maker, Missing, PostgresMaker, SqliteMaker, postgres

from storage.db import Database


@pytest.fixture(scope="session")
def sqlite_maker(tmp_path_factory: pytest.TempPathFactory) -> SqliteMaker:
    return SqliteMaker(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_maker() -> Iterator[PostgresMaker]:
    try:
        with postgres() as maker:
            yield maker
    except Missing as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session", params=KINDS)
def maker(request: pytest.FixtureRequest) -> Maker:
    """Of one kind after the other."""
    found: Maker = request.getfixturevalue("sqlite_maker" if request.param == "sqlite" else "postgres_maker")
    return found


@pytest.fixture
def url(maker: Maker) -> Iterator[str]:
    """Of a database without tables."""
    made = maker.empty()
    yield made
    maker.drop(made)


@pytest.fixture
def ready_url(maker: Maker) -> Iterator[str]:
    """Of a database with tables; of ``db``, where a test takes both."""
    made = maker.ready()
    yield made
    maker.drop(made)


@pytest.fixture
def db(ready_url: str) -> Iterator[Database]:
    database = Database.open(ready_url)
    yield database
    database.close()
