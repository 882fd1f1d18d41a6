from __future__ import annotations

from core.errors import StorageError
from desk.views import Readiness


def test_the_process_answers_even_when_the_database_does_not(desk, visitor):
    desk.failure = StorageError("no such file")

    answer = visitor.get("/healthz")

    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, "ok", "no-store")


def test_ready_tells_the_last_success_of_each_part(visitor):
    answer = visitor.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "database": True,
        "scheduler": True,
        "parts": {"collect": "2026-10-15T02:40:00+00:00", "digest": None},
    }


def test_without_a_scheduler_it_is_not_ready(desk, visitor):
    desk.ready = Readiness(True, False, {})

    answer = visitor.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": True, "scheduler": False, "parts": {}}


def test_a_database_that_cannot_be_read_is_told_without_its_details(desk, visitor):
    desk.failure = StorageError("/home/someone/secret.db is locked")

    answer = visitor.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": False, "scheduler": False, "parts": {}}
