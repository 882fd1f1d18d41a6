"""Running work in this process, cut by host. A host is in one running batch of each lane; a slow one keeps no other
from starting."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from core.errors import Conflict, PresswatchError

log = logging.getLogger("presswatch.dispatch")

T = TypeVar("T")
Batch = Callable[[], Coroutine[Any, Any, T]]

AT_ONCE = 100
GRACE = timedelta(seconds=5)
LAST_WAIT_S = 2.0
"""For batches that clean up after themselves when they are cancelled."""


class LocalDispatch:
    """``lane`` is a kind of work, for example 'source' or 'page'."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._turns: dict[tuple[str, str], asyncio.Lock] = {}
        self._claims: Counter[tuple[str, str]] = Counter()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    def start(self, lane: str, host: str, batch: Batch[None]) -> bool:
        """Begins it and does not wait. False, and nothing is begun, while the host has a batch in this lane."""
        if self._stopping or self.is_busy(lane, host):
            return False
        self._task(lane, host, batch).add_done_callback(lambda task: _log_failure(task, lane, host))
        return True

    async def run(self, lane: str, host: str, batch: Batch[T]) -> T:
        """Waits for the host's turn and then for the result."""
        if self._stopping:
            raise Conflict("the service is ending; try again when it runs")
        return await self._task(lane, host, batch)

    def is_busy(self, lane: str, host: str) -> bool:
        return (lane, host) in self._claims

    @property
    def running(self) -> int:
        """Batches begun and not ended, those that wait for a turn or a place included."""
        return len(self._tasks)

    async def stop(self, grace: timedelta = GRACE) -> None:
        """Nothing new; what runs may end within ``grace`` and is cancelled then. It is still due, so nothing is lost."""
        self._stopping = True
        if not self._tasks:
            return
        _, slow = await asyncio.wait(self._tasks, timeout=grace.total_seconds())
        for task in slow:
            task.cancel()
        if slow:
            _, deaf = await asyncio.wait(slow, timeout=LAST_WAIT_S)
            if deaf:
                log.warning("batches did not end in time", extra={"batches": len(deaf)})

    def _task(self, lane: str, host: str, batch: Batch[T]) -> asyncio.Task[T]:
        key = (lane, host)
        # Claimed now, not when the task first runs: the next call must see it.
        self._claims[key] += 1
        task = asyncio.get_running_loop().create_task(self._in_turn(key, batch), name=f"{lane} {host}")
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, key))
        return task

    async def _in_turn(self, key: tuple[str, str], batch: Batch[T]) -> T:
        async with self._turns.setdefault(key, asyncio.Lock()), self._places:
            return await batch()

    def _ended(self, task: asyncio.Task[Any], key: tuple[str, str]) -> None:
        self._tasks.discard(task)
        self._claims[key] -= 1
        if not self._claims[key]:
            del self._claims[key]
            self._turns.pop(key, None)


def _log_failure(task: asyncio.Task[None], lane: str, host: str) -> None:
    if not task.cancelled() and (error := task.exception()):
        bug = None if isinstance(error, PresswatchError) else error
        facts = {"lane": lane, "host": host, "error": f"{type(error).__name__}: {error}"}
        log.error("a batch failed, it stays due", exc_info=bug, extra=facts)
