"""The log of the process: one event is one line on stderr, a constant message with its facts.

What feeds and servers say may stand in a fact, so nothing in it can begin a line or steer a terminal.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from config.settings import LogFormat, LogLevel

OURS: Final = "presswatch"
# These warn of what is in order here: jobs that are still running when it is their turn, encodings that are guessed.
TALKATIVE: Final = ("apscheduler", "charset_normalizer", "trafilatura", "htmldate", "asyncio", "py.warnings")

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Control characters, the line ends of Unicode, and what turns the direction of text.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_QUOTED = re.compile(r"[\s\"'=]|^$")


def configure(level: LogLevel, format: LogFormat, stream: TextIO | None = None) -> None:
    """Again and again: the last call holds. Other libraries are heard from warnings on."""
    handler = _Lines(stream or sys.stderr)
    handler.setFormatter(_JsonLines() if format == "json" else _TextLines())
    root = logging.getLogger()
    for known in [known for known in root.handlers if isinstance(known, _Lines)]:
        root.removeHandler(known)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(True)
    # A log that cannot be written (a full disk, a closed pipe) must not stop the service or fill the terminal.
    logging.raiseExceptions = False


class _Lines(logging.StreamHandler[TextIO]):
    """The handler of this module, to be known again."""


class _TextLines(logging.Formatter):
    """``2026-11-24T00:30:00.123Z INFO presswatch.collect source fetched source=wipo ms=120``"""

    def format(self, record: logging.LogRecord) -> str:
        known = {name: value for name, value in _facts(self, record).items() if value is not None}
        facts = " ".join(f"{name}={_text(value)}" for name, value in known.items())
        head = f"{_time(record)} {record.levelname} {record.name} {_escaped(record.getMessage())}"
        return f"{head} {facts}" if facts else head


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        # ASCII: every unsafe character is escaped by the format itself.
        return json.dumps({**event, **_facts(self, record), **event}, default=str)


def _facts(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, Any]:
    facts = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if record.exc_info and record.exc_info[0] is not None:
        facts["trace"] = formatter.formatException(record.exc_info)
    return facts


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: object) -> str:
    text = str(value)
    quoted = json.dumps(text, ensure_ascii=False) if _QUOTED.search(text) else text
    return _escaped(quoted)


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
