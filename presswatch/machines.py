"""Work that only one process may do, where several machines share a database: its lease tells who leads, no file can."""

from __future__ import annotations

import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from core.errors import Conflict, StorageError
from desk.health import SERVICE
from presswatch.compose import House
from scheduler.lease import RENEW_EVERY, TTL
from storage import leases

COMMAND = "command:"
"""So begins the name of an owner that looks at no requests and is over soon."""
LOOK_EVERY_S = 0.2
PATIENCE_S = 20.0


@contextmanager
def alone(house: House) -> Iterator[bool]:
    """True while this command leads; False when a service does, here or elsewhere, and can be asked."""
    epoch = _lead(house, me := f"{COMMAND}{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}")
    if epoch is None:
        yield False
        return
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(house, me, epoch, ended), daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        ended.set()
        keeper.join()
        house.db.write(lambda conn: leases.release(conn, SERVICE, me, epoch))


def serves(house: House) -> bool:
    """A service leads, so it or its workers look at requests."""
    with house.db.read() as conn:
        leader = leases.holder_of(conn, SERVICE)
    return leader is not None and not leader.startswith(COMMAND)


def _lead(house: House, me: str) -> int | None:
    """The epoch; None when a service leads. Raises ``Conflict`` when another command does not come to its end."""
    deadline = time.monotonic() + PATIENCE_S
    while (epoch := house.db.write(lambda conn: leases.acquire(conn, SERVICE, me, TTL))) is None:
        if serves(house):
            return None
        if time.monotonic() > deadline:
            raise Conflict(
                f"another presswatch command is at work on {house.db.place}: wait until it has ended"
            )
        time.sleep(LOOK_EVERY_S)
    return epoch


def _keep(house: House, me: str, epoch: int, ended: threading.Event) -> None:
    while not ended.wait(RENEW_EVERY.total_seconds()):
        # What comes after says it as well; a lease that ran out is nobody's until a service takes it.
        with suppress(StorageError):
            house.db.write(lambda conn: leases.renew(conn, SERVICE, me, epoch, TTL))
