"""A rendered digest as one message to one recipient, byte for byte the same whenever it is made from the same values."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses

from alerts.prose import clean
from alerts.render import Rendered
from core.errors import DeliveryError
from core.types import Language, Message

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Envelope:
    message_id: str
    """With angle brackets; the same in every attempt to deliver."""
    date: datetime
    sender: str
    """``presswatch@office.example`` or ``Presswatch <presswatch@office.example>``."""
    recipient: str
    """An address, or '' for the folder of a digest without recipients."""
    digest_id: str
    language: Language


def stable_id(digest_id: str, slot: str, recipient: str, sender: str) -> str:
    """A Message-ID that tells digest and slot, and nobody's address. Raises as ``compose`` does."""
    told = hashlib.sha256("\x00".join((digest_id, slot, recipient)).encode()).hexdigest()[:20]
    parts = (_UNSAFE.sub("-", part).strip("-")[:60] for part in (digest_id, slot))
    return f"<{'.'.join((*filter(None, parts), told))}@{_domain(sender)}>"


def compose(rendered: Rendered, envelope: Envelope) -> Message:
    """Raises ``DeliveryError`` (no retry) for an address that cannot stand in a header."""
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = format_datetime(envelope.date)
    mail["From"] = _address(envelope.sender)
    if envelope.recipient:
        mail["To"] = _address(envelope.recipient)
    mail["Subject"] = clean(rendered.subject)
    mail["Message-ID"] = envelope.message_id
    mail["List-ID"] = (
        f"<{_UNSAFE.sub('-', envelope.digest_id).strip('-') or 'digest'}.{_domain(envelope.sender)}>"
    )
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail["X-Presswatch-Digest"] = _UNSAFE.sub("-", envelope.digest_id)
    # Base64 in both languages: digests in English carry Chinese headlines, which quoted-printable makes three times longer.
    mail.set_content(rendered.text, charset="utf-8", cte="base64")
    mail.add_alternative(rendered.html, subtype="html", charset="utf-8", cte="base64")
    mail["Content-Language"] = "zh-CN" if envelope.language == "zh" else "en"
    mail.set_boundary("=_" + hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32])
    # On one line, however long: not every program that compares Message-IDs unfolds them first.
    raw = mail.as_bytes(policy=SMTP).replace(b"\r\nMessage-ID:\r\n ", b"\r\nMessage-ID: ", 1)
    return Message(envelope.message_id, envelope.recipient, clean(rendered.subject), raw)


def address_of(text: str) -> str:
    """The bare address, in ASCII, as it stands in the header and on the envelope. Raises as ``compose`` does."""
    return str(_address(text).addr_spec)


def _address(text: str) -> Address:
    try:
        name, spec = _parts(text)
        return Address(clean(name, 120), addr_spec=_ascii(spec))
    except (ValueError, IndexError) as error:
        raise DeliveryError(
            f"'{clean(text, 120)}' is no mail address; correct it in the digest, or the sender in PRESSWATCH_MAIL_FROM",
            channel="mail",
            retry=False,
        ) from error


def _parts(text: str) -> tuple[str, str]:
    """Name and address. Raises ``ValueError`` for none, and for more than one."""
    found = getaddresses([text])
    if len(found) != 1 or not text.isprintable():
        raise ValueError("not one address")
    return found[0]


def _ascii(spec: str) -> str:
    """Domains beyond ASCII by their registered form. Raises ``ValueError``."""
    if not _ADDRESS.fullmatch(spec):
        raise ValueError("no address")
    local, _, domain = spec.rpartition("@")
    if not local.isascii():
        raise ValueError("not every mail server takes such a name")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _domain(sender: str) -> str:
    return str(_address(sender).domain)
