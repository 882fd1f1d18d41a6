"""Rules of the house that no single room can hold: who may talk to the network, who may ask the time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
ROOMS = (
    "alerts", "config", "core", "crawler", "demo", "desk", "matching", "presswatch", "scheduler", "storage", "web",
)  # fmt: skip
FILES = sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))

NETWORK = {
    "aiohttp",
    "httpx",
    "requests",
    "urllib3",
    "urllib.request",
    "http.client",
    "smtplib",
    "aiosmtplib",
    "ftplib",
    "socket",
}
MAY_USE_NETWORK = {
    "alerts/channels/smtp.py": "the one way to a mail server",
    "alerts/channels/smtp_dial.py": "connects to it",
    "crawler/door.py": "the one way out",
    "crawler/children/child.py": "a pair of sockets to its parent",
    "crawler/children/forkserver.py": "pairs of sockets to its children",
    "crawler/children/nursery.py": "pairs of sockets to its children",
    "crawler/children/wire.py": "pairs of sockets to its children",
    "presswatch/webserver.py": "listens for the pages",
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def test_only_the_door_imports_the_network() -> None:
    users = {name(path) for path in FILES if NETWORK & set(imports(path))}

    assert users - {file for file in users if file.startswith("demo/")} == set(MAY_USE_NETWORK)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_the_clock_asks_the_time(path: Path) -> None:
    if name(path) == "core/clock.py":
        return
    asked = [
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]

    assert not {"datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.today"} & set(asked)


def test_feeds_come_through_feedparser_and_pages_through_scrapy() -> None:
    assert "feedparser" in {
        module for path in FILES if name(path).startswith("crawler/readers") for module in imports(path)
    }
    assert all(
        "scrapy" in set(imports(HOUSE / "crawler/spiders" / f"{kind}.py")) for kind in ("listing", "page")
    )
