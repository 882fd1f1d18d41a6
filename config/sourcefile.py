"""One source of a pack: every key read, checked and explained; and the way back to YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final, Literal, TypeVar

from config import values
from config.yamldoc import Item
from core.schedule import parse_every
from core.types import ArticleRule, Kind, ListRule, Names, Source, Type

T = TypeVar("T")

Format = Literal["html", "hanweb", "json"]

KINDS: Final[tuple[Kind, ...]] = ("feed", "sitemap", "listing", "search", "auto")
TYPES: Final[tuple[Type, ...]] = ("official", "media", "trade", "academic", "search")
TIERS: Final[Mapping[Type, int]] = {"official": 1, "trade": 2, "academic": 2, "media": 3, "search": 3}
FORMATS: Final[tuple[Format, ...]] = ("html", "hanweb", "json")

SOURCE_KEYS: Final = tuple(field.name for field in fields(Source))
_LIST_KEYS: Final = tuple(field.name for field in fields(ListRule))
_ARTICLE_KEYS: Final = tuple(field.name for field in fields(ArticleRule))
_HEADERS: Final = 50


def read_source_item(item: Item) -> Source:
    found = item.mapping(SOURCE_KEYS)
    source_id = required(item, found, "id").read(values.identifier)
    kind: Kind = read(found, "kind", values.one_of(KINDS), "auto")
    type_: Type = read(found, "type", values.one_of(TYPES), usual_type(kind))
    return Source(
        id=source_id,
        name=read_name(found["name"]) if "name" in found else Names(source_id, source_id),
        url=required(item, found, "url").read(values.web_address),
        kind=kind,
        type=type_,
        tier=read(found, "tier", values.whole_number(1, 3), TIERS[type_]),
        lang=read(found, "lang", values.language_tag, None),
        every=found["every"].check(parse_every) if "every" in found else None,
        fetch=read(found, "fetch", values.one_of(("full", "summary")), "full"),
        encoding=read(found, "encoding", values.text_encoding, None),
        timezone=read(found, "timezone", values.zone_name, None),
        enabled=found["enabled"].flag() if "enabled" in found else True,
        list=_read_list(found["list"]) if "list" in found else None,
        article=_read_article(found["article"]) if "article" in found else None,
        headers=_read_headers(found["headers"]) if "headers" in found else {},
        notes=found["notes"].text() if "notes" in found else "",
    )


def usual_type(kind: Kind) -> Type:
    return "search" if kind == "search" else "media"


def required(item: Item, found: Mapping[str, Item], key: str) -> Item:
    if key not in found:
        raise item.error(f"the key {key} is missing")
    return found[key]


def read(found: Mapping[str, Item], key: str, reader: Callable[[str], T], default: T) -> T:
    return found[key].read(reader) if key in found else default


def read_name(item: Item) -> Names:
    """A text for both languages, or one for each; a language that is missing reads like the other."""
    if not item.is_mapping:
        text = item.read(values.some_text)
        return Names(text, text)
    found = {language: name.read(values.some_text) for language, name in item.mapping(("zh", "en")).items()}
    if not found:
        raise item.error("a name has zh or en or both")
    first = next(iter(found.values()))
    return Names(found.get("zh", first), found.get("en", first))


def _read_list(item: Item) -> ListRule:
    found = item.mapping(_LIST_KEYS)
    form: Format = read(found, "format", values.one_of(FORMATS), "html")
    # The records of a JSON list are found by dotted paths of keys.
    place = str if form == "json" else _selector
    rule: dict[str, Any] = {
        name: found[name].read(place) for name in ("item", "link", "title", "date", "next") if name in found
    }
    patterns = {name: found[name].read(_pattern) for name in ("pattern", "date_pattern") if name in found}
    return ListRule(
        **rule, **patterns, pages=read(found, "pages", values.whole_number(1, 50), 1), format=form
    )


def _read_article(item: Item) -> ArticleRule:
    return ArticleRule(**{name: its.read(_selector) for name, its in item.mapping(_ARTICLE_KEYS).items()})


def _read_headers(item: Item) -> dict[str, str]:
    found = item.mapping()
    if len(found) > _HEADERS:
        raise item.error(f"more than {_HEADERS} headers")
    for name, its in found.items():
        try:
            values.header_name(name)
        except ValueError as error:
            raise its.error(f"{name!r} {error}") from None
    return {name: its.read(values.header_value) for name, its in found.items()}


def _selector(text: str) -> str:
    # parsel brings lxml: only packs with selectors pay for it.
    from cssselect import SelectorError
    from parsel.csstranslator import HTMLTranslator

    try:
        HTMLTranslator().css_to_xpath(text)
    except (SelectorError, RecursionError) as error:
        raise ValueError(f"is not a CSS selector: {error}") from error
    return text


def _pattern(text: str) -> str:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise ValueError(f"is not a pattern that RE2 can run: {reason}") from None
    return text


def as_mapping(source: Source) -> dict[str, Any]:
    """Keys of the pack in its order; what is as it would be without the key is left out."""
    name: Any = (
        source.name.zh if source.name.zh == source.name.en else {"zh": source.name.zh, "en": source.name.en}
    )
    given = {
        "id": source.id,
        "name": None if name == source.id else name,
        "url": source.url,
        "kind": source.kind if source.kind != "auto" else None,
        "type": source.type if source.type != usual_type(source.kind) else None,
        "tier": source.tier if source.tier != TIERS[source.type] else None,
        "lang": source.lang,
        "every": source.every,
        "fetch": source.fetch if source.fetch != "full" else None,
        "encoding": source.encoding,
        "timezone": source.timezone,
        "enabled": None if source.enabled else False,
        "list": _rule(source.list, ListRule()),
        "article": _rule(source.article, ArticleRule()),
        "headers": dict(source.headers) or None,
        "notes": source.notes or None,
    }
    return {key: value for key, value in given.items() if value is not None}


def _rule(rule: ListRule | ArticleRule | None, default: ListRule | ArticleRule) -> dict[str, Any] | None:
    if rule is None:
        return None
    names = [field.name for field in fields(rule)]
    return {name: getattr(rule, name) for name in names if getattr(rule, name) != getattr(default, name)}
