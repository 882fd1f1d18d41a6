"""How a question goes to a parser child and its answer comes back: a length, then a pickle.

The service pickles what it trusts; what comes back from a process that has read hostile bytes may only be made of the
classes listed here.
"""

from __future__ import annotations

import io
import pickle
import socket
import struct
from dataclasses import dataclass
from typing import Any, Final

from core.types import Outcome

HEADER: Final = struct.Struct("!I")
PID: Final = struct.Struct("!i")
_ANSWERS: Final = frozenset(
    {
        ("core.types", "DateClaim"),
        ("core.types", "Entry"),
        ("core.types", "Parsed"),
        ("core.types", "Reading"),
        ("crawler.children.wire", "Answer"),
        ("crawler.children.wire", "Refusal"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("zoneinfo", "ZoneInfo._unpickle"),
    }
)


@dataclass(frozen=True, slots=True)
class Question:
    task: str
    arguments: dict[str, Any]
    seconds: float
    """How long the child may work on it before the kernel ends it, should nobody else."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A ``ParseError`` on its way."""

    message: str
    error_class: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    value: Any
    ms: int
    last: bool
    """The child takes no further question: it has read enough documents or grown too much."""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ANSWERS:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")
        return super().find_class(module, name)


def packed(message: Question | Answer) -> bytes:
    body = pickle.dumps(message, protocol=5)
    return HEADER.pack(len(body)) + body


def answer_from(body: bytes) -> Answer:
    answer = _Reader(io.BytesIO(body)).load()
    if not isinstance(answer, Answer):
        raise pickle.UnpicklingError("a parser child sent something else than an answer")
    return answer


def next_question(connection: socket.socket) -> Question | None:
    """None when the other side is gone."""
    head = _exactly(connection, HEADER.size)
    body = _exactly(connection, HEADER.unpack(head)[0]) if head else None
    return pickle.loads(body) if body else None


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    buffer = bytearray(size)
    view, got = memoryview(buffer), 0
    while got < size:
        count = connection.recv_into(view[got:])
        if not count:
            return None
        got += count
    return bytes(buffer)
