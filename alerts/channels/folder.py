"""Messages as ``.eml`` files in a folder: one file for each Message-ID, however often it is delivered."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from pathlib import Path

from core.errors import DeliveryError
from core.types import Message

_UNSAFE = re.compile(r"[^A-Za-z0-9._@-]|^[.-]")
_LONGEST = 180


class FolderChannel:
    name = "folder"

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def send(self, message: Message) -> None:
        await asyncio.to_thread(self.write, message)

    async def close(self) -> None:
        """Nothing is open between two messages."""

    def write(self, message: Message) -> Path:
        """Whole or not at all, also when the machine loses power: the file appears only when it is on the disk."""
        path = self.directory / f"{file_name(message.message_id)}.eml"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            _write_whole(path, message.raw)
        except OSError as error:
            raise DeliveryError(
                f"{path}: {error.strerror or error}; free space there or make the folder writable, it is tried again",
                channel=self.name,
                retry=True,
            ) from error
        return path


def file_name(message_id: str) -> str:
    """The Message-ID as far as a file may be named so; what had to be changed is told apart by a hash."""
    plain = message_id.strip().removeprefix("<").removesuffix(">")
    safe = _UNSAFE.sub("_", plain)[:_LONGEST]
    if safe == plain and safe:
        return safe
    return f"{safe}-{hashlib.sha256(message_id.encode()).hexdigest()[:12]}"


def _write_whole(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
