"""The lock in the data directory: one service, or one command that does a service's work, at a time.

The system frees it when its process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

from core.errors import Conflict, StorageError

FILE = "service.lock"
LOOKS, LOOK_S = 5, 0.05

Kind = Literal["service", "command"]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, as it wrote itself down; None = it has not yet."""

    kind: Kind | None = None
    """A command is over soon."""
    pid: int | None = None
    host: str | None = None
    port: int | None = None
    """Of its pages, on the machine itself; None = it serves none."""


class ServiceLock:
    """Taken with ``take``, held until ``release`` or the end of the process."""

    def __init__(self, descriptor: int, kind: Kind) -> None:
        self._descriptor, self._kind = descriptor, kind

    @classmethod
    def take(cls, folder: Path, port: int | None = None, *, kind: Kind = "service") -> Self:
        """Raises ``Conflict`` naming the process that has it, ``StorageError`` where there can be no lock."""
        path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageError(
                f"{path} cannot be opened ({error.strerror}): make the folder writable"
            ) from error
        try:
            _lock(descriptor)
        except BlockingIOError:
            os.close(descriptor)
            raise Conflict(_taken(folder, _written(path))) from None
        except OSError as error:
            os.close(descriptor)
            raise StorageError(
                f"{path} cannot be locked ({error.strerror}): put the data on a local disk"
            ) from error
        lock = cls(descriptor, kind)
        lock.note(port)
        return lock

    def note(self, port: int | None) -> None:
        """Writes down who holds it, for whoever finds it taken."""
        text = json.dumps(asdict(Holder(self._kind, os.getpid(), platform.node(), port))).encode()
        # On a full disk it holds all the same, only without a name.
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text, 0)

    def release(self) -> None:
        """The file stays: removing it would let two services lock two files of one name."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def holder(folder: Path) -> Holder | None:
    """The living process that holds this directory; None = there is none."""
    path = folder / FILE
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _written(path)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _lock(descriptor: int) -> None:
    """Tried a little longer, because ``holder`` of another process may hold it for the moment of a look."""
    for _ in range(LOOKS):
        with suppress(BlockingIOError):
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(LOOK_S)
    return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _written(path: Path) -> Holder:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return Holder(facts["kind"], facts["pid"], facts["host"], facts["port"])
    except (OSError, ValueError, LookupError, TypeError):
        return Holder()


def _taken(folder: Path, by: Holder) -> str:
    who = f" (process {by.pid} on {by.host}{f', port {by.port}' if by.port else ''})" if by.pid else ""
    if by.kind == "command":
        return f"another presswatch command is at work on {folder}{who}: wait until it has ended"
    return (
        f"a Presswatch service is running on {folder} already{who}:"
        " stop it first, or set PRESSWATCH_DATA_DIR to another folder"
    )
