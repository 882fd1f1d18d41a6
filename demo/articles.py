"""The outlets and articles of the demonstration, read from ``demo/newsroom``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import Any, Literal

import yaml

from core.types import Names

Style = Literal["rss", "atom", "list"]
UNITS = {"h": "hours", "d": "days", "m": "minutes"}


@dataclass(frozen=True, slots=True)
class Outlet:
    """``printed`` is the character set the bytes are in, ``declared`` what the pages say; ``fails`` a status for everything."""

    id: str
    name: Names
    style: Style
    lang: str
    type: str
    tier: int
    zone: str
    menu: tuple[str, ...]
    foot: str
    related: str
    printed: str = "utf-8"
    declared: str = "utf-8"
    fails: int | None = None

    @property
    def is_chinese(self) -> bool:
        return self.lang.startswith("zh")


@dataclass(frozen=True, slots=True)
class Edit:
    title: str
    replace: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """One article of one outlet. Pieces with the same ``story`` tell the same report."""

    id: str
    outlet: str
    title: str
    paragraphs: tuple[str, ...]
    watches: frozenset[str] = frozenset()
    """Ids of the default watches that must find it."""
    story: str = ""
    age: timedelta = timedelta(hours=1)
    """How long before the opening of the newsroom it appeared."""
    author: str = ""
    origin: str = ""
    """稿源: the outlet it was taken from."""
    held: bool = False
    """Not there at the opening; waits for ``Newsroom.publish``."""
    edit: Edit | None = None


def outlets() -> tuple[Outlet, ...]:
    rows = yaml.safe_load((files("demo") / "newsroom" / "outlets.yaml").read_text("utf-8"))
    return tuple(Outlet(**{**row, "name": Names(**row["name"]), "menu": tuple(row["menu"])}) for row in rows)


def pieces() -> tuple[Piece, ...]:
    folder = files("demo") / "newsroom"
    found = [path for path in folder.iterdir() if path.name.endswith(".md")]
    return tuple(
        read_piece(path.name.removesuffix(".md"), path.read_text("utf-8")) for path in sorted(found, key=str)
    )


def read_piece(piece_id: str, text: str) -> Piece:
    """YAML between two lines of ``---``, then paragraphs divided by blank lines."""
    _, head, body = text.split("---\n", 2)
    known: dict[str, Any] = yaml.safe_load(head)
    known["watches"] = frozenset(known["watches"])
    known.setdefault("story", piece_id)
    if "age" in known:
        known["age"] = age_of(known["age"])
    if "edit" in known:
        known["edit"] = Edit(**known["edit"])
    return Piece(id=piece_id, paragraphs=tuple(body.strip().split("\n\n")), **known)


def age_of(text: str) -> timedelta:
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})
