"""The real service as a child process, and commands run beside it, on a data folder of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.words import load_words

WORDS = load_words(Path(__file__).with_name("words.yaml"))
START_SECONDS = 60
STOP_SECONDS = 20
LOG_LINES = 15
PROGRAM = (sys.executable, "-m", "presswatch")
# Kept from the person's own settings; everything else could send their mail or touch their data.
KEPT = frozenset({"PRESSWATCH_LANGUAGE", "PRESSWATCH_TIMEZONE"})


class Trouble(Exception):
    """The demonstration cannot go on; ``str()`` says why, in both languages."""

    def __init__(self, key: str, detail: str = "", **values: object) -> None:
        sentences = (WORDS(key, "zh", **values), WORDS(key, "en", **values))
        super().__init__("\n".join(part for part in (*sentences, detail) if part))


def environment(data: Path, port: int, allow_hosts: str) -> dict[str, str]:
    own = {
        key: value for key, value in os.environ.items() if not key.startswith("PRESSWATCH_") or key in KEPT
    }
    return own | {
        "PRESSWATCH_DATA_DIR": str(data),
        "PRESSWATCH_PACK": str(data / "pack"),
        "PRESSWATCH_ALLOW_HOSTS": allow_hosts,
        "PRESSWATCH_BASE_URL": f"http://127.0.0.1:{port}",
        "PRESSWATCH_HOST_DELAY": "0",
        "PRESSWATCH_MIN_INTERVAL": "2s",
        "PRESSWATCH_TICK": "2",
    }


class Service:
    """``async with Service(…) as service``: running and ready inside, ended outside whatever happens."""

    def __init__(self, environ: Mapping[str, str], port: int, log: Path) -> None:
        self._environ, self._port, self.log = dict(environ), port, log

    async def __aenter__(self) -> Self:
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C reaches us alone, and we end the service in order.
            self._child = await asyncio.create_subprocess_exec(
                *PROGRAM,
                "run",
                "--port",
                str(self._port),
                env=self._environ,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._until_ready()
        except BaseException as error:
            await end(self._child)
            if isinstance(error, TimeoutError):
                raise Trouble("not_ready", self._last_lines(), log=self.log) from None
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await end(self._child)

    async def command(self, *arguments: str) -> Any:
        """What ``presswatch … --json`` prints. Raises ``Trouble`` with its last line when it fails."""
        child = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *arguments,
            "--json",
            env=self._environ,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
        try:
            out, complaints = await child.communicate()
        finally:
            await end(child)
        if child.returncode != 0:
            raise Trouble("refused", complaints.decode(errors="replace").strip(), what=" ".join(arguments))
        return json.loads(out)

    async def ended(self) -> None:
        """Returns never: raises ``Trouble`` when the service ends by itself."""
        await self._child.wait()
        raise Trouble("ended_early", self._last_lines(), log=self.log)

    async def _until_ready(self) -> None:
        while not await answers(self._port, "/readyz"):
            if self._child.returncode is not None:
                raise Trouble("not_ready", self._last_lines(), log=self.log)
            await asyncio.sleep(0.2)

    def _last_lines(self) -> str:
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])


async def answers(port: int, path: str) -> bool:
    """Whether the page is there and says 200."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        status = await reader.readline()
        return b" 200 " in status
    except OSError:
        return False
    finally:
        writer.close()


async def end(child: Process) -> None:
    """SIGTERM, patience, SIGKILL; nothing for a child that has ended."""
    if child.returncode is not None:
        return
    with suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(asyncio.shield(child.wait()), STOP_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
