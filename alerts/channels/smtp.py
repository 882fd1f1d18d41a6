"""Messages to a mail server over SMTP: one message for each recipient, several over one connection.

The conversation is led step by step, because only so can it be told afterwards how far it came: whether a password or
an address left this machine, and whether the message may have arrived.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiosmtplib

from alerts.channels.smtp_answers import (
    Refusal,
    Stage,
    in_lines,
    key_of_answer,
    key_of_certificate,
    on_the_wire,
    quoted,
    secrets_of,
)
from alerts.channels.smtp_dial import dial
from alerts.channels.smtp_trust import trust
from alerts.message import address_of
from core.mailserver import MailServer
from core.types import Language, Message

# One try with one method: each failed one counts towards a lock-out. In the clear the password itself stays here if it can.
_METHODS, _METHODS_IN_THE_CLEAR = ("plain", "login", "cram-md5"), ("cram-md5", "plain", "login")
_START_INPUT = 354
_QUIT_S = 5.0
# What OpenSSL, by version, calls an answer that is no TLS at all.
_PLAIN_TALK = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})


@dataclass(frozen=True, slots=True)
class Patience:
    connect: timedelta = timedelta(seconds=30)
    answer: timedelta = timedelta(seconds=60)
    receipt: timedelta = timedelta(minutes=10)
    """After the message. RFC 5321 4.5.3.2.6: whoever hangs up earlier gets messages delivered twice."""


@dataclass(frozen=True, slots=True)
class Step:
    """Of a conversation, with what the server said to it."""

    stage: Stage
    answer: str
    ok: bool = True


class SmtpChannel:
    name = "smtp"

    def __init__(
        self,
        server: MailServer,
        *,
        sender: str,
        ca_file: Path | None = None,
        language: Language = "en",
        patience: Patience = Patience(),
        told: Callable[[Step], None] = lambda step: None,
    ) -> None:
        """``sender`` with or without a name; its address is the sender on the envelope. ``language``: of the errors."""
        self._sender, self._language, self._told = address_of(sender), language, told
        tls = None if server.security == "none" else trust(ca_file)
        self._new_line = partial(_Line, server, tls, patience, told)
        self._line: _Line | None = None

    async def send(self, message: Message) -> None:
        try:
            await self._send(address_of(message.recipient), message.raw)
        except Refusal as refusal:
            self._told(Step(refusal.stage, refusal.answer, ok=False))
            # Not chained: the library's own errors repeat addresses.
            raise refusal.as_error(self.name, self._language) from None

    async def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.hang_up()

    async def _send(self, recipient: str, raw: bytes) -> None:
        if self._line is not None and self._line.is_open:
            try:
                await self._line.carry(self._sender, recipient, raw)
                return
            except Refusal as refusal:
                if not refusal.may_pass_on_a_new_line:
                    raise
        await self.close()
        line = self._new_line()
        await line.open()
        self._line = line
        await line.carry(self._sender, recipient, raw)


class _Line:
    """One connection. Every method raises ``Refusal``."""

    def __init__(
        self,
        server: MailServer,
        tls: ssl.SSLContext | None,
        patience: Patience,
        told: Callable[[Step], None],
    ) -> None:
        self._server, self._tls, self._patience, self._told = server, tls, patience, told
        self._secrets = secrets_of(server.user, server.password)
        self._client = aiosmtplib.SMTP(
            hostname=server.host,
            use_tls=server.security == "tls",
            start_tls=False,
            tls_context=tls,
            timeout=patience.answer.total_seconds(),
        )

    @property
    def is_open(self) -> bool:
        return self._client.is_connected

    async def open(self) -> None:
        try:
            await self._connect()
            await self._greet()
            if self._server.security == "starttls":
                await self._encrypt()
            if self._server.user is not None and self._server.password is not None:
                await self._log_in(self._server.user, self._server.password)
        except BaseException:
            self._client.close()
            raise

    async def carry(self, sender: str, recipient: str, raw: bytes) -> None:
        try:
            lines = in_lines(raw)
            await self._address(sender, recipient, len(lines))
            await self._hand_over(lines)
        except Refusal as refusal:
            await self._make_ready(refusal)
            raise
        except BaseException:
            self._client.close()
            raise

    async def hang_up(self) -> None:
        with suppress(aiosmtplib.SMTPException, OSError):
            await self._client.quit(timeout=_QUIT_S)
        self._client.close()

    async def _connect(self) -> None:
        try:
            sock = await dial(self._server.host, self._server.port, self._patience.connect)
        except OSError as problem:
            raise self._not_reached(problem) from None
        self._say("connect", "{}:{}".format(*sock.getpeername()[:2]))
        # An address literal (RFC 5321 4.1.3) needs no look-up and does not tell the name of this machine.
        number = sock.getsockname()[0]
        name = f"[IPv6:{number.partition('%')[0]}]" if sock.family == socket.AF_INET6 else f"[{number}]"
        try:
            await self._client.connect(sock=sock, local_hostname=name)
        except aiosmtplib.SMTPConnectResponseError as error:
            raise self._answered("hello", error.code, error.message) from None
        except aiosmtplib.SMTPResponseException as error:
            raise self._refusal("hello", "not_smtp", error.message) from None
        except aiosmtplib.SMTPConnectError as error:
            raise self._not_greeted(error.__cause__) from None
        if self._server.security == "tls":
            self._say_tls()

    def _not_reached(self, problem: OSError) -> Refusal:
        seconds = self._patience.connect.total_seconds()
        match problem:
            case socket.gaierror():
                return self._refusal("connect", "no_address")
            case TimeoutError():
                return self._refusal("connect", "no_answer", seconds=f"{seconds:g}")
            case ConnectionRefusedError():
                return self._refusal("connect", "nobody_there")
        return self._refusal("connect", "unreachable", problem.strerror or str(problem))

    def _not_greeted(self, cause: BaseException | None) -> Refusal:
        """TLS from the first byte failed, or the greeting did not come."""
        if isinstance(cause, ssl.SSLError):
            return self._not_encrypted(cause)
        stage: Stage = "hello"
        if self._server.security == "tls" and not isinstance(cause, aiosmtplib.SMTPException):
            stage = "tls"
        if isinstance(cause, TimeoutError):
            return self._silent(stage, "silent_at_first" if stage == "hello" else "silent")
        return self._refusal(stage, "cut")

    def _not_encrypted(self, error: ssl.SSLError) -> Refusal:
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._refusal("tls", key_of_certificate(error.verify_code), error.verify_message)
        if self._server.security == "tls" and error.reason in _PLAIN_TALK:
            return self._refusal("tls", "no_tls")
        return self._refusal("tls", "tls_failed", error.reason or str(error))

    async def _greet(self) -> None:
        with self._during("hello"):
            try:
                answer = await self._client.ehlo()
            except aiosmtplib.SMTPHeloError as error:
                if error.code < 500 or self._server.security == "starttls":
                    raise
                answer = await self._client.helo()
        self._say("hello", answer.message.partition("\n")[0])

    async def _encrypt(self) -> None:
        if not self._client.supports_extension("starttls"):
            raise self._refusal("tls", "no_starttls")
        with self._during("tls"):
            await self._client.starttls()
        self._say_tls()
        # What was offered before may have been written by somebody on the way (RFC 3207 4.2).
        await self._greet()

    async def _log_in(self, user: str, password: str) -> None:
        client = self._client
        if not client.supports_extension("auth"):
            raise self._refusal("login", "no_login")
        methods = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
        order = _METHODS if self._tls is not None else _METHODS_IN_THE_CLEAR
        chosen = next((name for name in order if name in client.server_auth_methods), None)
        if chosen is None:
            raise self._refusal("login", "no_method", " ".join(client.server_auth_methods).upper())
        with self._during("login"):
            answer = await methods[chosen](user, password)
        self._say("login", f"{chosen.upper()}: {answer.code} {answer.message}")

    async def _address(self, sender: str, recipient: str, size: int) -> None:
        options = [f"SIZE={size}"] if self._client.supports_extension("size") else []
        with self._during("mail", kilobytes=-(-size // 1000)):
            answer = await self._client.mail(sender, options=options)
        self._say("mail", f"{answer.code} {answer.message}")
        with self._during("rcpt"):
            answer = await self._client.rcpt(recipient)
        self._say("rcpt", f"{answer.code} {answer.message}")

    async def _hand_over(self, lines: bytes) -> None:
        """Not the library's ``data``: it does not tell a connection cut before the message from one cut after it."""
        kilobytes = -(-len(lines) // 1000)
        with self._during("data", kilobytes=kilobytes):
            answer = await self._client.execute_command(b"DATA")
            if answer.code != _START_INPUT:
                raise self._answered("data", answer.code, answer.message, kilobytes=kilobytes)
            if self._client.protocol is None:
                raise self._refusal("data", "cut")
            protocol = self._client.protocol
            protocol.write(on_the_wire(lines))
        try:
            answer = await protocol.read_response(timeout=self._patience.receipt.total_seconds())
        except aiosmtplib.SMTPTimeoutError:
            raise self._silent("data", "silent_after", self._patience.receipt) from None
        except aiosmtplib.SMTPResponseException as error:
            raise self._refusal("data", "odd_after", error.message) from None
        except (aiosmtplib.SMTPException, OSError):
            raise self._refusal("data", "cut_after") from None
        if 400 <= answer.code < 600:
            raise self._answered("data", answer.code, answer.message, kilobytes=kilobytes)
        if not 200 <= answer.code < 300:
            raise self._refusal("data", "odd_after", answer.message, code=answer.code)
        self._say("data", f"{answer.code} {answer.message}")

    async def _make_ready(self, refusal: Refusal) -> None:
        """For the next message: the server forgets this one, or the connection is given up."""
        if refusal.code is not None and not refusal.unknown:
            with suppress(aiosmtplib.SMTPException, OSError):
                await self._client.rset()
                return
        self._client.close()

    @contextmanager
    def _during(self, stage: Stage, **told: object) -> Iterator[None]:
        try:
            yield
        except aiosmtplib.SMTPResponseException as error:
            raise self._answered(stage, error.code, error.message, **told) from None
        except aiosmtplib.SMTPTimeoutError:
            raise self._silent(stage, "silent") from None
        except ssl.SSLError as error:
            raise self._not_encrypted(error) from None
        except (aiosmtplib.SMTPServerDisconnected, OSError):
            raise self._refusal(stage, "cut") from None

    def _answered(self, stage: Stage, code: int, text: str, **told: object) -> Refusal:
        return self._refusal(stage, key_of_answer(stage, code, text), text, code=code, **told)

    def _silent(self, stage: Stage, key: str, waited: timedelta | None = None) -> Refusal:
        return self._refusal(stage, key, seconds=f"{(waited or self._patience.answer).total_seconds():g}")

    def _refusal(
        self, stage: Stage, key: str, text: str = "", *, code: int | None = None, **told: object
    ) -> Refusal:
        place = {"server": self._server, "host": self._server.host, "text": quoted(text, self._secrets)}
        return Refusal(stage, key, code=code, **place | told)

    def _say(self, stage: Stage, answer: str) -> None:
        self._told(Step(stage, quoted(answer, self._secrets)))

    def _say_tls(self) -> None:
        self._say("tls", self._client.get_transport_info("ssl_object").version())
