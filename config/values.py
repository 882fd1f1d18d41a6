"""Readers of single values, for settings and packs alike. Each raises ``ValueError`` that says what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from difflib import get_close_matches
from email.utils import parseaddr
from functools import cache
from typing import Final, TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from core.schedule import parse_duration
from core.urls import is_web

Choice = TypeVar("Choice", bound=str)

LISTED: Final = 20
"""So many names still make one line."""

_HOST_PORT = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?):(\d{1,5})", re.ASCII)
_SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,6})?", re.ASCII)
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,5}", re.ASCII)
_VISIBLE = re.compile(r"[\x20-\x7e]{1,300}")
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{0,118}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_FRAMING: Final = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "accept-encoding",
        "te",
        "trailer",
        "upgrade",
    }
)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for whoever wrote ``name``: the name that was meant, or all there are."""
    names = list(known)
    close = get_close_matches(name, names, 1)
    if close:
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(names)}" if len(names) <= LISTED else "see the list in the README"


def one_of(choices: Collection[Choice]) -> Callable[[str], Choice]:
    def read(text: str) -> Choice:
        for choice in choices:
            if choice == text:
                return choice
        raise ValueError(f"is not one of {', '.join(choices)}")

    return read


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise ValueError(f"is not a whole number from {least} to {most}")
        return int(text)

    return read


def seconds(least: float, most: float) -> Callable[[str], timedelta]:
    def read(text: str) -> timedelta:
        if not _SECONDS.fullmatch(text) or not least <= float(text) <= most:
            raise ValueError(f"is not a number of seconds from {least:g} to {most:g}")
        return timedelta(seconds=float(text))

    return read


def duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ValueError("is not a duration from 1s to 366d, for example 5m or 2s") from error


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_name(text: str) -> str:
    if text not in _zones():
        close = get_close_matches(text, _zones(), 1)
        example = f"did you mean {close[0]}?" if close else "write for example Asia/Shanghai"
        raise ValueError(f"is not a time zone; {example}")
    return text


def web_address(text: str) -> str:
    if not is_web(text):
        raise ValueError("is not an address that begins with http:// or https:// and has a host")
    return text


def base_address(text: str) -> str:
    """Without a slash at the end."""
    parts = urlsplit(text) if is_web(text) else None
    if parts is None or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("is not a plain address such as https://news.office.example")
    return text.rstrip("/")


def proxy_address(text: str) -> str:
    parts = urlsplit(text) if is_web(text) else None
    if parts is None or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(
            "is not the address of a proxy: write http://host:port or http://user:password@host:port"
        )
    return text


def host_port(text: str) -> str:
    match = _HOST_PORT.fullmatch(text.lower())
    if match is None or not 0 < int(match[2]) < 65536:
        raise ValueError("is not host:port, for example 127.0.0.1:8900 or [::1]:8900")
    return f"{match[1]}:{int(match[2])}"


def host_ports(text: str) -> frozenset[str]:
    return frozenset(host_port(part.strip()) for part in text.split(",") if part.strip())


def visible_ascii(text: str) -> str:
    if not _VISIBLE.fullmatch(text):
        raise ValueError("holds other than visible ASCII characters, or more than 300")
    return text


def mail_address(text: str) -> str:
    """``name@host``."""
    local, at, host = text.rpartition("@")
    if (
        not at
        or not local
        or not host
        or len(text) > 320
        or re.search(r"[\s<>,;:\"()\\@\x00-\x1f]", local + host)
    ):
        raise ValueError("is not a mail address such as desk@office.example")
    return text


def sender(text: str) -> str:
    """A mail address, with or without a shown name."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("holds control characters")
    _, address = parseaddr(text)
    mail_address(address)
    return text


def language_tag(text: str) -> str:
    if not _LANGUAGE_TAG.fullmatch(text):
        raise ValueError("is not a language tag such as zh-Hans or en")
    return text


def text_encoding(text: str) -> str:
    try:
        b"ab".decode(text, "replace")
    except (LookupError, ValueError) as error:
        raise ValueError("is not the name of a character set such as gb18030") from error
    return text


def identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise ValueError("is not made of a-z, 0-9 and '-' only, 119 at most")
    return text


def header_name(text: str) -> str:
    """Of a request; what frames it is the door's own."""
    if not _HEADER_NAME.fullmatch(text) or text.lower() in _FRAMING:
        raise ValueError("cannot be the name of a header here")
    return text


def header_value(text: str) -> str:
    if not re.fullmatch(r"[\t\x20-\x7e\x80-\xff]{0,1000}", text):
        raise ValueError("cannot be the value of a header")
    return text


def some_text(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text
