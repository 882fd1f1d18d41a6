"""A YAML file whose every value knows its file, line and key, so that an error can name them.

Scalars are taken as they were written: an id ``2024-01-01`` is a text and not a date. Nothing is expanded, so aliases of
aliases cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from config.values import nearest
from core.errors import ConfigError

T = TypeVar("T")

LARGEST: Final = 5_000_000
_NULL: Final = "tag:yaml.org,2002:null"
_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands. ``key`` like ``sources[3].kind``; path and line are None for what came from no file."""

    path: str | None
    line: int | None
    key: str

    def error(self, message: str) -> ConfigError:
        return ConfigError(message, path=self.path, line=self.line, key=self.key or None)


@dataclass(frozen=True, slots=True)
class Item:
    """A value. Its line is that of its key: there one looks for it."""

    node: yaml.Node
    place: Place

    def error(self, message: str) -> ConfigError:
        return self.place.error(message)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_sequence(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_null(self) -> bool:
        return self.node.tag == _NULL

    def mapping(self, known: Collection[str] | None = None) -> dict[str, Item]:
        """Keys without a value are left out. ``known`` None = any key."""
        if self.is_null:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"{self._shown()} is not a list of keys and values")
        found: dict[str, Item] = {}
        for name, item in self._pairs(self.node):
            if known is not None and name not in known:
                raise item.error(f"there is no such key; {nearest(name, known)}")
            if name in found:
                raise item.error(f"the key stands already on line {found[name].place.line}")
            found[name] = item
        return {name: item for name, item in found.items() if not item.is_null}

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, Item]]:
        for key, value in node.value:
            name = Item(key, self._inner(key, "")).text()
            yield name, Item(value, self._inner(key, f"{self.place.key}.{name}" if self.place.key else name))

    def sequence(self) -> list[Item]:
        if self.is_null:
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(f"{self._shown()} is not a list")
        return [
            Item(node, self._inner(node, f"{self.place.key}[{number}]"))
            for number, node in enumerate(self.node.value)
        ]

    def _inner(self, node: yaml.Node, key: str) -> Place:
        # Lines say nothing where there is no file to look into.
        line = node.start_mark.line + 1 if self.place.path else None
        return Place(self.place.path, line, key or self.place.key)

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error("the value has to be a text")
        if not self.node.tag.startswith("tag:yaml.org,2002:"):
            raise self.error(f"the tag {self.node.tag} means nothing here")
        return str(self.node.value)

    def read(self, reader: Callable[[str], T]) -> T:
        """``reader`` says by ``ValueError`` what is wrong *with* the value."""
        text = self.text()
        try:
            return reader(text)
        except ValueError as error:
            raise self.error(f"{self._shown()} {error}") from None

    def check(self, parser: Callable[[str], object]) -> str:
        """The text, which ``parser`` can read; its ``ValueError`` is a whole sentence."""
        text = self.text()
        try:
            parser(text)
        except ValueError as error:
            raise self.error(str(error)) from None
        return text

    def flag(self) -> bool:
        text = self.text().lower()
        if text not in _FLAGS:
            raise self.error(f"{self._shown()} is neither true nor false")
        return _FLAGS[text]

    def _shown(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            return "the value"
        text = str(self.node.value)
        return repr(text if len(text) <= 80 else text[:79] + "…")


def read_document(path: Path) -> Item:
    """Raises ``ConfigError`` for a file that is missing, too large, or no YAML."""
    try:
        with path.open("rb") as file:
            source = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"the file cannot be read: {error.strerror}", path=str(path)) from None
    if len(source) > LARGEST:
        raise ConfigError(f"the file is larger than {LARGEST // 1_000_000} MB", path=str(path))
    try:
        return parse_document(source.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise ConfigError("the file is not UTF-8: save it as UTF-8", path=str(path), line=line) from None


def parse_document(source: str, path: str | None = None) -> Item:
    try:
        node = yaml.compose(source, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        text = " ".join(filter(None, (error.context, error.problem)))
        raise ConfigError(f"not YAML: {text}", path=path, line=mark.line + 1 if mark else None) from None
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        code = error.character if isinstance(error.character, int) else ord(error.character)
        raise ConfigError(
            f"not YAML: the character U+{code:04X} is not allowed", path=path, line=line
        ) from None
    except RecursionError:
        raise ConfigError("not YAML: nested too deeply", path=path) from None
    return Item(node or yaml.ScalarNode(_NULL, ""), Place(path, 1 if path else None, ""))
