"""Lists in JSON, found by dotted paths of keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ParseError
from core.types import DateClaim, ListRule, Parsed
from crawler.parse.lists import parse_list

BEIJING = ZoneInfo("Asia/Shanghai")
URL = "https://wire.example.cn/latest/ds_0a1b2c3d4e5f.json"
RULE = ListRule(
    format="json", item="datasource", link="publishUrl", title="title", date="publishTime", next="more.next"
)


def read(document: Any, rule: ListRule = RULE, url: str = URL) -> Parsed:
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    return parse_list(text.encode(), url=url, content_type=None, encoding=None, rule=rule, zone=BEIJING)


def test_items_are_found_by_their_paths() -> None:
    parsed = read(
        {
            "datasource": [
                {
                    "publishUrl": "../20261124/aa01/c.html",
                    "title": "<a href='#'>灯塔专利展&nbsp;开幕</a>",
                    "publishTime": "2026-11-24 08:15:00",
                },
                {"publishUrl": "", "title": "无地址"},
                "text",
            ],
            "more": {"next": "/latest/page2.json"},
        }
    )

    assert (parsed.kind, parsed.format, parsed.next_url) == (
        "listing",
        "json",
        "https://wire.example.cn/latest/page2.json",
    )
    assert [(entry.url, entry.title, entry.published) for entry in parsed.entries] == [
        (
            "https://wire.example.cn/20261124/aa01/c.html",
            "灯塔专利展 开幕",
            DateClaim(datetime.fromisoformat("2026-11-24T08:15:00+08:00"), "minute", "list"),
        )
    ]


def test_usual_keys_need_no_rule_and_numbers_are_moments() -> None:
    (entry,) = read(
        [{"url": "/a/1", "title": "Lamp", "date": 1795507200000}], ListRule(format="json")
    ).entries

    assert (entry.url, entry.title, entry.published) == (
        "https://wire.example.cn/a/1",
        "Lamp",
        DateClaim(datetime(2026, 11, 24, 8, 0, tzinfo=UTC), "minute", "list"),
    )


def test_paths_go_through_lists_by_number_and_patterns_choose() -> None:
    rule = ListRule(format="json", item="0.data.rows", link="doc.url", title="doc.name", pattern=r"/a/\d+")
    rows = [{"doc": {"url": "/a/1", "name": "One"}}, {"doc": {"url": "/topic", "name": "Topic"}}]

    parsed = read([{"data": {"rows": rows}}], rule)

    assert [entry.title for entry in parsed.entries] == ["One"]


def test_a_callback_around_the_list_is_taken_off() -> None:
    assert [e.title for e in read('show({"datasource":[{"publishUrl":"/a/1","title":"A"}]});').entries] == [
        "A"
    ]


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("https://wire.example.cn/latest.htm", "https://wire.example.cn/latest/ds_0a1b2c3d4e5f.json"),
        ("https://wire.example.cn/latest/index.html", "https://wire.example.cn/latest/ds_0a1b2c3d4e5f.json"),
        ("https://wire.example.cn/latest/", "https://wire.example.cn/latest/ds_0a1b2c3d4e5f.json"),
    ],
)
def test_a_page_that_draws_its_list_from_a_file_names_the_file(page: str, address: str) -> None:
    parsed = read('<html><body><div data="datasource:0a1b2c3d4e5f" preset="x"></div></body></html>', url=page)

    assert (parsed.entries, parsed.further) == ((), (address,))


@pytest.mark.parametrize(
    ("document", "error_class"),
    [
        ("", "empty"),
        ("{", "unreadable"),
        ("[" * 100_000, "parser-limit"),
        ({"rows": []}, "bad-rule"),
        ({"datasource": [{"publishUrl": "javascript:x"}]}, "empty-list"),
        ("<html><body><p>nothing</p></body></html>", "empty-list"),
    ],
)
def test_what_is_no_list_is_told(document: Any, error_class: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(document)

    assert caught.value.error_class == error_class


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda v: st.lists(v) | st.dictionaries(st.text(max_size=3), v),
        max_leaves=20,
    )
)
def test_any_json_is_read_or_told(document: Any) -> None:
    try:
        read({"datasource": document})
    except ParseError as error:
        assert error.error_class in ("bad-rule", "empty-list")
