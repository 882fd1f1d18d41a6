"""robots.txt as it binds us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.hostbook import Robots
from crawler.robots import RobotRules, product_token, read_rules

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def rules(text: str) -> RobotRules:
    return read_rules(Robots(NOW, 200, text), "Presswatch", NOW)


@pytest.mark.parametrize(
    ("text", "url", "allowed"),
    [
        ("", "https://news.example/a", True),
        ("User-agent: *\nDisallow: /", "https://news.example/a", False),
        ("User-agent: *\nDisallow: /\nUser-agent: presswatch\nAllow: /", "https://news.example/a", True),
        ("User-agent: otherbot\nDisallow: /", "https://news.example/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "https://news.example/a.pdf", False),
        ("User-agent: *\nDisallow: /新闻/", "https://news.example/%E6%96%B0%E9%97%BB/1", False),
        ("<!doctype html><p>not found", "https://news.example/a", True),
    ],
)
def test_what_may_be_asked_for(text: str, url: str, allowed: bool) -> None:
    assert rules(text).allows(url) is allowed


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("", 0),
        ("User-agent: *\nCrawl-delay: 5", 5),
        ("User-agent: *\nCrawl-delay: 0.5", 0.5),
        ("User-agent: *\nCrawl-delay: 1e300", 30),
        ("User-agent: *\nCrawl-delay: soon", 0),
        ("User-agent: *\nCrawl-delay: -3", 0),
    ],
)
def test_delay(text: str, delay: float) -> None:
    assert rules(text).delay == timedelta(seconds=delay)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    read = rules("User-agent: *\nDisallow: " + text)

    assert read.allows("https://news.example/a") in (True, False)
    assert timedelta(0) <= read.delay <= timedelta(seconds=30)


def test_the_name_we_go_by() -> None:
    assert product_token("Presswatch/1.0 (+https://desk.example)") == "Presswatch"
    assert product_token("新闻/1.0") == "*"
