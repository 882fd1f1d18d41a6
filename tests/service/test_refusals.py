"""A database that cannot be used, and a disk that takes nothing more: one line, the right code, nothing lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from service.conftest import MakePlace
from service.living import Place, Service, marks_told, stored_marks, until
from service.town import Outlet

COMMANDS = [("status",), ("run", "--no-web"), ("crawl",), ("search", "TISC"), ("watch", "edit", "tisc", "--query", "x")]


@pytest.fixture
def filled(place: Place, outlets: list[Outlet]) -> Place:
    for number in range(20):
        outlets[0].publish(number)
    assert place.here("crawl", "--all").code == 0
    return place


def of_newer_schema(path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    conn.close()


def without_its_head(path: Path) -> None:
    path.write_bytes(b"\x00" * 100 + path.read_bytes()[100:])


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def of_another_program(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE recipes (name)")
    conn.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (of_newer_schema, "install Presswatch"),
        (without_its_head, "put back a backup copy"),
        (cut_in_half, "put back a backup copy"),
        (of_another_program, "name another file"),
    ],
)
def test_a_database_that_cannot_be_used_is_left_as_it_is(
    filled: Place, spoil: Callable[[Path], None], said: str
) -> None:
    database = filled.data / "presswatch.db"
    spoil(database)
    content = database.read_bytes()

    ended = [filled.here(*command) for command in COMMANDS]

    assert {(done.code, done.out) for done in ended} == {(1, "")}
    assert all(said in done.complaint and str(database) in done.complaint for done in ended)
    assert database.read_bytes() == content
