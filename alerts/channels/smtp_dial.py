"""A connection to the first address of a host that answers."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta


async def dial(host: str, port: int, patience: timedelta) -> socket.socket:
    """``patience`` with each address. Raises ``OSError``: ``socket.gaierror`` when there is none, ``TimeoutError``."""
    loop, seconds = asyncio.get_running_loop(), patience.total_seconds()
    problem: OSError | None = None
    try:
        async with asyncio.timeout(seconds):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer from the name server") from None
    for family, kind, protocol, _, address in found:
        try:
            return await _reach(socket.socket(family, kind, protocol), address, seconds)
        except OSError as error:
            problem = error
    raise problem or socket.gaierror(socket.EAI_NONAME, "no address")


async def _reach(sock: socket.socket, address: tuple[object, ...], seconds: float) -> socket.socket:
    sock.setblocking(False)
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock
