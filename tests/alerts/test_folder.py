from __future__ import annotations

import asyncio
import resource
from contextlib import contextmanager

import pytest

from alerts.channels import Channel
from alerts.channels.folder import FolderChannel, file_name
from core.errors import DeliveryError
from core.types import Message

MESSAGE = Message("<daily.2026-11-24.ab12@office.example>", "", "日报", b"Subject: x\r\n\r\nbody\r\n")


def send(channel: Channel, message: Message) -> None:
    asyncio.run(channel.send(message))


def test_message_becomes_one_file_named_after_its_id(tmp_path):
    send(FolderChannel(tmp_path / "outbox"), MESSAGE)

    assert {path.name: path.read_bytes() for path in (tmp_path / "outbox").iterdir()} == {
        "daily.2026-11-24.ab12@office.example.eml": MESSAGE.raw
    }


def test_delivering_twice_leaves_one_file(tmp_path):
    channel = FolderChannel(tmp_path)

    send(channel, MESSAGE)
    send(channel, MESSAGE)

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [MESSAGE.raw]


def test_folder_that_cannot_be_written_says_what_to_do_and_is_tried_again(tmp_path):
    (tmp_path / "outbox").write_text("a file where the folder should be")

    with pytest.raises(DeliveryError, match="free space there or make the folder writable") as caught:
        send(FolderChannel(tmp_path / "outbox"), MESSAGE)

    assert (caught.value.channel, caught.value.retry) == ("folder", True)


def test_half_written_message_never_appears(tmp_path):
    large = Message(MESSAGE.message_id, "", "x", b"x" * 100_000)

    with files_at_most(4096), pytest.raises(DeliveryError):
        send(FolderChannel(tmp_path), large)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "message_id", ["<../../etc/passwd@x>", "<a/b\\c\x00d@x>", "<.hidden@x>", "<>", "<" + "x" * 400 + "@x>"]
)
def test_no_message_id_leads_out_of_the_folder(tmp_path, message_id):
    path = FolderChannel(tmp_path).write(Message(message_id, "", "x", b"x"))

    assert path.parent == tmp_path
    assert path.read_bytes() == b"x"
    assert not path.name.startswith(".")
    assert len(path.name) < 255


def test_ids_that_had_to_be_changed_stay_apart():
    assert file_name("<a/b@x>") != file_name("<a:b@x>")


@contextmanager
def files_at_most(size: int):
    """What a full disk does, for this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
