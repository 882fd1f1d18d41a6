"""``presswatch user`` and ``presswatch token`` as a person meets them, and what the first user changes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import typer

from core.errors import ConfigError
from presswatch.__main__ import main
from presswatch.cli.operation import must_be_loopback
from presswatch.cli.session import Session


class Terminal:
    def __init__(
        self, environ: dict[str, str], capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.environ, self.capture, self.patch = environ, capture, patch

    def __call__(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        self.patch.setattr("sys.stdin", io.StringIO(typed))
        code = main(arguments, self.environ)
        said = self.capture.readouterr()
        return code, said.out, said.err

    def json(self, *arguments: str, typed: str = "") -> Any:
        code, out, err = self(*arguments, "--json", typed=typed)
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    (pack / "watches.yaml").write_text("watches: []\n", encoding="utf-8")
    environ = {
        "PRESSWATCH_DATA_DIR": str(tmp_path / "data"),
        "PRESSWATCH_PACK": str(pack),
        "PRESSWATCH_LANGUAGE": "en",
    }
    return Terminal(environ, capsys, monkeypatch)


def add(terminal: Terminal, name: str = "lin", role: str = "analyst") -> tuple[int, str, str]:
    return terminal("user", "add", name, "--role", role, "--password-stdin", typed="correct horse\n")


def test_users_are_added_listed_and_removed(terminal: Terminal) -> None:
    assert add(terminal) == (0, "lin added as analyst\n", "")
    assert terminal("user", "passwd", "lin", "--password-stdin", typed="another horse\n")[0] == 0

    listed = terminal.json("user", "list")
    removed = terminal.json("user", "remove", "lin")

    assert [(user["name"], user["role"]) for user in listed["items"]] == [("lin", "analyst")]
    assert "argon2" not in str(listed)
    assert (removed, terminal.json("user", "list")["total"]) == ({"removed": "lin"}, 0)


def test_a_password_is_asked_for_twice(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(typer, "prompt", lambda text, **how: asked.append(how) or "correct horse")

    assert terminal("user", "add", "lin")[0] == 0
    assert asked == [{"hide_input": True, "confirmation_prompt": True, "err": True}]


def test_a_token_is_shown_once(terminal: Terminal) -> None:
    add(terminal)

    made = terminal.json("token", "create", "ci", "--user", "lin", "--role", "reader")
    listed = terminal("token", "list", "--json")[1]
    revoked = terminal("token", "revoke", str(made["id"]))

    assert (made["token"][:3], made["user"], made["role"]) == ("pw_", "lin", "reader")
    assert made["token"] not in listed
    assert revoked == (0, f"revoked {made['id']}\n", "")
    assert terminal.json("token", "list")["items"][0]["revoked_at"] is not None


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("user", "remove", "nobody"), 3, "there is no user nobody; see: presswatch user list"),
        (
            ("user", "add", "lin", "--role", "king", "--password-stdin"),
            2,
            "--role is reader, analyst or operator",
        ),
        (("user", "add", "lin", "--password-stdin"), 1, "a password has 8 to 200 characters"),
        (("token", "create", "ci", "--user", "nobody"), 3, "there is no user nobody"),
        (("token", "revoke", "7"), 3, "there is no token 7; see: presswatch token list"),
    ],
)
def test_mistakes_are_told_with_what_to_do(
    terminal: Terminal, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found, _, err = terminal(*arguments, typed="short\n")

    assert (found, said in err) == (code, True), err


def test_the_admin_of_the_settings_is_made_at_the_first_start_only(terminal: Terminal) -> None:
    terminal.environ["PRESSWATCH_ADMIN_PASSWORD"] = "correct horse"

    first = terminal.json("user", "list")["items"]
    terminal.environ["PRESSWATCH_ADMIN_PASSWORD"] = "another horse"
    second = terminal.json("user", "list")["items"]

    assert [(user["name"], user["role"]) for user in first] == [("admin", "operator")]
    assert second == first


def test_the_service_opens_to_others_only_when_there_is_a_user(terminal: Terminal) -> None:
    session = Session(terminal.environ)
    with pytest.raises(ConfigError, match="presswatch user add"):
        must_be_loopback(session, "0.0.0.0")
    must_be_loopback(session, "127.0.0.1")
    session.close()
    add(terminal)

    session = Session(terminal.environ)
    must_be_loopback(session, "0.0.0.0")
    session.close()
