"""Packs: what is read from them, and how each mistake is told with its file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.pack import Pack, check_subscription, dump_sources, load_pack, load_sources, read_source
from config.settings import DEFAULT_PACK
from config.yamldoc import Place
from core.errors import ConfigError
from core.types import ArticleRule, ListRule, Names, Source, Subscription, Watch

PLAIN = Source("gazette", Names("gazette", "gazette"), "https://gazette.example/rss")

SOURCES = """
sources:
  - id: gazette
    name: {zh: 公报, en: The Gazette}
    url: https://gazette.example/rss
    kind: feed
    type: official
    lang: en
    every: 30m
    fetch: summary
    encoding: gb18030
    timezone: Europe/Zurich
    headers: {Accept-Language: zh-CN}
    notes: checked by hand
  - id: notices
    name: 通知
    url: https://notices.example/list/
    kind: listing
    tier: 2
    every: "0 9 * * mon-fri"
    enabled: false
    list: {item: "ul.list li", link: "a::attr(href)", title: "a::text", date: "span::text", pattern: '/\\d{4}/\\d+\\.html',
           next: "a.next::attr(href)", pages: 2, format: html, date_pattern: '\\d{4}-\\d{2}-\\d{2}'}
    article: {body: "#mainText", title: "h1::text", date: "meta[name=PubDate]::attr(content)"}
  - {id: 2024-01-01, url: 'http://odd.example', type: trade}
"""

WATCHES = """
aliases:
  wipo: WIPO OR 世界知识产权组织
  中关村: >-
    中关村
    OR Zhongguancun
watches:
  - {id: tisc, name: {zh: 技术与创新支持中心}, query: '@wipo AND TISC', priority: urgent}
  - id: forum
    query: 论坛
digests:
  - {id: daily}
  - {id: weekly, name: {zh: 周报, en: Weekly}, to: [desk@office.example], watches: [forum, forum], schedule: 17:00 fri,
     timezone: Europe/Zurich, language: en, when_empty: skip, urgent_cap: 3, cap: 20, tier: 2}
