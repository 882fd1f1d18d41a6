"""Mail servers on loopback: one that answers as a test says and keeps what it took, one that recites a script."""

from __future__ import annotations

import asyncio
import itertools
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

CUT = "cut"
"""Instead of an answer: the connection ends."""


@dataclass(frozen=True)
class Taken:
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool = False

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.raw, policy=default)["Message-ID"])


@dataclass
class PostOffice:
    """``wrapped``: TLS from the first byte, otherwise ``tls`` is offered as STARTTLS. ``per_line``: messages on a connection."""

    tls: ssl.SSLContext | None = None
    wrapped: bool = False
    accounts: dict[str, str] = field(default_factory=dict)
    limit: int | None = None
    per_line: int = 1_000_000
    taken: list[Taken] = field(default_factory=list)
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    """(method, user, encrypted) of each try."""
    senders: list[str] = field(default_factory=list)
    connections: int = 0
    _answers: dict[str, Iterator[str]] = field(default_factory=dict)
    _lines: list[SMTP] = field(default_factory=list)

    def answers(self, what: str, *answers: str, always: bool = False) -> None:
        """``what``: ``mail desk@x``, ``rcpt ann@x`` or ``data ann@x``; after the answers all goes well."""
        self._answers[what] = itertools.cycle(answers) if always else iter(answers)

    def __enter__(self) -> PostOffice:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        tls = self.tls if self.wrapped else None
        opening = self._loop.create_server(self._line, "127.0.0.1", 0, ssl=tls)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def hang_up(self) -> None:
        """On everybody, as servers do with those who say nothing for a while."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()

    async def _hang_up(self) -> None:
        for line in self._lines:
            if line.transport is not None:
                line.transport.abort()
        await asyncio.sleep(0)

    async def _end(self) -> None:
        self._server.close()
        await self._hang_up()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _line(self) -> SMTP:
        self.connections += 1
        line = SMTP(
            self,
            hostname="post.example",
            data_size_limit=self.limit,
            tls_context=None if self.wrapped else self.tls,
            auth_require_tls=False,
            auth_exclude_mechanism=None if self.accounts else ["PLAIN", "LOGIN"],
            authenticator=self._authenticate,
            loop=self._loop,
        )
        self._lines.append(line)
        return line

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        user, password = given.login.decode(), given.password.decode()
        self.logins.append((mechanism, user, self._is_encrypted(session)))
        right = self.accounts.get(user) == password
        return AuthResult(success=right, handled=right)

    def _is_encrypted(self, session: Session) -> bool:
        return session.ssl is not None or self.wrapped

    def _answer(self, what: str, server: SMTP, usual: str) -> str:
        said = next(self._answers.get(what, iter(())), usual)
        if said == CUT:
            server.transport.abort()
        return said

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        session.carried = getattr(session, "carried", 0) + 1
        if session.carried > self.per_line:
            return "421 4.7.0 enough for one connection"
        self.senders.append(address)
        envelope.mail_from = address
        return self._answer(f"mail {address}", server, "250 2.1.0 ok")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        said = self._answer(f"rcpt {address}", server, "250 2.1.5 ok")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = self._answer(f"data {envelope.rcpt_tos[0]}", server, "250 2.0.0 taken")
        if said == CUT or said.startswith("250"):
            raw = envelope.original_content or b""
            sender, recipients = str(envelope.mail_from), tuple(envelope.rcpt_tos)
            self.taken.append(Taken(sender, recipients, raw, self._is_encrypted(session)))
        return said


SILENCE = "silence"
"""Instead of an answer: nothing, until the test is over."""


class Script:
    """A server for one connection that says the next line after each line it hears, whatever that was."""

    def __init__(self, *says: str) -> None:
        self.says = says
        self.heard: list[bytes] = []
        self._over = threading.Event()

    def __enter__(self) -> Script:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._recite)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._listening.close()
        # The server may still wait for somebody to call.
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        self._thread.join()

    def _recite(self) -> None:
        with suppress(OSError):
            connection, _ = self._listening.accept()
            with connection, connection.makefile("rb") as heard:
                self._say(connection, self._hear(heard))

    def _say(self, connection: socket.socket, heard: Iterator[bytes]) -> None:
        for said in self.says:
            if said == CUT:
                return
            if said == SILENCE:
                self._over.wait(10)
                return
            connection.sendall(said.replace("\n", "\r\n").encode() + b"\r\n")
            line = next(heard, None)
            while line is not None and said.startswith("354") and line != b".":
                line = next(heard, None)
            if line is None:
                return

    def _hear(self, stream: Iterable[bytes]) -> Iterator[bytes]:
        for line in stream:
            self.heard.append(line.rstrip(b"\r\n"))
            yield self.heard[-1]


def url_of(port: int, login: str = "", options: Mapping[str, str] | None = None) -> str:
    query = "&".join(f"{name}={value}" for name, value in (options or {"tls": "none"}).items())
    return f"smtp://{login}127.0.0.1:{port}?{query}"
