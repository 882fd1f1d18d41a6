"""The service's end of the fork server and of each parser child."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from crawler.children.wire import HEADER, PID, Answer, Question, answer_from, packed

_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 5.0
_MB: Final = 1 << 20


class Child:
    """One parser process. After any failure it must be killed: nobody knows what it would answer next."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._pid, self._reader, self._writer = pid, reader, writer
        self._base = self._memory()
        self._computed_before = 0.0

    async def ask(self, question: Question) -> Answer:
        """Raises ``EOFError`` or ``OSError`` when the child dies over it."""
        self._computed_before = self._computed()
        self._writer.write(packed(question))
        await self._writer.drain()
        head = await self._reader.readexactly(HEADER.size)
        return answer_from(await self._reader.readexactly(HEADER.unpack(head)[0]))

    def is_gone(self) -> bool:
        return self._reader.at_eof() or self._writer.is_closing()

    def busy_seconds(self) -> float:
        """Of computing since it was asked; what it waited for a free core does not count."""
        return self._computed() - self._computed_before

    def grown_mb(self) -> int:
        return (self._memory() - self._base) // _MB

    def kill(self) -> None:
        # While the socket is open the process lives or is not yet reaped, so the number is still its own.
        if not self.is_gone():
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._writer.transport.abort()

    def let_go(self) -> None:
        """After its last answer it ends by itself."""
        self._writer.transport.abort()

    def _computed(self) -> float:
        try:
            times = psutil.Process(self._pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def _memory(self) -> int:
        try:
            return int(psutil.Process(self._pid).memory_info().rss)
        except psutil.Error:
            return 0


class ForkServer:
    """A running fork server. Raises ``OSError`` when it cannot be started or is dead."""

    def __init__(self, memory_mb: int, documents: int) -> None:
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        with theirs:
            arguments = [str(theirs.fileno()), str(memory_mb), str(documents)]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "crawler.children.forkserver", *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=_environment(),
            )

    async def child(self) -> Child:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            with theirs:
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            pid = await asyncio.wait_for(self._answer(), _START_SECONDS)
            reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_MB)
        except BaseException:
            ours.close()
            raise
        return Child(pid, reader, writer)

    async def _answer(self) -> int:
        received = await self._received()
        if len(received) < PID.size:
            raise ConnectionResetError("the fork server of the parsers is gone")
        return int(PID.unpack(received)[0])

    async def _received(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._control, PID.size)

    async def close(self) -> None:
        """Its children end with it."""
        with self._control, suppress(OSError, TimeoutError):
            self._control.shutdown(socket.SHUT_WR)
            while await asyncio.wait_for(self._received(), _END_SECONDS):
                """What it had still to say."""
        # It has closed its end of the socket as the last thing it does, or hangs and is ended here.
        self._process.kill()
        self._process.wait()


def _environment() -> dict[str, str]:
    """Nothing of the service's own environment, which holds passwords, reaches a process that reads hostile bytes."""
    return {
        "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path),
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
    }
