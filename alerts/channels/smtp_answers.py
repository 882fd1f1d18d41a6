"""What an answer of a mail server, or the lack of one, means for a message. Pure: nothing here talks to a server.

``words.yaml`` says each ``key`` as a sentence that ends with what to do.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final, Literal

from alerts.prose import clean
from core.errors import DeliveryError
from core.types import Language
from core.words import load_words

WORDS = load_words(Path(__file__).with_name("words.yaml"))

Stage = Literal["connect", "tls", "hello", "login", "mail", "rcpt", "data"]
"""In the order of a conversation over STARTTLS, but for ``hello``, which comes before ``tls`` as well."""

_BEFORE_ANY_MESSAGE: Final = frozenset({"connect", "tls", "hello", "login"})
_OF_THE_SETTINGS: Final = frozenset({"sender_refused", "login_wanted"})
_FOR_GOOD: Final = frozenset({"recipient_refused", "relay_refused", "content_refused", "too_big"})
_PERHAPS_TAKEN: Final = frozenset({"cut_after", "silent_after", "odd_after"})

_TOO_BIG = re.compile(r"\b5\.(3\.4|2\.3)\b")
_ADDRESSES = re.compile(r"<?[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+>?")
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
_LEADING_DOTS = re.compile(rb"(?m)^\.")
_CERTIFICATES: Final = {9: "not_yet_valid", 10: "expired", 62: "other_host", 64: "other_host"}
"""Codes of X509_verify_cert; all others say that nobody we trust vouches for it."""


class Refusal(Exception):
    """A conversation that ended without the message being taken for sure."""

    def __init__(self, stage: Stage, key: str, *, code: int | None = None, **told: object) -> None:
        super().__init__(f"{stage}: {key}")
        self.stage, self.key, self.code, self.told = stage, key, code, told

    @property
    def halts(self) -> bool:
        return self.stage in _BEFORE_ANY_MESSAGE or self.key in _OF_THE_SETTINGS

    @property
    def unknown(self) -> bool:
        return self.key in _PERHAPS_TAKEN

    @property
    def may_pass_on_a_new_line(self) -> bool:
        """An old connection was closed, or has carried enough for this server."""
        return self.stage == "mail" and (self.code is None or self.code < 500)

    @property
    def answer(self) -> str:
        """What the server said, as far as it said something."""
        return f"{self.code or ''} {self.told.get('text', '')}".strip()

    def sentence(self, language: Language) -> str:
        step = WORDS(f"step_{self.stage}", language)
        return WORDS(self.key, language, **{"code": self.code, "step": step} | self.told)

    def as_error(self, channel: str, language: Language) -> DeliveryError:
        return DeliveryError(
            self.sentence(language),
            channel=channel,
            retry=self.key not in _FOR_GOOD,
            unknown=self.unknown,
            halts=self.halts,
        )


def key_of_answer(stage: Stage, code: int, text: str) -> str:
    """For an answer that is not the one which was hoped for."""
    if not 400 <= code < 600:
        return "odd"
    if code in (530, 538) and stage in ("mail", "rcpt", "data"):
        return "login_wanted"
    too_big = code == 552 or _TOO_BIG.search(text)
    match stage:
        case "connect" | "hello":
            return "turned_away"
        case "tls":
            return "starttls_refused"
        case "login":
            return "login_later" if code < 500 else "login_refused"
        case "mail" | "data" if too_big:
            return "too_big"
        case "rcpt" if code == 452 or (code < 500 and "4.2.2" in text):
            return "mailbox_full"
    if code < 500:
        return "later"
    if stage == "rcpt":
        return "relay_refused" if "relay" in text.lower() else "recipient_refused"
    return "sender_refused" if stage == "mail" else "content_refused"


def key_of_certificate(verify_code: int) -> str:
    return _CERTIFICATES.get(verify_code, "untrusted")


def quoted(text: str, secrets: Collection[str]) -> str:
    """What a server said, fit for logs and terminals: no addresses, no secrets of ours, one line."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "…")
    return _ADDRESSES.sub("…@…", clean(text, 300))


def secrets_of(user: str | None, password: str | None) -> frozenset[str]:
    """As they were set and as they travel."""
    if user is None or password is None:
        return frozenset()
    told = (password, user, f"\0{user}\0{password}")
    return frozenset({password, *(base64.b64encode(text.encode()).decode() for text in told)})


def in_lines(raw: bytes) -> bytes:
    """RFC 5321 2.3.8: every line ends in CRLF, and neither CR nor LF stands alone."""
    lines = _LINE_ENDS.sub(b"\r\n", raw)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def on_the_wire(lines: bytes) -> bytes:
    """RFC 5321 4.5.2: a dot that begins a line is doubled, and a line with one dot ends it all."""
    return _LEADING_DOTS.sub(b"..", lines) + b".\r\n"
