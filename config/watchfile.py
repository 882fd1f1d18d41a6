"""Watches, aliases and digests of a pack. Queries are kept as written; whoever reads them knows their places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Final

from config import values
from config.sourcefile import read, read_name, required
from config.yamldoc import Item
from core.schedule import parse_digest_schedule
from core.types import Language, Priority, Subscription, Watch

PRIORITIES: Final[tuple[Priority, ...]] = ("urgent", "normal", "background")
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_WATCH_KEYS: Final = ("id", "name", "query", "priority")
_DIGEST_KEYS: Final = tuple(field.name for field in fields(Subscription))
_ALIAS = re.compile(r"[^\W\d_][\w-]{0,49}")
_MANY: Final = 1_000_000


def read_watch_item(item: Item) -> Watch:
    found = item.mapping(_WATCH_KEYS)
    watch_id = required(item, found, "id").read(values.identifier)
    return Watch(
        id=watch_id,
        name=read_name(found["name"]) if "name" in found else read_name(found["id"]),
        query=required(item, found, "query").read(values.some_text),
        priority=read(found, "priority", values.one_of(PRIORITIES), "normal"),
    )


def read_aliases(item: Item) -> dict[str, Item]:
    """Queries by folded name (query language, L7)."""
    aliases: dict[str, Item] = {}
    for written, query in item.mapping().items():
        name = unicodedata.normalize("NFKC", written).casefold()
        if not _ALIAS.fullmatch(name):
            raise query.error(
                f"{written!r} is no alias: a letter, then letters, digits, '_' or '-', 50 at most"
            )
        if name in aliases:
            raise query.error(f"the alias stands already on line {aliases[name].place.line}")
        query.read(values.some_text)
        aliases[name] = query
    return aliases


def read_digest_item(
    item: Item, *, watches: Collection[str], timezone: str, language: Language
) -> Subscription:
    """``watches``: ids that it may name; the others hold where the digest says nothing."""
    found = item.mapping(_DIGEST_KEYS)
    default = Subscription("")
    return Subscription(
        id=required(item, found, "id").read(values.identifier),
        to=tuple(its.read(_recipient) for its in found["to"].sequence()) if "to" in found else (),
        watches=_chosen(found["watches"], watches) if "watches" in found else None,
        schedule=found["schedule"].check(parse_digest_schedule) if "schedule" in found else default.schedule,
        timezone=read(found, "timezone", values.zone_name, timezone),
        language=read(found, "language", values.one_of(LANGUAGES), language),
        when_empty=read(found, "when_empty", values.one_of(("say-so", "skip")), "say-so"),
        urgent_cap=_number(found, "urgent_cap", 0),
        cap=_number(found, "cap", 0),
        tier=read(found, "tier", values.whole_number(1, 9), 9),
        name=read_name(found["name"]) if "name" in found else default.name,
    )


def _number(found: Mapping[str, Item], key: str, default: int) -> int:
    return read(found, key, values.whole_number(0, _MANY), default)


def _recipient(text: str) -> str:
    if text.startswith("channel:"):
        raise ValueError("is a chat channel; this version writes to mail addresses only")
    return values.mail_address(text)


def _chosen(item: Item, known: Collection[str]) -> tuple[str, ...] | None:
    if not item.is_sequence:
        item.read(values.one_of(("all",)))
        return None
    chosen = []
    for its in item.sequence():
        watch_id = its.text()
        if watch_id not in known:
            raise its.error(f"there is no watch {watch_id!r}; {values.nearest(watch_id, known)}")
        chosen.append(watch_id)
    return tuple(dict.fromkeys(chosen))
