"""A parser child: answers one question after the other under limits of its own, and ends with whoever made it."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

from core.errors import ParseError
from crawler.children.wire import Answer, Question, Refusal, next_question, packed
from crawler.parse.article import parse_article
from crawler.parse.discover import feeds_of
from crawler.parse.guard import too_large
from crawler.parse.lists import parse_list
from crawler.parse.sitemap import parse_sitemap
from crawler.readers.feed import parse_feed
from crawler.readers.search import parse_search

_TASKS: Final[dict[str, Any]] = {
    "feed": parse_feed,
    "listing": parse_list,
    "sitemap": parse_sitemap,
    "search": parse_search,
    "article": parse_article,
    "discover": feeds_of,
}
_PR_SET_PDEATHSIG: Final = 1
_MB: Final = 1 << 20
_MAY_KEEP: Final = 0.2
"""Share of the memory limit that a child may still hold after a document; with more it makes room for a new one."""


@dataclass(frozen=True, slots=True)
class Limits:
    memory_mb: int
    """Above what the child has at its start."""
    documents: int


def serve(connection: socket.socket, limits: Limits, parent: int) -> None:
    _end_with(parent)
    base = _pages(0)
    _limit(resource.RLIMIT_CORE, 0)
    if base:
        _limit(resource.RLIMIT_AS, base + limits.memory_mb * _MB)
    at_start = _pages(1)
    for count in range(1, limits.documents + 1):
        question = next_question(connection)
        if question is None:
            return
        value, ms, sound = _work(question)
        grown = _pages(1) - at_start > _MAY_KEEP * limits.memory_mb * _MB
        last = count == limits.documents or grown or not sound
        connection.sendall(packed(Answer(value, ms, last)))
        if last:
            return


def _work(question: Question) -> tuple[Any, int, bool]:
    """The value or a ``Refusal``, the time it took, and whether the process can be trusted with another document."""
    _limit(resource.RLIMIT_CPU, int(process_time() + 2 * question.seconds) + 1)
    began = perf_counter()
    try:
        value = _TASKS[question.task](**question.arguments)
    except ParseError as error:
        value = _refusal(error)
    except MemoryError:
        value = _refusal(too_large())
    sound = not (isinstance(value, Refusal) and value.error_class == "parser-limit")
    return value, round((perf_counter() - began) * 1000), sound


def _refusal(error: ParseError) -> Refusal:
    return Refusal(str(error), error.error_class, error.outcome)


def _limit(what: int, value: int) -> None:
    with suppress(ValueError, OSError):  # macOS knows some limits by name only
        resource.setrlimit(what, (value, resource.getrlimit(what)[1]))


def _pages(column: int) -> int:
    """Bytes of address space (0) or memory (1) of this process; 0 where /proc is missing."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[column]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
