"""Batches by host: side by side, in turn for one host, ended in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from core.errors import Conflict, FetchError
from scheduler.dispatch import LocalDispatch

NO_TIME = timedelta(0)


def waiting_for(event: asyncio.Event, done: list[str], name: str) -> Callable[[], Coroutine[Any, Any, None]]:
    async def batch() -> None:
        done.append(f"{name} begins")
        await event.wait()
        done.append(f"{name} ends")

    return batch


async def soon(dispatch: LocalDispatch) -> None:
    """Lets everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_slow_host_keeps_no_other_from_starting() -> None:
    async def scenario() -> list[str]:
        dispatch, slow, quick, done = LocalDispatch(), asyncio.Event(), asyncio.Event(), list[str]()
        quick.set()
        dispatch.start("source", "slow.example", waiting_for(slow, done, "slow"))
        await soon(dispatch)
        dispatch.start("source", "quick.example", waiting_for(quick, done, "quick"))
        await soon(dispatch)
        await dispatch.stop(NO_TIME)
        return done

    assert asyncio.run(scenario()) == ["slow begins", "quick begins", "quick ends"]


def test_host_is_in_one_running_batch_of_a_lane_only() -> None:
    async def scenario() -> tuple[list[bool], list[str], bool]:
        dispatch, event, done = LocalDispatch(), asyncio.Event(), list[str]()
        started = [
            dispatch.start("source", "a.example", waiting_for(event, done, "first")),
            dispatch.start("source", "a.example", waiting_for(event, done, "second")),
            dispatch.start("page", "a.example", waiting_for(event, done, "page")),
        ]
        event.set()
        await soon(dispatch)
        started.append(dispatch.start("source", "a.example", waiting_for(event, done, "third")))
        await soon(dispatch)
        return started, done, dispatch.is_busy("source", "a.example")

    started, done, busy = asyncio.run(scenario())

    assert started == [True, False, True, True]
    assert [line for line in done if "begins" in line] == ["first begins", "page begins", "third begins"]
    assert busy is False


def test_round_by_hand_waits_for_the_turn_of_its_host() -> None:
    async def scenario() -> tuple[list[str], int]:
        dispatch, event, done = LocalDispatch(), asyncio.Event(), list[str]()

        async def by_hand() -> int:
            done.append("by hand")
            return 7

        dispatch.start("source", "a.example", waiting_for(event, done, "scheduled"))
        result = asyncio.create_task(dispatch.run("source", "a.example", by_hand))
        await soon(dispatch)
        event.set()
        return done, await result

    assert asyncio.run(scenario()) == (["scheduled begins", "scheduled ends", "by hand"], 7)


def test_no_more_batches_run_at_once_than_there_are_places() -> None:
    async def scenario() -> tuple[int, int, int]:
        dispatch, event, done = LocalDispatch(at_once=3), asyncio.Event(), list[str]()
        for number in range(10):
            dispatch.start("source", f"{number}.example", waiting_for(event, done, str(number)))
        await soon(dispatch)
        at_once, begun = len(done), dispatch.running
        event.set()
        while dispatch.running:
            await asyncio.sleep(0)
        return at_once, begun, len(done)

    assert asyncio.run(scenario()) == (3, 10, 20)


def test_failed_batch_is_logged_once_and_frees_its_host(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> bool:
        dispatch = LocalDispatch()

        async def broken() -> None:
            raise ValueError("a bug")

        dispatch.start("source", "a.example", broken)
        await soon(dispatch)
        return dispatch.start("source", "a.example", broken)

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(scenario()) is True
    assert [(record.message, record.__dict__["host"]) for record in caplog.records[:1]] == [
        ("a batch failed, it stays due", "a.example")
    ]


def test_error_of_a_round_by_hand_reaches_its_caller_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> None:
        raise FetchError("no answer", error_class="timeout")

    async def scenario() -> None:
        await LocalDispatch().run("source", "a.example", broken)

    with caplog.at_level(logging.ERROR), pytest.raises(FetchError, match="no answer"):
        asyncio.run(scenario())
    assert caplog.records == []


def test_stop_lets_short_batches_end_and_cancels_the_others() -> None:
    async def scenario() -> tuple[list[str], int, bool]:
        dispatch, never, soon_set, done = LocalDispatch(), asyncio.Event(), asyncio.Event(), list[str]()
        dispatch.start("source", "a.example", waiting_for(never, done, "long"))
        dispatch.start("source", "b.example", waiting_for(soon_set, done, "short"))
        await soon(dispatch)
        asyncio.get_running_loop().call_soon(soon_set.set)
        await dispatch.stop(timedelta(seconds=0.2))
        return done, dispatch.running, dispatch.start("source", "c.example", waiting_for(never, done, "new"))

    assert asyncio.run(scenario()) == (["long begins", "short begins", "short ends"], 0, False)


def test_stopped_dispatch_refuses_rounds_by_hand() -> None:
    async def nothing() -> None: ...

    async def scenario() -> None:
        dispatch = LocalDispatch()
        await dispatch.stop()
        await dispatch.run("source", "a.example", nothing)

    with pytest.raises(Conflict, match="ending"):
        asyncio.run(scenario())


def test_caller_that_goes_away_cancels_its_round() -> None:
    async def scenario() -> tuple[int, bool]:
        dispatch, never = LocalDispatch(), asyncio.Event()
        caller = asyncio.create_task(dispatch.run("source", "a.example", waiting_for(never, [], "x")))
        await soon(dispatch)
        caller.cancel()
        await asyncio.wait({caller})
        await soon(dispatch)
        return dispatch.running, dispatch.is_busy("source", "a.example")

    assert asyncio.run(scenario()) == (0, False)
