from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.errors import ParseError
from crawler.children.wire import answer_from
from crawler.parse.article import parse_article
from crawler.parse.discover import feeds_of
from crawler.parse.listing import parse_listing
from crawler.parse.pool import ParsePool
from crawler.readers.feed import parse_feed

FEED = b"<rss version='2.0'><channel><title>t</title><item><title>a</title></item></channel></rss>"
# feedparser looks through all attributes for each of them.
BUSY = (
    b"<rss><channel><item><title>a</title><x "
    + b" ".join(b'a%d="1"' % i for i in range(60_000))
    + b"/></item></channel></rss>"
)
# Half a kilobyte of tree for each 16 bytes.
HUNGRY = b"<html><body>" + b"<p>a</p><i>b</i>" * 1_200_000
COMMON: dict[str, Any] = {"url": "https://a.example/x/", "content_type": None}


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 90))


@asynccontextmanager
async def pool(workers: int = 1, **options: Any) -> AsyncIterator[ParsePool]:
    parsers = ParsePool(workers, **options)
    try:
        yield parsers
    finally:
        await parsers.aclose()


async def read(parsers: ParsePool, body: bytes = FEED, **more: Any) -> int:
    return len((await parsers.feed(body, **COMMON, encoding=None, zone=UTC, **more)).entries)


def processes() -> list[psutil.Process]:
    """The fork server and its children; another test's database may be a child of this process, too."""
    family = psutil.Process().children(recursive=True)
    return [process for process in family if is_parser(process)]


def is_parser(process: psutil.Process) -> bool:
    try:
        return "crawler.children.forkserver" in process.cmdline()
    except psutil.Error:
        return False


def children() -> set[int]:
    return {process.pid for process in processes()[1:]}


def test_the_pool_answers_as_the_parsers_do(
    feed_bytes: Callable[[str], bytes], page_bytes: Callable[[str], bytes]
) -> None:
    feed, page, links = feed_bytes("rss-en.xml"), page_bytes("press-en.html"), page_bytes("list-zh.html")
    plain: dict[str, Any] = {**COMMON, "encoding": None, "zone": UTC}

    async def work() -> None:
        async with pool(2) as parsers:
            found = await asyncio.gather(
                parsers.feed(feed, **plain),
                parsers.article(page, **plain, rule=None, lang=None),
                parsers.listing(links, **plain, rule=None),
                parsers.discover(page, **COMMON),
            )
            with pytest.raises(ParseError) as caught:
                await parsers.feed(b" ", **plain)

        assert found == [
            parse_feed(feed, **plain),
            parse_article(page, **plain, rule=None, lang=None),
            parse_listing(links, **plain, rule=None),
            feeds_of(page, **COMMON),
        ]
        assert (str(caught.value), caught.value.error_class, caught.value.outcome) == (
            "empty body",
            "empty",
            "transient",
        )

    run(work)


def test_a_document_that_takes_too_long_is_bounded_and_delays_no_other() -> None:
    async def work() -> None:
        async with pool(2, seconds=1.0) as parsers:
            await read(parsers)
            told: list[int] = []
            slow = asyncio.create_task(read(parsers, BUSY, spent=told.append))
            others = [await read(parsers) for _ in range(5)]
            assert not slow.done()
            with pytest.raises(ParseError, match="more than 1 seconds") as caught:
                await slow

            assert others == [1] * 5
            assert (caught.value.error_class, caught.value.outcome) == ("parser-limit", "bounded")
            assert told == [1000]
            assert await read(parsers) == 1

    run(work)


def test_a_document_that_eats_memory_is_bounded() -> None:
    async def work() -> None:
        async with pool(memory_mb=100) as parsers:
            with pytest.raises(ParseError) as caught:
                await parsers.article(HUNGRY, **COMMON, encoding=None, rule=None, zone=UTC, lang=None)

            assert (caught.value.error_class, caught.value.outcome) == ("parser-limit", "bounded")
            assert await read(parsers) == 1

    run(work)


def test_the_time_of_a_document_is_told_without_its_wait() -> None:
    async def work() -> None:
        told: list[int] = []
        async with pool() as parsers:
            await asyncio.gather(*(read(parsers, spent=told.append) for _ in range(30)))

        assert len(told) == 30
        assert max(told) < 1000

    run(work)


def test_documents_are_read_in_the_order_in_which_they_came() -> None:
    async def work() -> None:
        done: list[int] = []

        async def one(parsers: ParsePool, number: int) -> None:
            await read(parsers)
            done.append(number)

        async with pool() as parsers:
            await asyncio.gather(*(one(parsers, number) for number in range(20)))

        assert done == list(range(20))

    run(work)


