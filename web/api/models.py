"""What the API takes, field by field; what is not named here is refused."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from core.types import Fetch, Kind, Language, Priority, Type


def readable(text: str) -> str:
    """Line breaks and tabs are text; other control characters and halves of characters are none."""
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n\r":
            raise ValueError("holds control characters")
    return text


Readable = AfterValidator(readable)
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,118}$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=120), Readable]
"""Whatever may stand in an address as the id of a thing."""
Word = Annotated[str, StringConstraints(min_length=1, max_length=300), Readable]
Text = Annotated[str, StringConstraints(max_length=20_000), Readable]
Address = Annotated[str, StringConstraints(min_length=1, max_length=2_000), Readable]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Number = Annotated[int, Field(ge=0, le=1_000_000)]


class Strict(BaseModel):
    """``"3"`` is no number and ``1`` is no yes."""

    model_config = ConfigDict(extra="forbid", strict=True)


def with_example(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": example})


class NamePair(Strict):
    zh: Word
    en: Word


class WatchPut(Strict):
    model_config = with_example(
        name={"zh": "绿色技术平台", "en": "WIPO GREEN"},
        query='"WIPO GREEN" AND (北京 OR Beijing)',
        priority="normal",
        why="fewer false hits",
    )

    name: NamePair
    query: Text
    priority: Priority = "normal"
    why: Text = Field("", description="For the history of the watch.")


class WatchNew(WatchPut):
    model_config = with_example(
        id="green", name={"zh": "绿色技术平台", "en": "WIPO GREEN"}, query='"WIPO GREEN" AND 北京'
    )

    id: Id


class WatchPatch(Strict):
    """What is absent stays as it is."""

    model_config = with_example(query='"WIPO GREEN" AND (北京 OR 天津)', why="Tianjin, too")

    name: NamePair | None = None
    query: Text | None = None
    priority: Priority | None = None
    why: Text = ""


class AliasPut(Strict):
    model_config = with_example(query="WIPO OR 世界知识产权组织")

    query: Text


class ListRulePut(Strict):
    """How a list page is read; see the keys of a pack."""

    item: Word | None = None
    link: Word | None = None
    title: Word | None = None
    date: Word | None = None
    pattern: Word | None = None
    next: Word | None = None
    pages: Annotated[int, Field(ge=1, le=50)] | None = None
    format: Literal["html", "hanweb", "json"] | None = None
    date_pattern: Word | None = None


class ArticleRulePut(Strict):
    body: Word | None = None
    title: Word | None = None
    date: Word | None = None


class SourcePatch(Strict):
    """The keys of a pack. What is absent stays as it is; null takes the key away."""

    model_config = with_example(every="1h", tier=2)

    name: NamePair | Word | None = None
    url: Address | None = None
    kind: Kind | None = None
    type: Type | None = None
    tier: Annotated[int, Field(ge=1, le=3)] | None = None
    lang: Word | None = None
    every: Word | None = None
    fetch: Fetch | None = None
    encoding: Word | None = None
    timezone: Word | None = None
    enabled: bool | None = None
    list: ListRulePut | None = None
    article: ArticleRulePut | None = None
    headers: dict[Word, Word] | None = None
    notes: Text | None = None


class SourcePut(SourcePatch):
    """The whole source: what is absent is as it would be in a pack without the key."""

    model_config = with_example(
        url="https://gazette.example/feed", name={"zh": "公报", "en": "Gazette"}, type="official"
    )

    url: Address


class SourceNew(SourcePut):
    model_config = with_example(id="gazette", url="https://gazette.example/feed", type="official", tier=1)

    id: Id


class DigestPut(Strict):
    """The whole digest. ``to``: mail addresses; none = the folder and the pages only."""

    model_config = with_example(
        name={"zh": "每日", "en": "Daily"},
        to=["desk@office.example"],
        watches="all",
        schedule="08:30 mon-fri",
        timezone="Asia/Shanghai",
        language="zh",
    )

    name: NamePair
    to: Annotated[list[Word], Field(max_length=1_000)]
    watches: Annotated[list[Id], Field(max_length=1_000)] | Literal["all"]
    schedule: Word
    timezone: Word
    language: Language
    when_empty: Literal["say-so", "skip"] = "say-so"
    urgent_cap: Number = 0
    cap: Number = 0
    tier: Annotated[int, Field(ge=1, le=9)] = 9
