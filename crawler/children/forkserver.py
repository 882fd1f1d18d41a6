"""The process that makes parser children: it has the heavy libraries loaded, so that all children share their memory.

Run as ``python -m crawler.children.forkserver FD MEMORY_MB DOCUMENTS``; FD is a stream socket. Each message on it carries
the socket of a new child and is answered with the child's process id. When the socket ends, children and server end.
Of its own rather than ``multiprocessing``'s: that one runs the main module again in every child, cannot be closed while
the service idles, and is one for the whole program. It has no thread, so forking is safe.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import Final

from crawler.children.child import Limits, serve
from crawler.children.wire import PID

_NICENESS: Final = 5


def main() -> None:
    descriptor, memory_mb, documents = map(int, sys.argv[1:])
    # Ctrl-C in a terminal reaches every process; the service ends this one in its own time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as control:
        children: set[int] = set()
        with suppress(ConnectionError):
            _make_children(control, children, Limits(memory_mb, documents))
        _end(children)
    # Nothing is left to do; unloading the libraries would only take time.
    os._exit(0)


def _make_children(control: socket.socket, children: set[int], limits: Limits) -> None:
    wakeup, wakeup_end = socket.socketpair()
    with wakeup, wakeup_end:
        wakeup.setblocking(False)
        wakeup_end.setblocking(False)
        signal.set_wakeup_fd(wakeup_end.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        server = os.getpid()
        try:
            while (descriptor := _wanted(control, wakeup, children)) is not None:
                pid = os.fork()
                if pid == 0:
                    _become_child(descriptor, (control, wakeup, wakeup_end), limits, server)
                os.close(descriptor)
                children.add(pid)
                control.sendall(PID.pack(pid))
        finally:
            signal.set_wakeup_fd(-1)


def _wanted(control: socket.socket, wakeup: socket.socket, children: set[int]) -> int | None:
    """The socket of the next child, None when the service is gone; dead children are taken off meanwhile."""
    while True:
        ready, _, _ = select.select([control, wakeup], [], [])
        if wakeup in ready:
            wakeup.recv(4096)
            _reap(children)
        if control in ready:
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            return descriptors[0] if descriptors else None


def _become_child(descriptor: int, others: tuple[socket.socket, ...], limits: Limits, server: int) -> None:
    """Never returns."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for other in others:
            other.close()
        with socket.socket(fileno=descriptor) as connection:
            serve(connection, limits, server)
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        status = 0  # the service is gone, or no longer wants the answer
    finally:
        os._exit(status)


def _end(children: set[int]) -> None:
    """Waited for, so that the time they used is counted to whoever started the service."""
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in children:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _reap(children: set[int]) -> None:
    with suppress(ChildProcessError):
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) > 0:
            children.discard(pid)


if __name__ == "__main__":
    main()