def test_closing_leaves_no_process_and_a_later_document_starts_again() -> None:
    async def work() -> None:
        parsers = ParsePool(2)
        assert processes() == []
        await asyncio.gather(read(parsers), read(parsers))
        assert len(processes()) == 3

        await parsers.aclose()
        assert processes() == []

        assert await read(parsers) == 1
        await parsers.aclose()
        assert processes() == []

    run(work)


def test_an_idle_pool_ends_its_processes() -> None:
    async def work() -> None:
        async with pool(idle_seconds=0.1) as parsers:
            await read(parsers)
            running = processes()
            gone, alive = await asyncio.to_thread(psutil.wait_procs, running, 20)

            assert (len(gone), alive) == (2, [])
            assert await read(parsers) == 1

    run(work)


def test_a_child_is_replaced_after_its_number_of_documents() -> None:
    async def work() -> None:
        seen: set[int] = set()
        async with pool(documents=2) as parsers:
            for _ in range(6):
                await read(parsers)
                seen |= children()

        assert len(seen) == 3

    run(work)


def test_a_dead_fork_server_is_started_again() -> None:
    async def work() -> None:
        async with pool() as parsers:
            await read(parsers)
            server, child = processes()
            server.kill()
            await asyncio.to_thread(child.wait, 20)
            assert await read(parsers) == 1
            assert server.pid not in {process.pid for process in processes()}

    run(work)


def test_a_document_whose_child_was_ended_from_outside_is_read_by_another() -> None:
    async def work() -> None:
        async with pool() as parsers:
            await read(parsers)
            for pid in children():
                os.kill(pid, signal.SIGKILL)
            assert await read(parsers) == 1

    run(work)


def test_a_cancelled_document_costs_only_its_child() -> None:
    async def work() -> None:
        async with pool() as parsers:
            await read(parsers)
            slow = asyncio.create_task(read(parsers, BUSY))
            await asyncio.sleep(0)
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            assert await read(parsers) == 1

    run(work)


def test_parsers_do_not_see_the_environment_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSWATCH_SMTP_URL", "smtp://desk:secret@mail.example")

    async def work() -> None:
        async with pool() as parsers:
            await read(parsers)
            assert [process.environ().get("PRESSWATCH_SMTP_URL") for process in processes()] == [None, None]

    run(work)


PROGRAM = """
import asyncio, sys
from datetime import UTC
import psutil
from crawler.parse.pool import ParsePool

print("main", flush=True)
FEED, BUSY = {feed!r}, {busy!r}

async def work():
    pool = ParsePool(2, seconds=60)
    options = dict(url="https://a.example/", content_type=None, encoding=None, zone=UTC)
    print(len((await pool.feed(FEED, **options)).entries), flush=True)
    if "stay" in sys.argv:
        asyncio.ensure_future(pool.feed(BUSY, **options))
        await asyncio.sleep(0.3)
        print(*(p.pid for p in psutil.Process().children(recursive=True)), flush=True)
        await asyncio.sleep(60)
    await pool.aclose()

if __name__ in ("__main__", "program"):
    asyncio.run(work())
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    text = PROGRAM.format(feed=FEED, busy=BUSY)
    path.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    path.chmod(0o700)
    (tmp_path / "program.py").write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("how", ["script", "module", "import"])
def test_the_pool_works_however_the_program_was_started_and_never_runs_it_again(
    program: Path, how: str
) -> None:
    command = {
        "script": [str(program)],
        "module": [sys.executable, "-m", "program"],
        "import": [sys.executable, "-c", "import program"],
    }[how]
    paths = os.pathsep.join([str(program.parent), *filter(None, sys.path)])

    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, cwd=program.parent, capture_output=True, timeout=60
    )

    assert (done.stdout.decode().split(), done.stderr.decode(), done.returncode) == (["main", "1"], "", 0)


def test_children_die_with_a_killed_parent_even_in_the_middle_of_a_document(program: Path) -> None:
    paths = os.pathsep.join(filter(None, sys.path))
    with subprocess.Popen(
        [str(program), "stay"], env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        lines = [parent.stdout.readline().decode() for _ in range(3)]
        family = [psutil.Process(int(pid)) for pid in lines[2].split()]
        parent.kill()

    gone, alive = psutil.wait_procs(family, 20)

    assert (len(gone), alive) == (2, [])


class _Attack:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("true",)


def test_an_answer_can_only_be_made_of_known_classes() -> None:
    with pytest.raises(pickle.UnpicklingError, match="no part of an answer"):
        answer_from(pickle.dumps(_Attack()))
    with pytest.raises(pickle.UnpicklingError, match="something else"):
        answer_from(pickle.dumps([1, 2]))
