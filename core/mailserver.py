"""The mail server as one address: ``smtp://name:password@host:587?tls=starttls``. How one is talked to is not known here."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import unquote

Security = Literal["tls", "starttls", "none"]
"""TLS from the first byte, TLS before anything that matters, or none."""

PORTS: Final[Mapping[Security, int]] = {"tls": 465, "starttls": 587, "none": 25}

# Not urlsplit: its errors repeat parts of the address, and a piece of a password may be among them.
_ADDRESS = re.compile(
    r"(?P<scheme>smtps?)://(?:(?P<login>[^/?#]*)@)?(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)"
    r"(?::(?P<port>\d{1,5}))?/?(?:\?(?P<query>.*))?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    """A name in lower case, or an IP number without brackets."""
    port: int
    security: Security
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    """Given whenever ``user`` is."""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_mail_server(text: str) -> MailServer:
    """Raises ``ValueError`` that says what is allowed and repeats nothing of ``text``."""
    match = _ADDRESS.fullmatch(text)
    if match is None or not text.isprintable():
        raise ValueError(
            "is not the address of a mail server: write smtp://name:password@host:587?tls=starttls, "
            "smtps://name:password@host or smtp://host:25?tls=none; in name and password "
            "@ : / ? # % are written %40 %3A %2F %3F %23 %25"
        )
    options = _options(match["query"] or "")
    security = _security(match["scheme"].lower(), options)
    host = _host(match["host"].lower())
    port = int(match["port"] or PORTS[security])
    if not 0 < port < 65536:
        raise ValueError("names a port that is not from 1 to 65535")
    user, password = _login(match["login"])
    _must_not_be_overheard(host, security, bool(user), options)
    return MailServer(host, port, security, user, password)


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if name not in ("tls", "clear-password") or name in options:
            raise ValueError("may end in ?tls=starttls or ?tls=none only, once")
        options[name] = value
    return options


def _security(scheme: str, options: Mapping[str, str]) -> Security:
    wanted = options.get("tls")
    if scheme == "smtps":
        if wanted is not None:
            raise ValueError("begins with smtps://, which is TLS from the first byte: leave tls= away")
        return "tls"
    match wanted:
        case None | "starttls":
            return "starttls"
        case "none":
            return "none"
    raise ValueError("has a tls= that is neither starttls nor none; TLS from the first byte is smtps://")


def _host(text: str) -> str:
    try:
        if text.startswith("["):
            return str(ipaddress.IPv6Address(text[1:-1]))
        name = text.encode("idna").decode("ascii")
    except ValueError:
        name = ""
    if not _NAME.fullmatch(name):
        raise ValueError("has no host that can be a mail server, for example smtp.office.example")
    return name


def _login(text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    if _BARE_PERCENT.search(text):
        raise ValueError("has a % in name or password that begins no escape: write it as %25")
    user, _, password = (_unescaped(part) for part in text.partition(":"))
    if not user or not password:
        raise ValueError("needs name and password before the @, or neither: smtp://name:password@host")
    return user, password


def _unescaped(text: str) -> str:
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("has escapes in name or password that are not UTF-8") from None
    if not plain.isprintable():
        raise ValueError("has control characters in name or password")
    return plain


def _must_not_be_overheard(
    host: str, security: Security, has_password: bool, options: Mapping[str, str]
) -> None:
    allowed = options.get("clear-password")
    if allowed not in (None, "yes") or (allowed and (security != "none" or not has_password)):
        raise ValueError("has a clear-password that is not =yes beside a password and tls=none")
    if security == "none" and has_password and not allowed and not _is_this_machine(host):
        raise ValueError(
            "would send the password unencrypted over the network: use tls=starttls or smtps://, "
            "or write ?tls=none&clear-password=yes if everybody on the way may read it"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
