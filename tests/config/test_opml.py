"""OPML in and out."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.opml import dump_opml, load_opml
from core.errors import ConfigError
from core.types import Names, Source

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>x</title></head><body>
<outline text="IP"><outline type="rss" text="公报" title="The Gazette" xmlUrl="https://gazette.example/feed"/></outline>
<outline text="知产观察" xmlUrl="https://zhi.example/rss.xml"/>
<outline text="again" xmlUrl="https://gazette.example/feed"/>
<outline text="no feed" htmlUrl="https://x.example/"/>
<outline text="bad" xmlUrl="javascript:alert(1)"/>
</body></opml>
"""


def test_every_feed_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "list.opml"
    file.write_text(LIST, encoding="utf-8")

    assert load_opml(file) == (
        Source("the-gazette", Names("公报", "The Gazette"), "https://gazette.example/feed", kind="feed"),
        Source(
            "zhi-example-rss-xml", Names("知产观察", "知产观察"), "https://zhi.example/rss.xml", kind="feed"
        ),
    )


def test_what_is_written_is_read_as_the_same_addresses(tmp_path: Path) -> None:
    file = tmp_path / "out.opml"
    sources = (Source("a", Names("“甲” & <乙>", "A"), "https://a.example/?x=1&y=2", kind="feed"),)

    file.write_text(dump_opml(sources), encoding="utf-8")

    assert [(s.name, s.url) for s in load_opml(file)] == [(sources[0].name, sources[0].url)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<rss/>", "begins with <rss>"),
        ("not xml", "is no OPML"),
        (
            '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname">]><opml><body><outline text="&x;"',
            "is no OPML",
        ),
    ],
)
def test_what_is_no_opml_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "list.opml"
    file.write_text(text)

    with pytest.raises(ConfigError, match=said):
        load_opml(file)
