"""What leaves for Sentry, received by a small ingest server on loopback."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
import pytest
import sentry_sdk
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from core.types import Subscription
from presswatch import sentry

SECRETS = (
    "hunter2secret",
    "key-4711-planted",
    "planted-bearer",
    "reader@office.example",
    "planted-sql-value",
    "planted-local",
)


class Ingest(ThreadingHTTPServer):
    """Keeps the items of every envelope."""

    def __init__(self) -> None:
        self.items: list[tuple[str, dict[str, Any]]] = []
        self.raw = b""
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress}
        body = unpack.get(self.headers.get("Content-Encoding", ""), bytes)(body)
        assert isinstance(self.server, Ingest)
        self.server.raw += body
        lines = [line for line in body.split(b"\n")[1:] if line]
        for head, payload in zip(lines[::2], lines[1::2], strict=False):
            self.server.items.append((json.loads(head)["type"], json.loads(payload)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    server = Ingest()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sentry.start(f"http://public@127.0.0.1:{server.server_port}/1", "test", "0.1.0")
    yield server
    sentry_sdk.get_client().close(timeout=2)
    sentry_sdk.get_global_scope().set_client(None)
    server.shutdown()
    server.server_close()


def events(ingest: Ingest) -> list[dict[str, Any]]:
    sentry_sdk.flush(timeout=5)
    return [payload for kind, payload in ingest.items if kind == "event"]


def test_a_bug_is_one_event_with_its_source_as_fingerprint(ingest: Ingest) -> None:
    try:
        raise KeyError("entries")
    except KeyError:
        logging.getLogger("presswatch.test").exception("reading failed", extra={"source": "gazette"})

    (event,) = events(ingest)
    assert event["fingerprint"] == ["source", "gazette", "KeyError"]
    assert event["release"] == "presswatch@0.1.0"


def test_what_is_expected_of_sources_is_no_event(ingest: Ingest) -> None:
    log = logging.getLogger("presswatch.test")
    log.setLevel("INFO")
    log.info("source not read", extra={"source": "gazette", "error": "HTTP 503"})
    log.warning("our own network seems to be down")
    log.error("a real error, so that there could be more than one")

    assert [event["logentry"]["message"] for event in events(ingest)] == [
        "a real error, so that there could be more than one"
    ]


def test_planted_secrets_stay_here(ingest: Ingest) -> None:
    log = logging.getLogger("presswatch.test")
    planted_local = "planted-local"
    try:
        create_engine("sqlite://").connect().execute(
            text("SELECT * FROM nowhere WHERE x = :x"), {"x": "planted-sql-value"}
        )
    except SQLAlchemyError:
        log.exception("statement failed", extra={"headers": {"Authorization": "Bearer planted-bearer"}})
    log.error(
        "could not fetch https://me:hunter2secret@gazette.example/feed?api_key=key-4711-planted&page=2",
        extra={
            "recipient": "reader@office.example",
            "error": "mail to reader@office.example refused",
            "x": len(planted_local),
        },
    )

    sent = json.dumps(events(ingest)) + ingest.raw.decode()
    assert "statement failed" in sent and "gazette.example" in sent
    assert [secret for secret in SECRETS if secret in sent] == []


def test_a_heartbeat_and_a_digest_are_check_ins(ingest: Ingest) -> None:
    sentry.heartbeat()
    sentry.digest_done(Subscription("daily", schedule="08:30 mon-fri"), ok=True)
    sentry_sdk.flush(timeout=5)

    checks = [payload for kind, payload in ingest.items if kind == "check_in"]
    assert [(check["monitor_slug"], check["status"]) for check in checks] == [
        ("presswatch-heartbeat", "ok"),
        ("presswatch-digest-daily", "ok"),
    ]
    assert checks[1]["monitor_config"]["schedule"] == {"type": "crontab", "value": "30 8 * * 1,2,3,4,5"}
    assert checks[1]["monitor_config"]["timezone"] == "Asia/Shanghai"


def test_without_a_dsn_nothing_is_sent() -> None:
    sentry.heartbeat()

    assert not sentry_sdk.get_client().is_active()
