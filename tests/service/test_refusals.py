"""A database that cannot be used, and a disk that takes nothing more: one line, the right code, nothing lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from service.conftest import MakePlace
from service.living import Place, marks_told, stored_marks, until
from service.town import Outlet

COMMANDS = [
    ("status",),
    ("run", "--no-web"),
    ("crawl",),
    ("search", "TISC"),
    ("watch", "edit", "tisc", "--query", "x"),
]


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
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("CREATE TABLE recipes (name)")
    conn.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (of_newer_schema, "install Presswatch"),
        (without_its_head, "put back a backup copy"),
        (cut_in_half, "put back a backup copy"),
        (of_another_program, "name another"),
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


@dataclass
class Disk:
    folder: Path

    def fill(self) -> None:
        with (self.folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        (self.folder / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = sys.platform == "linux" and mount(folder, "size=12m")
    if not mounted:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(folder: Path, options: str) -> bool:
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
    return made.returncode == 0


def test_a_service_on_a_full_disk_lives_and_goes_on_when_there_is_space(
    make_place: MakePlace, outlets: list[Outlet], disk: Disk
) -> None:
    place = make_place(outlets, data_dir=disk.folder / "data")
    outlets[0].publish(1)
    with place.service() as service, place.database() as db:
        until(lambda: len(stored_marks(db)) == 1, say=lambda: service.log)
        disk.fill()
        for number in range(2, 30):
            outlets[number % 2].publish(number)
        until(lambda: "the disk is full" in service.log, say=lambda: service.log)

        refused = [
            place.here(*arguments) for arguments in (COMMANDS[-1], ("digest", "send", "daily"), ("crawl",))
        ]
        read = [place.here(*arguments) for arguments in (("status",), ("search", "TISC"))]
        assert {(done.code, done.out) for done in refused} == {(1, "")}
        assert all(
            "the disk is full" in done.complaint and "free space" in done.complaint for done in refused
        )
        assert [done.code for done in read] == [0, 0]

        disk.free()
        planted = Counter(story.mark for outlet in outlets for story in outlet.stories)
        until(lambda: Counter(stored_marks(db)) == planted, say=lambda: service.log)
        assert "Traceback" not in service.log
    assert place.here("crawl", "--all", "--wait-pages").code == 0
    assert place.here("digest", "send", "daily").code == 0
    assert marks_told(place.data) == planted


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Rights do not bind root: it is given the folder as a disk that is read only."""
    if os.geteuid():
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    bound = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True).returncode == 0
    if not bound:
        pytest.skip("root needs the right to mount")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_folder_that_cannot_be_written_is_said_in_one_line(
    make_place: MakePlace, outlets: list[Outlet], tmp_path: Path
) -> None:
    place = make_place(outlets)
    assert place.here("status").code == 0
    with unwritable(place.data):
        ended = [
            place.here(*arguments)
            for arguments in (("run", "--no-web"), ("watch", "edit", "tisc", "--query", "x"))
        ]

    assert {(done.code, done.out) for done in ended} == {(1, "")}
    assert all(str(place.data) in done.complaint and "writ" in done.complaint for done in ended), ended
    assert place.here("watch", "show", "tisc", "--json").document["query"] == "TISC"
