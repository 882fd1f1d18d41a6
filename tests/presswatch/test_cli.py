"""The commands as a person or a script meets them: what they print, where, and with which exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from presswatch.__main__ import main

SOURCES = """
sources:
  - id: gazette
    name: {zh: 公报, en: Gazette}
    url: https://gazette.example/feed
    kind: feed
    type: official
  - {id: herald, url: "https://herald.example/", type: media}
"""
WATCHES = """
aliases: {wipo: 'WIPO OR 世界知识产权组织'}
watches:
  - {id: tisc, name: {zh: 技术与创新支持中心, en: TISC}, query: 'TISC AND @wipo'}
digests:
  - {id: daily, to: [], watches: all, schedule: "08:30 mon-fri"}
"""


@dataclass
class Terminal:
    """Runs commands on one data folder and keeps what they said."""

    environ: dict[str, str]
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        code = main(arguments, self.environ)
        said = self.capture.readouterr()
        return code, said.out, said.err

    def json(self, *arguments: str) -> Any:
        code, out, err = self(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (folder / "watches.yaml").write_text(WATCHES, encoding="utf-8")
    return folder


@pytest.fixture
def terminal(tmp_path: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    environ = {
        "PRESSWATCH_DATA_DIR": str(tmp_path / "data"),
        "PRESSWATCH_PACK": str(pack),
        "PRESSWATCH_LANGUAGE": "en",
    }
    return Terminal(environ, capsys)


def test_any_command_makes_the_database_and_loads_the_pack(terminal: Terminal) -> None:
    listed = terminal.json("source", "list")

    assert [(item["id"], item["kind"], item["tier"]) for item in listed["items"]] == [
        ("gazette", "feed", 1),
        ("herald", "auto", 3),
    ]
    assert listed["total"] == 2


def test_a_watch_edit_makes_a_version_with_its_reason(terminal: Terminal) -> None:
    edited = terminal.json(
        "watch", "edit", "tisc", "--query", "技术与创新支持中心", "--why", "Latin is noisy"
    )
    history = terminal.json("watch", "history", "tisc")

    assert (edited["version"], edited["warnings"]) == (2, [])
    assert [(v["version"], v["query"], v["why"]) for v in history["items"]] == [
        (1, "TISC AND @wipo", "first start"),
        (2, "技术与创新支持中心", "Latin is noisy"),
    ]


def test_an_old_version_can_be_restored(terminal: Terminal) -> None:
    terminal.json("watch", "edit", "tisc", "--query", "WIPO")

    restored = terminal.json("watch", "restore", "tisc", "1")

    assert (restored["version"], restored["query"]) == (3, "TISC AND @wipo")


def test_a_wrong_query_is_shown_with_its_place_and_changes_nothing(terminal: Terminal) -> None:
    code, out, err = terminal("watch", "edit", "tisc", "--query", "TISC AND (北京")

    assert (code, out) == (2, "")
    assert "TISC AND (北京" in err
    assert err.splitlines()[-1].index("^") == "TISC AND (".index("(")
    assert terminal.json("watch", "show", "tisc")["version"] == 1


def test_an_alias_that_is_used_cannot_be_removed(terminal: Terminal) -> None:
    code, _, err = terminal("alias", "remove", "wipo")

    assert code == 1
    assert "used by tisc" in err


def test_a_changed_alias_makes_a_version_of_each_watch_that_uses_it(terminal: Terminal) -> None:
    assert terminal.json("alias", "set", "wipo", "WIPO OR OMPI")["watches"] == ["tisc"]
    assert terminal.json("watch", "show", "tisc")["version"] == 2


def test_an_alias_that_would_break_a_watch_is_refused(terminal: Terminal) -> None:
    code, _, err = terminal("alias", "set", "wipo", "WIPO AND")

    assert code == 2
    assert "WIPO AND" in err
    assert terminal.json("alias", "list")["items"] == [{"name": "wipo", "query": "WIPO OR 世界知识产权组织"}]


def test_a_source_is_edited_like_a_line_of_the_pack(terminal: Terminal) -> None:
    terminal.json(
        "source", "edit", "herald", "--every", "2h", "--set", "list.pattern=/news/\\d+", "--kind", "listing"
    )

    shown = terminal.json("source", "show", "herald")
    assert (shown["every"], shown["kind"], shown["list"]["pattern"]) == ("2h", "listing", "/news/\\d+")


def test_a_paused_source_is_not_asked(terminal: Terminal) -> None:
    terminal.json("source", "pause", "gazette")
    terminal.json("source", "pause", "herald")

    assert terminal.json("crawl", "--all") == {"sources": [], "new": 0, "hits": 0}


def test_an_import_is_idempotent_by_id(terminal: Terminal, pack: Path) -> None:
    more = pack / "more.yaml"
    more.write_text("sources:\n  - {id: wire, url: 'https://wire.example/', kind: feed}\n")

    assert terminal.json("source", "import", str(more)) == {"new": 1, "changed": 0, "same": 0}
    assert terminal.json("source", "import", str(more)) == {"new": 0, "changed": 0, "same": 1}


def test_an_export_can_be_imported_again(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "out.yaml"

    terminal.json("source", "export", str(file))

    assert terminal.json("source", "import", str(file)) == {"new": 0, "changed": 0, "same": 2}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("watch", "show", "nothing"), 3, "there is no watch nothing"),
        (("source", "show", "nothing"), 3, "there is no source nothing"),
        (("crawl", "nothing"), 3, "there is no source nothing"),
        (("article", "show", "99"), 3, "there is no article 99"),
        (("digest", "preview", "weekly"), 3, "there is no digest weekly"),
        (("search", "AND"), 2, "AND"),
        (("search", "x", "--since", "yesterday"), 2, "is no day"),
        (("search", "x", "--after", "nonsense"), 2, "cursor"),
        (("inspect",), 2, "name one document"),
        (("run", "--host", "0.0.0.0"), 2, "this machine only"),
        (("frobnicate",), 2, "No such command"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(
    terminal: Terminal, arguments: tuple[str, ...], code: int, said: str
) -> None:
    got, out, err = terminal(*arguments)

    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("sources.yaml", lambda text: text + "  - {id: gazette, url: 'https://x.example/'}\n", ":9"),
        ("sources.yaml", lambda text: text.replace("kind: feed", "kind: fed"), "fed"),
        ("sources.yaml", lambda text: text + "  - [", "sources.yaml:"),
        ("watches.yaml", lambda text: text.replace("TISC AND @wipo", "TISC AND (@wipo"), "watches.yaml:4"),
        ("watches.yaml", lambda text: text.replace("08:30 mon-fri", "8 o'clock"), "watches.yaml:6"),
    ],
    ids=["two-ids", "unknown-kind", "broken-yaml", "wrong-query", "wrong-schedule"],
)
def test_a_wrong_pack_is_named_by_file_and_line(
    terminal: Terminal, pack: Path, file: str, change: Callable[[str], str], said: str
) -> None:
    (pack / file).write_text(change((pack / file).read_text(encoding="utf-8")), encoding="utf-8")

    code, out, err = terminal("status")

    assert (code, out) == (2, "")
    assert said in err and file in err
    (pack / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (pack / "watches.yaml").write_text(WATCHES, encoding="utf-8")
    assert terminal.json("db", "stats")["sources"] == 2


def test_an_unknown_setting_names_the_nearest_one(terminal: Terminal) -> None:
    terminal.environ["PRESSWATCH_HOST_DELEY"] = "1"

    code, _, err = terminal("status")

    assert code == 2
    assert "PRESSWATCH_HOST_DELAY" in err


def test_inspect_needs_no_database_and_makes_none(terminal: Terminal, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(
        "<rss version='2.0'><channel><title>公报</title><item><title>一</title><link>/a/1</link></item></channel></rss>"
    )

    shown = terminal.json("inspect", str(feed), "--url", "https://gazette.example/feed")

    assert (shown["kind"], [entry["url"] for entry in shown["entries"]]) == (
        "feed",
        ["https://gazette.example/a/1"],
    )
    assert not (tmp_path / "data" / "presswatch.db").exists()


def test_search_prints_the_contract(terminal: Terminal) -> None:
    assert terminal.json("search", "WIPO") == {
        "total": 0,
        "total_exact": True,
        "complete": True,
        "next": None,
        "items": [],
    }


def test_a_sent_digest_is_a_file_and_in_the_history(terminal: Terminal, tmp_path: Path) -> None:
    sent = terminal.json("digest", "send", "daily")

    assert [message["state"] for message in sent["messages"]] == ["sent"]
    assert len(list((tmp_path / "data" / "outbox").glob("*.eml"))) == 1
    assert [issue["stories"] for issue in terminal.json("digest", "history", "daily")["items"]] == [0]


@pytest.mark.parametrize("suffix", [".html", ".txt", ".eml"])
def test_a_preview_is_written_in_three_forms(terminal: Terminal, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"digest{suffix}"

    terminal.json("digest", "preview", "daily", "--out", str(file))

    assert file.stat().st_size > 500


def test_a_backup_is_restored_and_mail_is_held_until_released(terminal: Terminal, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    terminal.json("watch", "edit", "tisc", "--query", "WIPO")
    terminal.json("db", "backup", str(copy))
    terminal.json("watch", "edit", "tisc", "--query", "TISC")

    restored = terminal.json("db", "restore", str(copy))

    assert restored["held"] is True
    assert terminal.json("watch", "show", "tisc")["query"] == "WIPO"
    code, _, err = terminal("digest", "send", "daily")
    assert (code, "outbox release" in err) == (1, True)
    assert terminal.json("outbox", "release") == {"released": True}
    terminal.json("digest", "send", "daily")
