"""How a service ends, and who may begin."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from dataclasses import replace

import psutil
import pytest
from service.living import PROGRAM, Place, until
from service.town import Outlet
from sqlalchemy import select

from storage.tables import requests

STOPPED_WITHIN_S = 15


def test_it_ends_in_time_while_pages_hang_and_a_command_waits(place: Place, outlets: list[Outlet]) -> None:
    outlets[0].mood = "pages-silent"
    for number in range(10):
        outlets[0].publish(number)
    service = place.start("--port", "0").await_start()
    until(outlets[0].pages_asked, say=lambda: service.log)
    waiting = subprocess.Popen(
        [*PROGRAM, "crawl", "--all", "--wait-pages"], env=place.environ, stderr=subprocess.PIPE, text=True
    )
    until(lambda: requests_open(place) == ["taken"], say=lambda: service.log)

    begun = time.monotonic()
    assert service.stop(signal.SIGTERM) == 0
    assert time.monotonic() - begun < STOPPED_WITHIN_S
    said = waiting.communicate(timeout=60)[1]
    assert waiting.returncode == 1
    assert re.fullmatch("presswatch: the service (ended|is ending).* again.*\n", said), said
    assert requests_open(place) == [], "the next service would do it, and nobody would wait for it"


def requests_open(place: Place) -> list[str]:
    with place.database() as db, db.read() as conn:
        return list(conn.execute(select(requests.c.state).where(requests.c.done_at.is_(None))).scalars())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_that_comes_while_it_starts_ends_it_in_order(place: Place, number: signal.Signals) -> None:
    service = place.start()
    until(lambda: (place.data / "service.lock").exists(), say=lambda: service.log)

    assert service.stop(number) == 0, service.log


def test_a_port_in_use_is_said_in_one_line(place: Place) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = place.here("run", "--port", str(port))

    assert (ended.code, ended.out) == (1, "")
    assert f"127.0.0.1:{port}" in ended.complaint and "--port" in ended.complaint


def test_a_second_service_refuses_until_the_first_is_dead_and_begins_at_once_then(place: Place) -> None:
    first = place.start("--port", "0").await_start()
    children = until(
        lambda: psutil.Process(first.process.pid).children(recursive=True), say=lambda: first.log
    )

    refused = [
        other.here("run", "--port", first.address.rpartition(":")[2]) for other in (place, elsewhere(place))
    ]
    first.process.kill()  # alone: its children have to notice
    first.process.wait()
    second = place.start().await_start()

    for ended in refused:
        assert (ended.code, ended.out) == (1, "")
        assert f"is running on {place.data} already (process {first.process.pid} " in ended.complaint
        assert "stop it first" in ended.complaint
    assert second.stop(signal.SIGINT) == 0, "Ctrl-C is an end like any other"
    assert "WARNING" not in second.log, "it waited for the lease of the dead one to run out"
    until(lambda: not any(lives(child) for child in children))


def elsewhere(place: Place) -> Place:
    """Another data folder with the same database file."""
    database = f"sqlite:///{place.data / 'presswatch.db'}"
    other = {"PRESSWATCH_DATA_DIR": str(place.folder / "elsewhere"), "PRESSWATCH_DATABASE_URL": database}
    return replace(place, environ=place.environ | other)


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
