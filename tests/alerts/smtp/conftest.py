from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from post_office import PostOffice

from alerts.channels.smtp import Patience, SmtpChannel
from core.errors import DeliveryError
from core.mailserver import MailServer
from core.types import Message

SENDER = "News desk <desk@office.example>"
QUICK = Patience(timedelta(seconds=5), timedelta(seconds=5), timedelta(seconds=5))


def message(recipient: str = "ann@x.example", body: bytes = b"body\r\n", n: int = 1) -> Message:
    message_id = f"<daily.{n}@office.example>"
    head = f"Message-ID: {message_id}\r\nSubject: digest\r\n\r\n".encode()
    return Message(message_id, recipient, "digest", head + body)


@dataclass(frozen=True)
class Desk:
    """Who sends, and how long it waits."""

    patience: Patience = QUICK

    def channel(self, port: int, security: str = "none", **settings: Any) -> SmtpChannel:
        fields = {"user", "password", "host"} & set(settings)
        host = {"host": "127.0.0.1"} | {name: settings.pop(name) for name in fields}
        server = MailServer(port=port, security=security, **host)  # type: ignore[arg-type]
        return SmtpChannel(server, **{"sender": SENDER, "patience": self.patience} | settings)

    def send(self, channel: SmtpChannel, *messages: Message) -> list[DeliveryError | None]:
        """One after the other, then the channel is closed; gives what went wrong with each."""
        return asyncio.run(self._send(channel, messages))

    async def _send(self, channel: SmtpChannel, messages: Sequence[Message]) -> list[DeliveryError | None]:
        outcomes: list[DeliveryError | None] = []
        for one in messages:
            try:
                await channel.send(one)
                outcomes.append(None)
            except DeliveryError as error:
                outcomes.append(error)
        await channel.close()
        return outcomes


@pytest.fixture(scope="session")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="session")
def make_message() -> Callable[..., Message]:
    return message


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as made:
        yield made


@dataclass(frozen=True)
class Authority:
    """Of an office: it vouches for whom the test says."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    def server(self, name: str, *, days: tuple[int, int] = (-1, 30)) -> ssl.SSLContext:
        """For a server of this name, valid on these days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer_key = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        extensions = (
            x509.SubjectAlternativeName([x509.DNSName(name)]),
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key),
        )
        leaf = issued(name, key.public_key(), self.key, *extensions, days=days)
        path = self.folder / f"{name}.{days[0]}.{days[1]}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(secret + leaf.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def issued(
    name: str,
    key: Any,
    signer: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
    days: tuple[int, int] = (-1, 30),
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "office authority")]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(signer, hashes.SHA256())


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = issued(
        "office authority",
        key.public_key(),
        key,
        x509.BasicConstraints(True, None),
        x509.KeyUsage(True, False, False, False, False, True, True, False, False),
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
    )
    made = Authority(folder, key, certificate)
    made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return made
