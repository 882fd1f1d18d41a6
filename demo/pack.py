"""The pack that a service needs to read the newsroom: its outlets as sources, with the watches of the default pack."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from demo.articles import Outlet
from demo.server import Newsroom

EVERY = "5s"


def write_pack(newsroom: Newsroom, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sources = [source_of(outlet, newsroom.source_url(outlet.id)) for outlet in newsroom.outlets.values()]
    text = yaml.safe_dump({"sources": sources}, allow_unicode=True, sort_keys=False)
    (folder / "sources.yaml").write_text(text, encoding="utf-8")
    watches = (files("config") / "watches.yaml").read_text("utf-8")
    (folder / "watches.yaml").write_text(watches, encoding="utf-8")


def source_of(outlet: Outlet, url: str) -> dict[str, Any]:
    source: dict[str, Any] = {
        "id": outlet.id,
        "name": {"zh": outlet.name.zh, "en": outlet.name.en},
        "url": url,
        "kind": "listing" if outlet.style == "list" else "feed",
        "type": outlet.type,
        "tier": outlet.tier,
        "lang": outlet.lang,
        "every": EVERY,
        "timezone": outlet.zone,
    }
    if outlet.style == "list":
        source["list"] = {
            "item": "ul.news li",
            "link": "a::attr(href)",
            "title": "a::text",
            "date": "span.day::text",
            "pattern": r"/\d{4}/\d{2}/\d{2}/[a-z-]+\.html",
        }
        source["article"] = {"body": "#text", "title": "h1::text"}
    return source
