"""How a service ends, and who may begin."""

from __future__ import annotations

import signal
import socket
import subprocess
import time

import psutil
import pytest
from service.living import PROGRAM, Place, until
from service.town import Outlet

STOPPED_WITHIN_S = 15


def test_it_ends_in_time_while_pages_hang_and_a_command_waits(place: Place, outlets: list[Outlet]) -> None:
    outlets[0].mood = "pages-silent"
    outlets[0].publish(1)
    service = place.start("--port", "0").await_start()
    until(outlets[0].pages_asked, say=lambda: service.log)
    waiting = subprocess.Popen(
        [*PROGRAM, "crawl", "--all", "--wait-pages"], env=place.environ, stderr=subprocess.PIPE, text=True
    )
    until(lambda: requests_taken(place), say=lambda: service.log)

    begun = time.monotonic()
    assert service.stop(signal.SIGTERM) == 0
    assert time.monotonic() - begun < STOPPED_WITHIN_S
    said = waiting.communicate(timeout=60)[1]
    assert (waiting.returncode, said) == (
        1,
        "presswatch: the service ended before it answered; run the command again\n",
    )
    assert requests_left(place) == []


def requests_taken(place: Place) -> bool:
    return requests_left(place) == ["taken"]


def requests_left(place: Place) -> list[str]:
    from sqlalchemy import select

    from storage.tables import requests

    with place.database() as db, db.read() as conn:
        return list(conn.execute(select(requests.c.state).where(requests.c.done_at.is_(None))).scalars())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_it_ends_in_order_whenever_the_signal_comes(place: Place, number: signal.Signals) -> None:
    early = place.start()
    until(lambda: (place.data / "service.lock").exists(), say=lambda: early.log)
    assert early.stop(number) == 0, early.log

    late = place.start().await_start()
    assert late.stop(number) == 0, late.log


def test_a_second_service_on_the_same_data_refuses_with_one_line(place: Place) -> None:
    with place.service("--port", "0") as service:
        second = place.command("run", "--port", service.address.rpartition(":")[2])

    assert (second.code, second.out) == (1, "")
    assert f"is running on {place.data} already (process {service.process.pid}" in second.complaint
    assert "stop it first" in second.complaint


def test_a_port_in_use_is_said_in_one_line(place: Place) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = place.command("run", "--port", str(port))

    assert (ended.code, ended.out) == (1, "")
    assert f"127.0.0.1:{port}" in ended.complaint and "--port" in ended.complaint


def test_after_a_kill_the_next_service_begins_at_once(place: Place) -> None:
    first = place.start().await_start()
    children = psutil.Process(first.process.pid).children(recursive=True)
    first.process.kill()
    first.process.wait()

    begun = time.monotonic()
    second = place.start().await_start()
    took = time.monotonic() - begun
    assert second.stop() == 0
    assert "lease taken" in second.log and took < 6, "it did not wait for the lease of the dead one to run out"
    assert children
    until(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children))
