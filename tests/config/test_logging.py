"""One event is one line, whatever a fact holds."""

from __future__ import annotations

import io
import json
import logging
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.logging import LogFormat, LogLevel, configure


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:], logging.raiseExceptions = handlers, raising
    root.setLevel(level)
    logging.captureWarnings(False)
    for name in (
        "presswatch",
        "apscheduler",
        "charset_normalizer",
        "trafilatura",
        "htmldate",
        "asyncio",
        "py.warnings",
    ):
        logging.getLogger(name).setLevel(logging.NOTSET)


def written(form: LogFormat, level: LogLevel = "info") -> tuple[io.StringIO, logging.Logger]:
    stream = io.StringIO()
    configure(level, form, stream)
    return stream, logging.getLogger("presswatch.collect")


def test_text_line_has_time_level_part_message_and_facts() -> None:
    stream, log = written("text")

    log.info("source fetched", extra={"source": "gazette", "ms": 12, "title": "公报 一", "error": None})

    time, rest = stream.getvalue().split(" ", 1)
    assert rest == 'INFO presswatch.collect source fetched source=gazette ms=12 title="公报 一"\n'
    assert len(time) == len("2026-11-24T00:30:00.123Z")
    assert time.endswith("Z")


def test_json_line_has_the_same_as_fields() -> None:
    stream, log = written("json")

    log.warning("source fetched", extra={"source": "gazette", "ms": 12, "error": None, "level": "forged"})

    event = json.loads(stream.getvalue())
    event.pop("time")
    assert event == {
        "level": "warning", "logger": "presswatch.collect", "message": "source fetched", "source": "gazette", "ms": 12,
        "error": None,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["text", "json"])
def test_trace_of_a_bug_stands_on_the_line_of_its_event(form: LogFormat) -> None:
    stream, log = written(form)

    try:
        raise ZeroDivisionError("two\nlines")
    except ZeroDivisionError:
        log.exception("a job failed")

    assert stream.getvalue().count("\n") == 1
    assert "ZeroDivisionError: two" in stream.getvalue()
    assert "Traceback" in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
@settings(deadline=None)
@given(
    st.text(st.sampled_from("ab \n\r\t\x00\x1b\x7f\x85\u2028\u2029\u202e\u2066\ud800\"'=\\中"), max_size=20),
    st.text(max_size=20),
)
def test_no_text_begins_a_line_or_steers_a_terminal(form: LogFormat, message: str, fact: str) -> None:
    stream, log = written(form)

    log.error("%s", message, extra={"fact": fact + message})

    line = stream.getvalue()
    assert line.endswith("\n")
    assert [
        c for c in line[:-1] if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") or c in "\u202e\u2066"
    ] == []
    if form == "json":
        assert (json.loads(line)["message"], json.loads(line)["fact"]) == (message, fact + message)


def test_level_is_ours_and_others_are_heard_from_warnings_on() -> None:
    stream, log = written("text", "debug")

    log.debug("ours")
    logging.getLogger("scrapy.core").info("theirs, small talk")
    logging.getLogger("scrapy.core").warning("theirs, a warning")
    logging.getLogger("apscheduler.scheduler").warning("still running")

    assert [line.split(" ", 3)[3] for line in stream.getvalue().splitlines()] == ["ours", "theirs, a warning"]


def test_second_configuration_replaces_the_first() -> None:
    first, log = written("text")
    second, _ = written("text", "error")

    log.warning("too small")
    log.error("large enough")

    assert (first.getvalue(), second.getvalue().count("\n")) == ("", 1)


def test_closed_stream_stops_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    stream, log = written("text")
    stream.close()

    log.error("nobody reads this")

    assert capsys.readouterr().err == ""
