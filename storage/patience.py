"""Trying again: while others are in the way, and when a transaction was undone through no fault of its own."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

T = TypeVar("T")

PATIENCE_S = 60.0
"""How long a transaction waits to begin while other processes write, on top of SQLite's own 10 seconds."""
PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Before each further try of a whole transaction."""


def patiently(act: Callable[[], T], is_busy: Callable[[BaseException], bool]) -> T:
    """Again while somebody else is in the way; SQLite's own waiting has gaps (opening, recovery after a crash)."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return act()
        except (DBAPIError, sqlite3.Error) as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.01, 0.1))


def again(act: Callable[[], T], is_passing: Callable[[BaseException], bool]) -> T:
    """At most six times in all."""
    for pause in PAUSES_S:
        try:
            return act()
        except DBAPIError as error:
            if not is_passing(error):
                raise
        time.sleep(random.uniform(pause / 2, pause))
    return act()
