"""The one tree of errors. Each carries its subject and says what to do next.

PresswatchError
├── ConfigError(path, line, key)      a file or a setting; the program ends with 2
├── QueryError(code, position)        a query; shown with a caret
├── SourceError                       never leaves a round: it becomes a value in ``Found``
│   ├── FetchError(status, retry_after, error_class, outcome)
│   └── ParseError(error_class)
├── NotFound(subject)                 the program ends with 3
├── Conflict                          somebody else changed it, or holds it
│   └── Outdated                      the version that was to be changed is not the newest any more
├── StorageError                      wrapped once, in ``storage.db``
└── DeliveryError(channel, retry, unknown, halts)     recorded beside the message
"""

from __future__ import annotations

from datetime import timedelta

from core.types import Outcome


class PresswatchError(Exception):
    """Anything that a person can be told in one line."""


class ConfigError(PresswatchError):
    """``str()`` is the whole line: place, key, what is wrong, what to do."""

    def __init__(
        self, message: str, *, path: str | None = None, line: int | None = None, key: str | None = None
    ) -> None:
        place = f"{path}:{line}" if path and line else path or ""
        super().__init__(": ".join(part for part in (place, key or "", message) if part))
        self.message, self.path, self.line, self.key = message, path, line, key


class QueryError(PresswatchError):
    """A query that cannot be read. ``position`` counts code points of the query as typed, from 0."""

    def __init__(self, code: str, position: int, message: str = "", *, subject: str = "") -> None:
        super().__init__(message or code)
        self.code, self.position, self.subject = code, position, subject


class SourceError(PresswatchError):
    """The expected failure of one source."""


class FetchError(SourceError):
    """No usable answer. ``outcome`` says how it counts, ``error_class`` is its short stable name."""

    def __init__(
        self,
        message: str,
        *,
        error_class: str,
        outcome: Outcome = "transient",
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.error_class, self.outcome = error_class, outcome
        self.status, self.retry_after = status, retry_after
        self.ms = 0
        """Spent on the wire before it failed; set by the door."""


class ParseError(SourceError):
    """Bytes that are not what they should be; the only error that a parser may raise on any input."""

    def __init__(self, message: str, *, error_class: str, outcome: Outcome = "transient") -> None:
        super().__init__(message)
        self.error_class, self.outcome = error_class, outcome


class NotFound(PresswatchError):
    pass


class Conflict(PresswatchError):
    pass


class Outdated(Conflict):
    pass


class StorageError(PresswatchError):
    pass


class DeliveryError(PresswatchError):
    """``retry`` False = this message can never be taken by this channel. ``unknown`` = it may have arrived.
    ``halts`` = nothing is wrong with the message, the channel itself does not work: others need not be tried."""

    def __init__(
        self, message: str, *, channel: str, retry: bool, unknown: bool = False, halts: bool = False
    ) -> None:
        super().__init__(message)
        self.channel, self.retry = channel, retry
        self.unknown, self.halts = unknown, halts
