"""Where a request may go. Judges addresses; opens nothing.

A name is judged by what it resolves to, at the moment of connecting (``refusal``); what can be seen from the spelling
alone is refused before that, so that odd spellings of an IP number (127.1, 0x7f000001, full-width digits) never reach
a resolver that understands them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urlsplit

from core.errors import FetchError
from core.types import Outcome
from core.urls import MAX_URL, scrub

DEFAULT_PORTS = {"http": 80, "https": 443}

# IANA special-purpose registries (2025-10), written out: ``is_global`` differs between Python versions.
_REFUSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3",
        "2001::/23", "2001:db8::/32", "3fff::/20",
    )
)  # fmt: skip
_GLOBAL_6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_])?")
_BROKEN = re.compile(r"%0[ad]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", re.IGNORECASE)
_SENT_AS_IS = "/:@!$&'()*+,;=%~?[]"


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed address: what is sent, and to whom."""

    url: str
    """ASCII only, without credentials and fragment."""
    scheme: str
    host: str
    """Lower case; an IPv6 number without brackets."""
    port: int
    credentials: bool
    """The address as written carried a user name."""

    @property
    def key(self) -> str:
        """Name of the host in the host book: the port is part of it when it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if DEFAULT_PORTS[self.scheme] == self.port else f"{host}:{self.port}"

    @property
    def place(self) -> str:
        """``host:port`` as in the list of allowed hosts."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.place}"


def parse_target(url: str) -> Target:
    """Raises ``FetchError`` (rejected) for what is no plain http(s) address."""
    text = re.sub(r"[\t\r\n]", "", url).strip()
    if len(text) > MAX_URL:
        raise _refuse("bad-address", "the address is longer than 4,000 characters", text, "bounded")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _refuse("bad-address", "not a web address", text) from None
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise _refuse(
            "refused-scheme", f"only http and https are fetched, not {scheme[:20] or 'a bare name'}", text
        )
    if "\\" in parts.netloc or _BROKEN.search(text):
        raise _refuse(
            "bad-address", "the address hides a line break, a control character or a second host", text
        )
    host = _read_host(parts.hostname or "", text)
    port = DEFAULT_PORTS[scheme] if port is None else port
    target = Target("", scheme, host, port, "@" in parts.netloc)
    sent = quote(parts.path.replace("\\", "/"), safe=_SENT_AS_IS, errors="replace") or "/"
    query = f"?{quote(parts.query, safe=_SENT_AS_IS, errors='replace')}" if parts.query else ""
    authority = target.key if ":" in host or port != DEFAULT_PORTS[scheme] else host
    return Target(f"{scheme}://{authority}{sent}{query}", scheme, host, port, target.credentials)


@lru_cache(maxsize=4096)
def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The IP number that a host is written as, if it is one."""
    try:
        return ip_address(host)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """True when the IP number is one of the open internet, whatever it is wrapped in."""
    number = literal(address.partition("%")[0])
    if number is None or "%" in address:
        return False
    if isinstance(number, IPv6Address):
        inner = _wrapped(number)
        if inner is not None:
            return is_public(str(inner))
        if number not in _GLOBAL_6:
            return False
    return not any(number in network for network in _REFUSED if network.version == number.version)


def is_allowed(address: str, port: int, asked: str, allowed: Collection[str]) -> bool:
    """May a request for ``asked`` (``host:port``) connect to this IP number?

    An allowed place is allowed as it is asked for: a name that happens to lead to an allowed number is not.
    """
    return asked in allowed or (is_public(address) and (port >= 1024 or port in DEFAULT_PORTS.values()))


def refuse_address(target: Target) -> FetchError:
    return _refuse(
        "refused-address",
        f"{target.place} is not a place of the open internet; the operator may allow it by PRESSWATCH_ALLOW_HOSTS",
        target.url,
    )


def _wrapped(number: IPv6Address) -> IPv4Address | None:
    if number.ipv4_mapped is not None:
        return number.ipv4_mapped
    if number in _NAT64:
        return IPv4Address(int(number) & 0xFFFFFFFF)
    return number.sixtofour if number in _6TO4 else None


def _read_host(written: str, url: str) -> str:
    host = unicodedata.normalize("NFKC", written).lower()
    host = re.sub("[。｡．]", ".", host).removesuffix(".")
    if literal(host) is not None and "%" not in host:
        return str(literal(host))
    # A name that ends in a number is an IP number in another spelling (WHATWG URL, 'ends in a number').
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise _refuse("refused-address", "an IP number in an unusual spelling", url)
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if not _NAME.fullmatch(host):
        raise _refuse("bad-address", "the address has no usable host name", url)
    return host


def _refuse(error_class: str, why: str, url: str, outcome: Outcome = "rejected") -> FetchError:
    return FetchError(f"{why}: {scrub(url)}", error_class=error_class, outcome=outcome)
