"""Parsers in processes that can be killed, for some documents keep a parser busy for minutes or eat all memory.

Started with the first document and gone again when idle, so that a resting service is small.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections.abc import Callable
from datetime import tzinfo
from time import perf_counter
from typing import Any, Final

from core.errors import ParseError
from core.types import ArticleRule, ListRule, Parsed, Reading
from crawler.children.nursery import Child, ForkServer
from crawler.children.wire import Answer, Question, Refusal
from crawler.parse.guard import too_large

log = logging.getLogger("presswatch.crawler")

Spent = Callable[[int], None]
"""Told the milliseconds that a parser worked on the document, without waiting for a free one."""

_LOOK_EVERY: Final = 0.25
_ATTEMPTS: Final = 2
_PATIENCE: Final = 3
"""Times the limit by the clock on the wall."""


class ParsePool:
    """For one event loop. Every method raises ``ParseError`` and nothing else about a document."""

    def __init__(
        self,
        workers: int = 2,
        *,
        seconds: float = 5.0,
        memory_mb: int = 160,
        documents: int = 200,
        idle_seconds: float = 60.0,
    ) -> None:
        """``seconds`` of computing for a document; ``memory_mb`` above what a fresh child has; a child is replaced
        after ``documents``."""
        self._seconds, self._memory_mb, self._documents = seconds, memory_mb, documents
        self._idle_seconds = idle_seconds
        self._turn = asyncio.Semaphore(workers)
        self._starting = asyncio.Lock()
        self._resting: list[Child] = []
        self._busy: set[Child] = set()
        self._server: ForkServer | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    async def feed(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        zone: tzinfo,
        spent: Spent | None = None,
    ) -> Parsed:
        common = {"url": url, "content_type": content_type, "encoding": encoding, "zone": zone}
        return await self._entries("feed", {"body": body, **common}, spent)

    async def search(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        zone: tzinfo,
        spent: Spent | None = None,
    ) -> Parsed:
        common = {"url": url, "content_type": content_type, "encoding": encoding, "zone": zone}
        return await self._entries("search", {"body": body, **common}, spent)

    async def sitemap(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        zone: tzinfo,
        spent: Spent | None = None,
    ) -> Parsed:
        common = {"url": url, "content_type": content_type, "encoding": encoding, "zone": zone}
        return await self._entries("sitemap", {"body": body, **common}, spent)

    async def listing(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        rule: ListRule | None,
        zone: tzinfo,
        spent: Spent | None = None,
    ) -> Parsed:
        common = {"url": url, "content_type": content_type, "encoding": encoding, "rule": rule, "zone": zone}
        return await self._entries("listing", {"body": body, **common}, spent)

    async def article(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        encoding: str | None,
        rule: ArticleRule | None,
        zone: tzinfo,
        lang: str | None,
        spent: Spent | None = None,
    ) -> Reading:
        arguments = {"url": url, "content_type": content_type, "encoding": encoding, "rule": rule}
        reading: Reading = await self._run(
            "article", {"body": body, **arguments, "zone": zone, "lang": lang}, spent
        )
        return reading

    async def discover(
        self, body: bytes, *, url: str, content_type: str | None, spent: Spent | None = None
    ) -> tuple[str, ...]:
        found: tuple[str, ...] = await self._run(
            "discover", {"body": body, "url": url, "content_type": content_type}, spent
        )
        return found

    async def aclose(self) -> None:
        """Ends every process; a later document would start them again."""
        self._stop_timer()
        for child in [*self._resting, *self._busy]:
            child.kill()
        self._resting.clear()
        server, self._server = self._server, None
        if server is not None:
            await server.close()
        if self._closing is not None and self._closing is not asyncio.current_task():
            await self._closing

    async def _entries(self, task: str, arguments: dict[str, Any], spent: Spent | None) -> Parsed:
        parsed: Parsed = await self._run(task, arguments, spent)
        return parsed

    async def _run(self, task: str, arguments: dict[str, Any], spent: Spent | None) -> Any:
        question = Question(task, arguments, self._seconds)
        async with self._turn:
            self._stop_timer()
            try:
                answer = await self._answered(question)
            except ParseError as error:
                (spent or _untold)(0 if error.error_class == "no-parser" else round(self._seconds * 1000))
                raise
            finally:
                self._start_timer()
        (spent or _untold)(answer.ms)
        if isinstance(answer.value, Refusal):
            raise ParseError(
                answer.value.message, error_class=answer.value.error_class, outcome=answer.value.outcome
            )
        return answer.value

    async def _answered(self, question: Question) -> Answer:
        for attempt in range(1, _ATTEMPTS + 1):
            child = await self._child()
            self._busy.add(child)
            done = False
            try:
                answer = await self._watched(child, question)
                done = True
            except (EOFError, OSError, pickle.UnpicklingError) as error:
                # Perhaps it was ended from outside, between two documents; a second death is the document's doing.
                log.warning(
                    "a parser ended", extra={"task": question.task, "attempt": attempt, "error": str(error)}
                )
                continue
            finally:
                self._busy.discard(child)
                if not done:
                    child.kill()
            if answer.last:
                child.let_go()
            else:
                self._resting.append(child)
            return answer
        raise ParseError(
            "the parser crashed over the document", error_class="parser-limit", outcome="bounded"
        )

    async def _watched(self, child: Child, question: Question) -> Answer:
        """The answer, or ``ParseError`` when the child takes too long or grows too much."""
        began = perf_counter()
        asking = asyncio.ensure_future(child.ask(question))
        asking.add_done_callback(_seen)
        try:
            while True:
                await asyncio.wait({asking}, timeout=min(_LOOK_EVERY, self._seconds))
                if asking.done():
                    return asking.result()
                passed = perf_counter() - began
                # A busy machine is not the document's fault; a child that sleeps is.
                if child.busy_seconds() >= self._seconds or passed >= self._seconds * _PATIENCE:
                    raise self._too_slow()
                # The kernel sees to it on Linux; elsewhere nobody else does.
                if child.grown_mb() > self._memory_mb:
                    raise too_large()
        finally:
            asking.cancel()

    def _too_slow(self) -> ParseError:
        return ParseError(
            f"reading the document takes more than {self._seconds:g} seconds",
            error_class="parser-limit",
            outcome="bounded",
        )

    async def _child(self) -> Child:
        while self._resting:
            child = self._resting.pop()
            if not child.is_gone():
                return child
            child.let_go()
        async with self._starting:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    self._server = self._server or ForkServer(self._memory_mb, self._documents)
                    return await self._server.child()
                except OSError as error:  # also when it takes too long
                    log.warning(
                        "the fork server of the parsers is started again",
                        extra={"attempt": attempt, "error": str(error)},
                    )
                    server, self._server = self._server, None
                    if server is not None:
                        await server.close()
        raise ParseError("no parser could be started", error_class="no-parser")

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._rest)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rest(self) -> None:
        if not self._busy and not self._starting.locked():
            self._closing = asyncio.get_running_loop().create_task(self.aclose())


def _seen(asking: asyncio.Future[Answer]) -> None:
    """A child that is killed for another reason fails its question, too; nobody waits for that."""
    if not asking.cancelled():
        asking.exception()


def _untold(ms: int) -> None:
    """Nobody asked."""