"""


def pack_folder(tmp_path: Path, sources: str = SOURCES, watches: str = WATCHES) -> Path:
    (tmp_path / "sources.yaml").write_text(sources, encoding="utf-8")
    (tmp_path / "watches.yaml").write_text(watches, encoding="utf-8")
    return tmp_path


def error_of(tmp_path: Path, sources: str = SOURCES, watches: str = WATCHES) -> str:
    """Without the folder."""
    folder = pack_folder(tmp_path, sources, watches)
    with pytest.raises(ConfigError) as caught:
        load_pack(folder)
    return str(caught.value).replace(f"{folder}/", "")


def error_of_key(tmp_path: Path, line: str) -> str:
    return error_of(tmp_path, f"sources:\n  - id: gazette\n    url: https://gazette.example\n    {line}\n")


def test_pack_is_read_whole(tmp_path: Path) -> None:
    folder = pack_folder(tmp_path)
    watches = str(folder / "watches.yaml")

    assert load_pack(folder, timezone="Asia/Hong_Kong", language="en") == Pack(
        sources=(
            Source(
                "gazette", Names("公报", "The Gazette"), "https://gazette.example/rss", "feed", "official", 1, "en", "30m",
                "summary", "gb18030", "Europe/Zurich", headers={"Accept-Language": "zh-CN"}, notes="checked by hand",
            ),
            Source(
                "notices", Names("通知", "通知"), "https://notices.example/list/", "listing", "media", 2,
                every="0 9 * * mon-fri", enabled=False,
                list=ListRule("ul.list li", "a::attr(href)", "a::text", "span::text", r"/\d{4}/\d+\.html",
                              "a.next::attr(href)", 2, "html", r"\d{4}-\d{2}-\d{2}"),
                article=ArticleRule("#mainText", "h1::text", "meta[name=PubDate]::attr(content)"),
            ),
            Source("2024-01-01", Names("2024-01-01", "2024-01-01"), "http://odd.example", type="trade", tier=2),
        ),
        aliases={"wipo": "WIPO OR 世界知识产权组织", "中关村": "中关村 OR Zhongguancun"},
        watches=(
            Watch("tisc", Names("技术与创新支持中心", "技术与创新支持中心"), "@wipo AND TISC", "urgent"),
            Watch("forum", Names("forum", "forum"), "论坛"),
        ),
        digests=(
            Subscription("daily", timezone="Asia/Hong_Kong", language="en"),
            Subscription("weekly", ("desk@office.example",), ("forum",), "17:00 fri", "Europe/Zurich", "en", "skip", 3, 20, 2,
                         Names("周报", "Weekly")),
        ),
        places={
            "alias.wipo": Place(watches, 3, "aliases.wipo"),
            "alias.中关村": Place(watches, 4, "aliases.中关村"),
            "watch.tisc": Place(watches, 8, "watches[0].query"),
            "watch.forum": Place(watches, 10, "watches[1].query"),
        },
    )  # fmt: skip


def test_place_of_a_query_makes_an_error_that_names_it(tmp_path: Path) -> None:
    folder = pack_folder(tmp_path)

    error = load_pack(folder).places["watch.forum"].error("unknown alias @wipp")

    assert str(error) == f"{folder / 'watches.yaml'}:10: watches[1].query: unknown alias @wipp"
    assert (error.path, error.line, error.key) == (str(folder / "watches.yaml"), 10, "watches[1].query")


def test_default_pack_can_be_read() -> None:
    pack = load_pack(DEFAULT_PACK)

    assert pack.sources
    assert pack.watches
    assert pack.digests
    assert set(pack.places) == {f"alias.{name}" for name in pack.aliases} | {
        f"watch.{w.id}" for w in pack.watches
    }


def test_empty_files_make_an_empty_pack(tmp_path: Path) -> None:
    assert load_pack(pack_folder(tmp_path, "", "# nothing yet\n")) == Pack((), {}, (), (), {})
    assert load_pack(pack_folder(tmp_path, "sources:\n", "watches:\naliases: ~\n")) == Pack(
        (), {}, (), (), {}
    )


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sources\.yaml: the file cannot be read: No such file"):
        load_pack(tmp_path)


@pytest.mark.parametrize(
    ("type_", "tier"), [("official", 1), ("trade", 2), ("academic", 2), ("media", 3), ("search", 3)]
)
def test_tier_follows_the_type(tmp_path: Path, type_: str, tier: int) -> None:
    folder = pack_folder(tmp_path, f"sources: [{{id: a, url: 'https://a.example', type: {type_}}}]")

    assert load_sources(folder / "sources.yaml")[0].tier == tier


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kind: fed", "kind: 'fed' is not one of feed, sitemap, listing, search, auto"),
        ("knd: feed", "knd: there is no such key; did you mean kind?"),
        ("<<: {kind: feed}", "<<: there is no such key; known are "),
        ("id: twice", "id: the key stands already on line 2"),
        ("type: press", "type: 'press' is not one of official, media, trade, academic, search"),
        ("tier: 4", "tier: '4' is not a whole number from 1 to 3"),
        ("tier: 1.0", "tier: '1.0' is not a whole number from 1 to 3"),
        ("fetch: all", "fetch: 'all' is not one of full, summary"),
        (
            "every: soon",
            "every: 'soon' is not a duration: write a whole number and s, m, h or d, for example 30m",
        ),
        ("every: 0 9 * *", "every: '0 9 * *' is not five cron fields: "),
        ("every: 0 0 30 2 *", "every: the day-of-month of '0 0 30 2 *' cannot be read; "),
        ("encoding: gb1803", "encoding: 'gb1803' is not the name of a character set such as gb18030"),
        ("encoding: hex", "encoding: 'hex' is not the name of a character set such as gb18030"),
        ("timezone: Asia/Bejing", "timezone: 'Asia/Bejing' is not a time zone; "),
        ("lang: zh_CN", "lang: 'zh_CN' is not a language tag such as zh-Hans or en"),
        ("enabled: perhaps", "enabled: 'perhaps' is neither true nor false"),
        ("name: {fr: Gazette}", "name.fr: there is no such key; known are zh, en"),
        ("name: {}", "name: a name has zh or en or both"),
        ("name: ' '", "name: ' ' is empty"),
        ("name: [a]", "name: the value has to be a text"),
        ("notes: !secret x", "notes: the tag !secret means nothing here"),
        ("list: all", "list: 'all' is not a list of keys and values"),
        ("list: {pages: 0}", "list.pages: '0' is not a whole number from 1 to 50"),
        ("list: {item: 'li['}", "list.item: 'li[' is not a CSS selector: "),
        (
            "list: {pattern: '(?=a)'}",
            "list.pattern: '(?=a)' is not a pattern that RE2 can run: invalid perl operator: (?=",
        ),
        (
            "list: {date_pattern: '('}",
            "list.date_pattern: '(' is not a pattern that RE2 can run: missing ): (",
        ),
        ("article: {body: ''}", "article.body: '' is not a CSS selector: "),
        ("headers: {Host: other.example}", "headers.Host: 'Host' cannot be the name of a header here"),
        ("headers: {'A B': x}", "headers.A B: 'A B' cannot be the name of a header here"),
        ('headers: {X: "a\\r\\nHost: b"}', "headers.X: 'a\\r\\nHost: b' cannot be the value of a header"),
        ("list: {format: xml}", "list.format: 'xml' is not one of html, hanweb, json"),
        ("list: {format: hanweb, next: 'a['}", "list.next: 'a[' is not a CSS selector: "),
    ],
)
def test_mistake_in_a_source_is_told_with_file_line_and_key(tmp_path: Path, line: str, message: str) -> None:
    assert error_of_key(tmp_path, line).startswith(f"sources.yaml:4: sources[0].{message}")


def test_sitemaps_searches_and_lists_of_every_format_are_sources(tmp_path: Path) -> None:
    folder = pack_folder(
        tmp_path,
        "sources:\n"
        "- {id: a, url: 'https://a.example/robots.txt', kind: sitemap}\n"
        "- {id: b, url: 'https://b.example', kind: listing, list: {format: json, item: data.rows, link: url}}\n"
        "- {id: c, url: 'https://c.example', kind: search}\n",
    )

    found = load_sources(folder / "sources.yaml")

    assert [(source.kind, source.type, source.tier) for source in found] == [
        ("sitemap", "media", 3),
        ("listing", "media", 3),
        ("search", "search", 3),
    ]
    assert found[1].list == ListRule(item="data.rows", link="url", format="json")


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ("sources:\n- {id: a}\n", "2: sources[0]: the key url is missing"),
        ("sources:\n- {url: 'https://a.example'}\n", "2: sources[0]: the key id is missing"),
        ("sources:\n- {id: ~, url: 'https://a.example'}\n", "2: sources[0]: the key id is missing"),
        (
            "sources:\n- {id: A_b, url: 'https://a.example'}\n",
            "2: sources[0].id: 'A_b' is not made of a-z, 0-9 and '-'",
        ),
        (
            "sources:\n- {id: a, url: 'file:///etc'}\n",
            "2: sources[0].url: 'file:///etc' is not an address that begins",
        ),
        ("sources:\n- {id: a, url: https}\n", "2: sources[0].url: 'https' is not an address that begins"),
        ("sources:\n- a\n", "2: sources[0]: 'a' is not a list of keys and values"),
        ("sources: {id: a}\n", "1: sources: the value is not a list"),
        ("source: []\n", "1: source: there is no such key; did you mean sources?"),
        ("- a\n", "1: the value is not a list of keys and values"),
        ("sources: [\n", "2: not YAML: "),
        ("sources:\n\t- a\n", "2: not YAML: "),
        ("sources: *all\n", "1: not YAML: found undefined alias"),
        ("sources: []\n---\nsources: []\n", "2: not YAML: "),
        ("a: 1\nb: \x01\n", "2: not YAML: the character U+0001 is not allowed"),
        ("[" * 100_000, "1: not YAML: "),
        ("sources: &a [*a, *a]\n", "1: sources[0]: the value is not a list of keys and values"),
    ],
)
def test_file_that_is_no_pack_is_told_with_its_line(tmp_path: Path, sources: str, message: str) -> None:
    assert error_of(tmp_path, sources).startswith(f"sources.yaml:{message}")


def test_two_equal_ids_name_both_lines(tmp_path: Path) -> None:
    same = "sources:\n- id: a\n  url: https://a.example\n- url: https://b.example\n  id: a\n"

    assert error_of(tmp_path, same) == "sources.yaml:5: sources[1].id: 'a' stands already on line 2"
    assert error_of(tmp_path, watches="watches:\n- {id: a, query: x}\n- {id: a, query: y}\n") == (
        "watches.yaml:3: watches[1].id: 'a' stands already on line 2"
    )


def test_file_in_another_charset_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_bytes("sources:\n- {id: a, name: 公报}\n".encode("gb18030"))

    with pytest.raises(ConfigError, match=r"sources\.yaml:2: the file is not UTF-8"):
        load_sources(tmp_path / "sources.yaml")


def test_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_bytes(b"\xef\xbb\xbf" + SOURCES.encode())

    assert len(load_sources(tmp_path / "sources.yaml")) == 3


def test_aliases_of_aliases_cost_nothing(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
    )

    assert error_of(tmp_path, bomb).startswith("sources.yaml:1: a0: there is no such key")
    assert error_of(tmp_path, f"sources:\n- headers: &h {{A: &v [x]}}\n  notes: *v\n{bomb}").startswith(
        "sources.yaml:"
    )


def test_huge_file_is_refused_unread(tmp_path: Path) -> None:
    assert error_of(tmp_path, "#" * 5_000_001) == "sources.yaml: the file is larger than 5 MB"


@pytest.mark.parametrize(
    ("watches", "message"),
    [
        ("watches:\n- {id: a}\n", "2: watches[0]: the key query is missing"),
        ("watches:\n- {id: a, query: ' '}\n", "2: watches[0].query: ' ' is empty"),
        ("watches:\n- {id: a, query: x, priority: high}\n", "2: watches[0].priority: 'high' is not one of urgent, "),
        ("watches:\n- {id: a, qery: x}\n", "2: watches[0].qery: there is no such key; did you mean query?"),
        ("aliases:\n  1x: y\n", "2: aliases.1x: '1x' is no alias: "),
        ("aliases:\n  wipo: a\n  ＷＩＰＯ: b\n", "3: aliases.ＷＩＰＯ: the alias stands already on line 2"),
        ("aliases:\n  wipo:\n    - a\n", "2: aliases.wipo: the value has to be a text"),
        ("alias: {}\n", "1: alias: there is no such key; did you mean aliases?"),
        ("digests:\n- {id: d, to: desk@office.example}\n", "2: digests[0].to: 'desk@office.example' is not a list"),
        ("digests:\n- {id: d, to: [desk]}\n", "2: digests[0].to[0]: 'desk' is not a mail address such as "),
        ("digests:\n- {id: d, to: ['channel:x']}\n", "2: digests[0].to[0]: 'channel:x' is a chat channel; this version "),
        ("digests:\n- {id: d, watches: none}\n", "2: digests[0].watches: 'none' is not one of all"),
        ("watches: [{id: tisc, query: x}]\ndigests:\n- {id: d, watches: [tics]}\n",
         "3: digests[0].watches[0]: there is no watch 'tics'; did you mean tisc?"),
        ("digests:\n- {id: d, schedule: '25:00'}\n", "2: digests[0].schedule: '25:00' is not a time of day: "),
        ("digests:\n- {id: d, schedule: '08:30 mo-fr'}\n", "2: digests[0].schedule: 'mo-fr' are no days: "),
        ("digests:\n- {id: d, language: fr}\n", "2: digests[0].language: 'fr' is not one of zh, en"),
        ("digests:\n- {id: d, when_empty: never}\n", "2: digests[0].when_empty: 'never' is not one of say-so, skip"),
        ("digests:\n- {id: d, cap: -1}\n", "2: digests[0].cap: '-1' is not a whole number from 0 to "),
    ],
)  # fmt: skip
def test_mistake_in_watches_and_digests_is_told_with_its_place(
    tmp_path: Path, watches: str, message: str
) -> None:
    assert error_of(tmp_path, watches=watches).startswith(f"watches.yaml:{message}")


def test_only_yaml_is_imported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"feeds\.opml: this version reads sources from \.yaml files only"):
        load_sources(tmp_path / "feeds.opml")


def test_changes_are_read_like_lines_of_a_pack() -> None:
    source = read_source(
        dump_sources([PLAIN]),
        {
            "tier": "1",
            "every": "2h",
            "enabled": "false",
            "name": "公报|The Gazette",
            "list.pattern": "/articles/",
            "list.pages": "3",
            "headers.Accept-Language": "zh",
        },
    )

    assert source == Source(
        "gazette", Names("公报", "The Gazette"), "https://gazette.example/rss", tier=1, every="2h", enabled=False,
        list=ListRule(pattern="/articles/", pages=3), headers={"Accept-Language": "zh"},
    )  # fmt: skip


def test_change_to_nothing_takes_a_key_away() -> None:
    ruled = Source(
        "gazette", Names("g", "g"), "https://gazette.example", every="2h", list=ListRule(pattern="/a/", pages=2)
    )  # fmt: skip

    changed = read_source(
        dump_sources([ruled]), {"every": None, "list.pages": "", "list.item": None, "article.body": ""}
    )

    assert changed == Source(
        "gazette", Names("g", "g"), "https://gazette.example", list=ListRule(pattern="/a/")
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tier": "9"}, "tier: '9' is not a whole number from 1 to 3"),
        ({"teir": "1"}, "teir: there is no such key; did you mean tier?"),
        ({"list.item": "a["}, "list.item: 'a[' is not a CSS selector: "),
        ({"url": None}, "the key url is missing"),
        ({"id": "other"}, "id: the id of a source stays as it is"),
        ({"url.x": "y"}, "url: the value has to be a text"),
    ],
)
def test_wrong_change_is_told_by_its_key_alone(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_source(dump_sources([PLAIN]), changes)

    assert str(caught.value).startswith(message)


def test_exported_sources_say_only_what_is_not_the_default() -> None:
    assert yaml.safe_load(dump_sources([PLAIN])) == {
        "sources": [{"id": "gazette", "url": "https://gazette.example/rss"}]
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"schedule": "8"}, "schedule: '8' does not begin with a time"),
        ({"timezone": "Asia/Bejing"}, "timezone: 'Asia/Bejing' is not a time zone"),
        ({"language": "fr"}, "language: 'fr' is not one of zh, en"),
        ({"to": ("desk@office.example", "desk")}, "to[1]: 'desk' is not a mail address"),
        ({"cap": -1}, "cap: '-1' is not a whole number"),
        ({"tier": 0}, "tier: '0' is not a whole number from 1 to 9"),
    ],
)
def test_edited_digest_is_checked_like_one_of_a_pack(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_subscription(Subscription("daily", **values))

    assert str(caught.value).startswith(message)


def test_good_digest_passes_the_check() -> None:
    check_subscription(Subscription("daily"))
    check_subscription(
        Subscription(
            "w", ("desk@office.example",), ("tisc", "forum"), "17:00 fri", "UTC", "en", "skip", 1, 2, 3
        )
    )


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(str.strip)
SELECTORS = st.none() | st.sampled_from(["a::attr(href)", "#main > p", "h1::text", "time"])
PATTERNS = st.none() | st.sampled_from([r"/\d+\.html", "(?i)/News/", "^https?://[^/]+/[一-龥]+"])
NAMES = st.builds(Names, TEXTS, TEXTS)
ANY_SOURCE = st.builds(
    Source,
    id=st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True),
    name=NAMES | TEXTS.map(lambda text: Names(text, text)),
    url=st.sampled_from(["https://a.example/rss?x=1&y=%20#z", "http://b.example:8080/新闻/"]),
    kind=st.sampled_from(["feed", "sitemap", "listing", "search", "auto"]),
    type=st.sampled_from(["official", "media", "trade", "academic", "search"]),
    tier=st.integers(1, 3),
    lang=st.sampled_from([None, "en", "zh-Hans"]),
    every=st.sampled_from([None, "2s", "30m", "0 9 * * mon-fri"]),
    fetch=st.sampled_from(["full", "summary"]),
    encoding=st.sampled_from([None, "gb18030", "utf-16"]),
    timezone=st.sampled_from([None, "Asia/Shanghai", "UTC"]),
    enabled=st.booleans(),
    list=st.none()
    | st.builds(
        ListRule,
        item=SELECTORS, link=SELECTORS, title=SELECTORS, date=SELECTORS, next=SELECTORS,
        pattern=PATTERNS, date_pattern=PATTERNS, pages=st.integers(1, 50), format=st.just("html"),
    ),
    article=st.none() | st.builds(ArticleRule, body=SELECTORS, title=SELECTORS, date=SELECTORS),
    headers=st.dictionaries(
        st.sampled_from(["Accept-Language", "X-Office", "on"]), st.sampled_from(["zh-CN", "yes", "12", "é", "a: b # c"])
    ),
    notes=TEXTS | st.just(""),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(ANY_SOURCE, max_size=4, unique_by=lambda source: source.id))
def test_exported_sources_are_read_back_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, sources: list[Source]
) -> None:
    file = tmp_path_factory.mktemp("export") / "sources.yaml"
    file.write_text(dump_sources(sources), encoding="utf-8")

    assert load_sources(file) == tuple(sources)
    assert [read_source(dump_sources([source])) for source in sources] == sources


@settings(deadline=None)
@given(st.text(max_size=80) | st.text(st.sampled_from("sources: -id{}[]&*!|>'\"#\n\t aul"), max_size=80))
def test_any_text_is_a_pack_or_a_clear_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("any") / "sources.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load_sources(file)
    except ConfigError as error:
        assert error.path == str(file)
