"""Settings: environment variables and one TOML file, read once and passed on as values.

The environment wins. What is not known is refused, because a misspelt setting is one that silently does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from config import values
from config.given import CONFIG, Given, Known, from_environment, from_file
from core.mailserver import MailServer, parse_mail_server
from core.types import Language

DEFAULT_PACK: Final = Path(__file__).parent

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each variable of the README, named like it without the prefix."""

    data_dir: Path
    database_url: str = field(repr=False)
    pack: Path
    timezone: str
    language: Language
    smtp_url: MailServer | None
    """None = digests become files in the outbox folder."""
    mail_from: str
    base_url: str
    """Without a slash at the end."""
    allow_hosts: frozenset[str]
    """``host:port`` in lower case."""
    resolver: str | None
    user_agent: str
    host_delay: timedelta
    tick: timedelta
    min_interval: timedelta
    proxy: str | None = field(repr=False)
    ca_file: Path | None
    sentry_dsn: str | None = field(repr=False)
    sentry_environment: str | None
    admin_password: str | None = field(repr=False)
    """Makes the user ``admin`` when there is no user."""
    log_level: LogLevel
    log_format: LogFormat

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def _data_folder(text: str) -> Path:
    # A question mark begins the parameters of a database address.
    if "?" in text or (Path(text).exists() and not Path(text).is_dir()):
        raise ValueError("is not a folder, or holds '?'")
    return Path(text)


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ValueError("is not a folder")
    return path


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError("is not a file")
    return path


def _database_url(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError(
            "is neither sqlite:///<file> nor postgresql+psycopg://<user>:<password>@<host>/<database>"
        )
    return text


def _password(text: str) -> str:
    if not 8 <= len(text) <= 200:
        raise ValueError("has not 8 to 200 characters")
    return text


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "data_dir": _data_folder,
    "database_url": _database_url,
    "pack": _folder,
    "timezone": values.zone_name,
    "language": values.one_of(("zh", "en")),
    "smtp_url": parse_mail_server,
    "mail_from": values.sender,
    "base_url": values.base_address,
    "allow_hosts": values.host_ports,
    "resolver": values.host_port,
    "user_agent": values.visible_ascii,
    "host_delay": values.seconds(0, 3600),
    "tick": values.seconds(0.1, 3600),
    "min_interval": values.duration,
    "proxy": values.proxy_address,
    "ca_file": _file,
    "sentry_dsn": values.web_address,
    "sentry_environment": values.visible_ascii,
    "admin_password": _password,
    "log_level": values.one_of(("debug", "info", "warning", "error")),
    "log_format": values.one_of(("text", "json")),
}

# Documented, but their engines are not in this version: said plainly instead of accepted without effect.
_NOT_YET: Final[Mapping[str, str]] = {
    "engine": "it works in one process ('local')",
    "keep_days": "articles are kept for ever (0)",
}
_NOT_YET_DEFAULTS: Final[Mapping[str, str]] = {"engine": "local", "keep_days": "0"}

_SECRETS: Final = frozenset({"database_url", "smtp_url", "sentry_dsn", "admin_password", "proxy"})
_KNOWN: Final = Known((*_READERS, *_NOT_YET), _SECRETS, ("allow_hosts",))


def load(environ: Mapping[str, str]) -> Settings:
    """Raises ``ConfigError`` naming the variable, or file, line and key."""
    given = from_environment(environ, _KNOWN)
    if path := environ.get(CONFIG):
        given = from_file(Path(path), _KNOWN) | given
    for key in _NOT_YET:
        _refuse_what_is_not_there(key, given.pop(key, None))
    return _with_defaults({key: _read(key, its) for key, its in given.items()})


def _with_defaults(read: dict[str, Any]) -> Settings:
    data_dir = read.get("data_dir", Path("data"))
    base_url = read.get("base_url", "http://127.0.0.1:8000")
    defaults = {
        "data_dir": data_dir,
        "database_url": f"sqlite:///{data_dir / 'presswatch.db'}",
        "pack": DEFAULT_PACK,
        "timezone": "Asia/Shanghai",
        "language": "zh",
        "smtp_url": None,
        "mail_from": "presswatch@localhost",
        "base_url": base_url,
        "allow_hosts": frozenset(),
        "resolver": None,
        "user_agent": f"Presswatch/{version('presswatch')} (+{base_url})",
        "host_delay": timedelta(seconds=2),
        "tick": timedelta(seconds=15),
        "min_interval": timedelta(minutes=5),
        "proxy": None,
        "ca_file": None,
        "sentry_dsn": None,
        "sentry_environment": None,
        "admin_password": None,
        "log_level": "info",
        "log_format": "text",
    }
    return Settings(**defaults | read)


def _read(key: str, given: Given) -> Any:
    try:
        return _READERS[key](given.text)
    except ValueError as error:
        shown = "the value" if key in _SECRETS else repr(given.text)
        raise given.refused(f"{shown} {error}") from None


def _refuse_what_is_not_there(key: str, given: Given | None) -> None:
    if given is not None and given.text != _NOT_YET_DEFAULTS.get(key):
        raise given.refused(f"this version does not have it yet: {_NOT_YET[key]}; remove the setting")
