"""A pack: the folder with ``sources.yaml`` and ``watches.yaml`` that a new database is filled from.

Everything is checked here but the queries, whose language another room knows: ``Pack.places`` says where each stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from config.sourcefile import as_mapping, read_source_item
from config.watchfile import read_aliases, read_digest_item, read_watch_item
from config.yamldoc import Item, Place, parse_document, read_document
from core.errors import ConfigError
from core.types import Language, Source, Subscription, Watch

Named = TypeVar("Named", Source, Watch, Subscription)

SOURCES: Final = "sources.yaml"
WATCHES: Final = "watches.yaml"


@dataclass(frozen=True, slots=True)
class Pack:
    sources: tuple[Source, ...]
    aliases: Mapping[str, str]
    watches: tuple[Watch, ...]
    digests: tuple[Subscription, ...]
    places: Mapping[str, Place]
    """Of each query, by ``alias.NAME`` and ``watch.ID``."""


def load_pack(folder: Path, *, timezone: str = "Asia/Shanghai", language: Language = "zh") -> Pack:
    """Raises ``ConfigError`` with file, line and key. Zone and language are for digests that name none."""
    sources = load_sources(folder / SOURCES)
    found = read_document(folder / WATCHES).mapping(("aliases", "watches", "digests"))
    aliases = read_aliases(found["aliases"]) if "aliases" in found else {}
    watches, items = _read_all(found.get("watches"), read_watch_item)
    ids = [watch.id for watch in watches]
    digests, _ = _read_all(
        found.get("digests"),
        lambda item: read_digest_item(item, watches=ids, timezone=timezone, language=language),
    )
    places = {f"alias.{name}": query.place for name, query in aliases.items()}
    places |= {
        f"watch.{watch_id}": item.mapping()["query"].place for watch_id, item in zip(ids, items, strict=True)
    }
    return Pack(sources, {name: query.text() for name, query in aliases.items()}, watches, digests, places)


def load_sources(path: Path) -> tuple[Source, ...]:
    """The sources of one YAML file. Raises ``ConfigError`` with file, line and key."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise ConfigError("this version reads sources from .yaml files only", path=str(path))
    found = read_document(path).mapping(("sources",))
    return _read_all(found.get("sources"), read_source_item)[0]


def read_source(text: str, changes: Mapping[str, str | None] | None = None) -> Source:
    """One source as ``dump_sources`` wrote it, with changed keys: ``tier``, ``list.pattern``.

    A value of None or '' takes the key away. A ``name`` with a bar is both: ``中文|English``.
    """
    (mapping,) = yaml.safe_load(text)["sources"]
    for key, value in (changes or {}).items():
        _change(mapping, key, value)
    return read_source_item(parse_document(_dump(mapping)))


def check_subscription(digest: Subscription) -> None:
    """Raises ``ConfigError`` naming the key. Whether its watches exist is for others to know."""
    mapping = asdict(digest) | {
        "to": list(digest.to),
        "watches": "all" if digest.watches is None else list(digest.watches),
    }
    item = parse_document(_dump(mapping))
    read_digest_item(item, watches=digest.watches or (), timezone=digest.timezone, language=digest.language)


def _change(mapping: dict[str, Any], key: str, value: str | None) -> None:
    if key == "id":
        raise ConfigError("the id of a source stays as it is: add a new source instead", key=key)
    first, _, rest = key.partition(".")
    if rest and value:
        inner = mapping.get(first)
        mapping[first] = (inner if isinstance(inner, dict) else {}) | {rest: value}
    elif rest:
        if isinstance(inner := mapping.get(first), dict):
            inner.pop(rest, None)
    elif value:
        zh, bar, en = value.partition("|")
        mapping[key] = {"zh": zh.strip(), "en": en.strip()} if key == "name" and bar else value
    else:
        mapping.pop(key, None)


def dump_sources(sources: Iterable[Source]) -> str:
    """A YAML file that ``load_sources`` reads as the same sources."""
    return _dump({"sources": [as_mapping(source) for source in sources]})


def _dump(document: Mapping[str, Any]) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=4000)


def _read_all(item: Item | None, reader: Callable[[Item], Named]) -> tuple[tuple[Named, ...], Sequence[Item]]:
    """All of a list, no two of one id."""
    items = item.sequence() if item is not None else []
    first: dict[str, Item] = {}
    things = []
    for its in items:
        thing = reader(its)
        where = its.mapping()["id"]
        if thing.id in first:
            raise where.error(f"{thing.id!r} stands already on line {first[thing.id].place.line}")
        first[thing.id] = where
        things.append(thing)
    return tuple(things), items
