"""The pages served from the service's own loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from core.errors import Conflict
from desk.health import Surroundings
from desk.pages import Pages
from presswatch import __version__
from presswatch.compose import House, mail_server, outbox_dir
from presswatch.crawling import PARSERS
from presswatch.office import office_of
from web.app import create_app
from web.security import is_loopback

Listening = socket.socket
"""A socket that listens."""


class Web(uvicorn.Server):
    """Signals are the service's own: uvicorn would end the process by them."""

    def __init__(self, house: House, listening: socket.socket, *, parses: bool) -> None:
        host, port = listening.getsockname()[:2]
        on_loopback = is_loopback(host)
        around = Surroundings(
            address=f"{host}:{port}",
            loopback_only=on_loopback,
            folder=str(outbox_dir(house.settings)),
            resolver=house.settings.resolver,
            parsers=PARSERS if parses else None,
            mail_server=mail_server(house.settings),
        )
        app = create_app(
            Pages(house.db, house.zone, house.library, around),
            base_url=house.settings.base_url,
            language=house.settings.language,
            timezone=house.settings.zone,
            version=__version__,
            clock=house.clock,
            office=office_of(house, on_loopback=on_loopback),
        )
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=3,
            )
        )
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await super().serve(sockets or [self._listening])


async def end_web(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def listen(host: str, port: int) -> socket.socket:
    """Raises ``Conflict`` when the address is not to be had, before anything else begins."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise Conflict(
            f"the pages cannot be served on {host}:{port} ({error.strerror}); "
            "end the program that uses it, or choose another with --port"
        ) from error
    sock.listen(128)
    sock.setblocking(False)
    return sock


def address_of(listening: socket.socket | None) -> str:
    if listening is None:
        return "no pages"
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
