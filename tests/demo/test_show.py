"""``python -m demo`` as a newcomer runs it: the real service, one digest, something new, Ctrl-C."""

import email
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from email import policy
from pathlib import Path

import psutil
import pytest

from demo import articles
from demo.folder import MARK

PATIENCE_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(*arguments: str) -> subprocess.Popen[str]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PRESSWATCH_")}
    command = [sys.executable, "-m", "demo", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ)


@pytest.fixture
def demo_folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "demo"


def lines_until(child: subprocess.Popen[str], beginning: str) -> list[str]:
    assert child.stdout is not None
    lines = []
    for line in child.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith(beginning):
            return lines
    raise AssertionError("\n".join(lines))


def test_newcomer_sees_a_digest_with_each_story_once_and_ends_with_ctrl_c(demo_folder: Path) -> None:
    child = start("--port", str(free_port()), "--data", str(demo_folder), "--after", "0")
    children = []
    try:
        told = lines_until(child, "Just now")
        children = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(signal.SIGINT)
        assert child.wait(PATIENCE_SECONDS) == 0
    finally:
        child.kill()
    gone, alive = psutil.wait_procs(children, timeout=PATIENCE_SECONDS)

    assert alive == []
    assert len(gone) == len(children) >= 1
    assert "简报已写好：8 则报道，每则一次。" in told
    (mail,) = (demo_folder / "outbox").glob("**/*.eml")
    check_digest(mail.read_bytes())
    assert "北京再添三家技术与创新支持中心" in re.sub(
        "<[^>]+>", "", (demo_folder / "digest.html").read_text("utf-8")
    )
    assert (demo_folder / MARK).read_text() == ""


def check_digest(raw: bytes) -> None:
    part = email.message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    assert part is not None
    text = re.sub(r"\s+", "", part.get_content().replace("*", ""))
    shown = [piece for piece in articles.pieces() if re.sub(r"\s+", "", piece.title) in text]
    assert {piece.id for piece in shown} == {
        "fair-services",
        "forum-agenda",
        "green-heat",
        "joint-master",
        "mediation-hk",
        "office-class",
        "pct-beijing",
        "tisc-three",
    }
    assert [text.count(re.sub(r"\s+", "", piece.title)) for piece in shown] == [1] * len(shown)
    assert "另见1家：远都晚报" in text
    assert "会展快讯，HTTP503" in text


def test_port_in_use_is_said_with_what_to_do(demo_folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        child = start("--port", str(port), "--data", str(demo_folder))
        said, _ = child.communicate(timeout=PATIENCE_SECONDS)

    assert child.returncode == 1
    assert f"Port {port} is in use, take another: " in said
    assert f"demo --port {port + 1}" in said
    assert not demo_folder.exists()
