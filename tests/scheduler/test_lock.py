"""One service for each data directory, by a lock that dies with its process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import Conflict, StorageError
from scheduler.lock import FILE, Holder, ServiceLock, holder

OTHER_SERVICE = """
import sys
from pathlib import Path
from scheduler.lock import ServiceLock
lock = ServiceLock.take(Path(sys.argv[1]), 8123)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new" / "data"


def test_lock_tells_who_holds_it_and_makes_the_folder(folder: Path) -> None:
    lock = ServiceLock.take(folder, 8000)

    assert holder(folder) == Holder("service", os.getpid(), socket.gethostname(), 8000)
    lock.note(None)
    assert holder(folder) == Holder("service", os.getpid(), socket.gethostname(), None)
    lock.release()


def test_second_service_is_refused_with_the_process_that_has_the_lock(folder: Path) -> None:
    first = ServiceLock.take(folder, 8000)

    with pytest.raises(
        Conflict, match=rf"running on .*data already \(process {os.getpid()} on .*, port 8000\)"
    ):
        ServiceLock.take(folder, 8001)

    assert holder(folder) == Holder("service", os.getpid(), socket.gethostname(), 8000)
    first.release()


def test_released_lock_can_be_taken_again(folder: Path) -> None:
    first = ServiceLock.take(folder)
    first.release()
    first.release()

    assert holder(folder) is None
    ServiceLock.take(folder).release()


def test_no_service_is_found_where_none_ever_was(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    assert not (tmp_path / FILE).exists()


def test_looking_does_not_take_the_lock(folder: Path) -> None:
    ServiceLock.take(folder).release()

    assert [holder(folder), holder(folder)] == [None, None]
    ServiceLock.take(folder).release()


def test_command_that_does_the_work_of_a_service_is_told_apart(folder: Path) -> None:
    command = ServiceLock.take(folder, kind="command")

    assert holder(folder) == Holder("command", os.getpid(), socket.gethostname(), None)
    with pytest.raises(
        Conflict, match=rf"another presswatch command is at work on .* \(process {os.getpid()} on "
    ):
        ServiceLock.take(folder)
    command.release()


def test_lock_of_a_killed_process_is_free(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_SERVICE, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        held_by = holder(folder)
        with pytest.raises(Conflict, match=f"process {other.pid}"):
            ServiceLock.take(folder)
        other.kill()

    assert held_by == Holder("service", other.pid, socket.gethostname(), 8123)
    assert holder(folder) is None
    ServiceLock.take(folder).release()


@pytest.mark.parametrize("written", ["", "{", "[]", '{"pid": 1}', "\x00"])
def test_damaged_note_hides_no_living_service(folder: Path, written: str) -> None:
    lock = ServiceLock.take(folder)
    (folder / FILE).write_text(written)

    assert holder(folder) == Holder()
    with pytest.raises(Conflict, match="already: stop it first"):
        ServiceLock.take(folder)
    lock.release()


def test_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(StorageError, match="cannot be opened"):
        ServiceLock.take(tmp_path / "data")
