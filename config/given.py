"""What was set, as written: environment variables and the keys of one TOML file, each with the place where it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.values import nearest
from core.errors import ConfigError

PREFIX: Final = "PRESSWATCH_"
CONFIG: Final = "PRESSWATCH_CONFIG"


@dataclass(frozen=True, slots=True)
class Known:
    """Names of all keys. Of those that are ``secret`` the name may end in ``_file``, with the path of a file as value."""

    keys: Collection[str]
    secret: Collection[str]
    lists: Collection[str]
    """Keys whose value may be a list of texts in TOML; as a variable it is divided by commas."""

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.keys, *(f"{key}_file" for key in self.keys if key in self.secret))


@dataclass(frozen=True, slots=True)
class Given:
    """A value as somebody wrote it, and where."""

    text: str
    name: str
    path: str | None = None
    line: int | None = None

    def refused(self, message: str) -> ConfigError:
        return ConfigError(message, path=self.path, line=self.line, key=self.name)


def from_environment(environ: Mapping[str, str], known: Known) -> dict[str, Given]:
    """An empty variable is one that is not set: that is how compose files pass what they do not have."""
    given = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name == CONFIG:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in known.names or name != name.upper():
            names = [f"{PREFIX}{known_name}".upper() for known_name in (*known.names, "config")]
            raise ConfigError(f"there is no such setting; {nearest(name.upper(), names)}", key=name)
        if text:
            given[key] = Given(text, name)
    return _with_secrets(given, known)


def from_file(path: Path, known: Known) -> dict[str, Given]:
    try:
        source = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(source)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", key=CONFIG) from None
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8", path=str(path)) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError(f"not TOML: {error}", path=str(path), line=int(line[1]) if line else None) from None
    given = {}
    for key, value in document.items():
        its = Given("", key, str(path), _line_of(key, source))
        if key not in known.names:
            raise its.refused(f"there is no such setting; {nearest(key, known.names)}")
        if text := _as_text(value, its, known):
            given[key] = Given(text, key, its.path, its.line)
    return _with_secrets(given, known)


def _line_of(key: str, source: str) -> int | None:
    pattern = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    return next((number for number, line in enumerate(source.splitlines(), 1) if pattern.match(line)), None)


def _as_text(value: object, its: Given, known: Known) -> str:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    if its.name in known.lists and isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ",".join(value)
    raise its.refused("the value has to be text or a number")


def _with_secrets(given: dict[str, Given], known: Known) -> dict[str, Given]:
    """``X_FILE`` names the file that holds ``X``."""
    return dict(_secret(key, its, given, known) for key, its in given.items())


def _secret(key: str, its: Given, given: Mapping[str, Given], known: Known) -> tuple[str, Given]:
    secret = key.removesuffix("_file")
    if secret == key or secret not in known.secret:
        return key, its
    if secret in given:
        raise its.refused(f"both this and {given[secret].name} are set: keep one")
    try:
        text = Path(its.text).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise its.refused(f"{its.text!r} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise its.refused(f"{its.text!r} is not a text file") from None
    if not text:
        raise its.refused(f"{its.text!r} is empty")
    return secret, Given(text, its.name, its.path, its.line)
