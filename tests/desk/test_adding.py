"""An article that a colleague forwarded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from desk_house import START, Desk, reading

from core.errors import FetchError, PresswatchError
from core.types import DateClaim, Reading
from desk.adding import Added, Adding

BODY = "海淀的技术与创新支持中心今日揭牌，首批入驻的检索员来自三所高校。"
URL = "https://gazette.example/a/1"


@dataclass
class Opened:
    content: Any


@dataclass
class Web:
    """The outside world: pages by address."""

    pages: dict[str, Reading] = field(default_factory=dict)

    async def fetch_document(self, url: str, *, kind: Any) -> Opened:
        if url not in self.pages:
            raise FetchError("HTTP 404", error_class="http-404", outcome="permanent", status=404)
        return Opened(self.pages[url])


def add(desk: Desk, web: Web, url: str = URL) -> Added:
    return asyncio.run(Adding(desk.archive, web, desk.clock).add(url))


def test_a_forwarded_article_is_stored_matched_and_told(desk: Desk) -> None:
    today = DateClaim(START - timedelta(hours=2), "minute", "meta")
    web = Web({URL: reading(1, BODY, dates=(today,))})

    added = add(desk, web)

    assert (added.new, added.hits) == (True, 1)
    assert desk.library.show(added.id)["text"] == BODY
    assert desk.digesting.send("daily").stories == 1


def test_a_known_article_is_not_added_again(desk: Desk) -> None:
    web = Web({URL: reading(1, BODY)})

    first, second = add(desk, web), add(desk, web)

    assert (second.id, second.new) == (first.id, False)


def test_a_page_that_cannot_be_had_stores_nothing(desk: Desk) -> None:
    with pytest.raises(FetchError, match="HTTP 404"):
        add(desk, Web())

    assert desk.ids("tier:1..9") == []


def test_only_web_addresses_are_fetched(desk: Desk) -> None:
    with pytest.raises(PresswatchError, match="no web address"):
        add(desk, Web(), "file:///etc/passwd")
