from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.errors import NotFound
from storage.db import Database
from storage.requests import Answer, Request, answer, ask, drop_finished, finish, give_back, take, withdraw


def test_what_is_asked_is_taken_once_done_and_answered(db: Database, now: datetime) -> None:
    crawl = db.write(lambda conn: ask(conn, "crawl", {"sources": ["lake-post"]}, now))
    send = db.write(lambda conn: ask(conn, "digest send", {"id": "daily"}, now))
    with db.read() as conn:
        before = answer(conn, crawl)

    taken = [db.write(take), db.write(take)]
    db.write(lambda conn: finish(conn, crawl, now, result={"new": 3}))
    db.write(lambda conn: finish(conn, send, now, error="there is no digest 'daily'"))

    assert before == Answer("asked")
    assert taken == [
        [
            Request(crawl, "crawl", {"sources": ["lake-post"]}, now),
            Request(send, "digest send", {"id": "daily"}, now),
        ],
        [],
    ]
    with db.read() as conn:
        assert answer(conn, crawl) == Answer("done", {"new": 3})
        assert answer(conn, send) == Answer("failed", error="there is no digest 'daily'")


def test_what_a_dead_service_had_taken_is_open_again(db: Database, now: datetime) -> None:
    first = db.write(lambda conn: ask(conn, "crawl", {}, now))
    second = db.write(lambda conn: ask(conn, "crawl", {}, now))
    db.write(take)
    db.write(lambda conn: finish(conn, first, now))

    assert db.write(give_back) == 1
    assert [request.id for request in db.write(take)] == [second]


def test_a_command_that_waits_no_longer_withdraws_what_has_not_begun(db: Database, now: datetime) -> None:
    taken = db.write(lambda conn: ask(conn, "crawl", {}, now))
    db.write(take)
    waiting = db.write(lambda conn: ask(conn, "crawl", {}, now))

    assert db.write(lambda conn: withdraw(conn, waiting))
    assert not db.write(lambda conn: withdraw(conn, taken))
    assert db.write(take) == []
    with db.read() as conn, pytest.raises(NotFound, match=f"there is no request {waiting}"):
        answer(conn, waiting)


def test_only_what_is_taken_can_be_finished(db: Database, now: datetime) -> None:
    asked = db.write(lambda conn: ask(conn, "crawl", {}, now))

    db.write(lambda conn: finish(conn, asked, now, result="too early"))

    with db.read() as conn:
        assert answer(conn, asked) == Answer("asked")


def test_finished_requests_are_dropped_after_a_while(db: Database, now: datetime) -> None:
    old, new, open_one = (db.write(lambda conn: ask(conn, "crawl", {}, now)) for _ in range(3))
    db.write(lambda conn: take(conn, limit=2))
    db.write(lambda conn: finish(conn, old, now))
    db.write(lambda conn: finish(conn, new, now + timedelta(days=1)))

    assert db.write(lambda conn: drop_finished(conn, now + timedelta(hours=1))) == 1
    with db.read() as conn:
        assert [answer(conn, request).state for request in (new, open_one)] == ["done", "asked"]
