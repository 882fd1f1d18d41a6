"""The mail commands as a person meets them: the test message, and what is done about mail that did not arrive."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from post_office import PostOffice, url_of

from presswatch.__main__ import main

ANN = "ann@x.example"


@dataclass
class Terminal:
    environ: dict[str, str]
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        code = main(arguments, self.environ)
        said = self.capture.readouterr()
        return code, said.out, said.err

    def json(self, *arguments: str) -> tuple[int, Any]:
        code, out, err = self(*arguments, "--json")
        assert out, err
        return code, json.loads(out)


@pytest.fixture
def post() -> Iterator[PostOffice]:
    with PostOffice(accounts={"desk": "right"}) as made:
        yield made


@pytest.fixture
def terminal(tmp_path: Path, post: PostOffice, capsys: pytest.CaptureFixture[str]) -> Terminal:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "sources.yaml").write_text("sources: [{id: a, url: 'https://a.example/feed', kind: feed}]")
    (pack / "watches.yaml").write_text(
        "watches: [{id: w, query: WIPO}]\ndigests: [{id: daily, to: ['ann@x.example']}]"
    )
    environ = {
        "PRESSWATCH_DATA_DIR": str(tmp_path / "data"),
        "PRESSWATCH_PACK": str(pack),
        "PRESSWATCH_LANGUAGE": "en",
        "PRESSWATCH_SMTP_URL": url_of(post.port),
        "PRESSWATCH_MAIL_FROM": "Desk <desk@office.example>",
        "PRESSWATCH_BASE_URL": "https://news.office.example",
    }
    return Terminal(environ, capsys)


def test_the_test_message_is_in_both_languages(terminal: Terminal, post: PostOffice) -> None:
    code, _, err = terminal("mail", "test", ANN)

    (taken,) = post.taken
    mail = message_from_bytes(taken.raw, policy=default)
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (code, err, taken.sender, taken.recipients) == (0, "", "desk@office.example", (ANN,))
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        "Presswatch 试信 · Presswatch test message", "Desk <desk@office.example>", ANN,
    )  # fmt: skip
    assert "收到它，说明简报也能送到这个地址" in text
    assert "Pages https://news.office.example" in text


def test_a_good_conversation_is_shown_step_by_step(terminal: Terminal, post: PostOffice) -> None:
    _, out, _ = terminal("mail", "test", ANN)

    lines = [line.split()[:2] for line in out.splitlines()]
    assert lines[1:6] == [
        ["ok", "connection"],
        ["ok", "greeting"],
        ["ok", "sender"],
        ["ok", "recipient"],
        ["ok", "message"],
    ]
    assert out.splitlines()[-1].startswith("the server took the test message")


def test_a_failed_conversation_says_how_far_it_came_and_what_to_do(
    terminal: Terminal, post: PostOffice
) -> None:
    terminal.environ["PRESSWATCH_SMTP_URL"] = url_of(post.port, "desk:wrong@")

    code, told = terminal.json("mail", "test", ANN)

    assert (code, told["ok"], told["server"]) == (1, False, f"127.0.0.1:{post.port}")
    assert [(step["step"], step["ok"]) for step in told["steps"]] == [
        ("connect", True), ("hello", True), ("login", False),
    ]  # fmt: skip
    assert told["steps"][-1]["answer"] == "535 5.7.8 Authentication credentials invalid"
    assert "correct PRESSWATCH_SMTP_URL (many providers want an app password)" in told["error"]
    assert "wrong" not in json.dumps(told)


def test_a_failure_is_told_in_the_language_of_the_service(terminal: Terminal, post: PostOffice) -> None:
    terminal.environ["PRESSWATCH_LANGUAGE"] = "zh"
    post.answers(f"rcpt {ANN}", "550 5.1.1 no such user")

    code, out, _ = terminal("mail", "test", ANN)

    assert code == 1
    assert out.splitlines()[-2].startswith("服务器永远不收这个收件人：550 5.1.1 no such user。")


@pytest.mark.parametrize(
    ("address", "server", "said"),
    [
        (ANN, "", "PRESSWATCH_SMTP_URL: is not set, so digests become files in"),
        ("ann", None, "'ann' is not a mail address such as desk@office.example"),
        ("a@b.example\nBcc: c@d.example", None, "is not a mail address"),
        (ANN, "smtp://desk:hunter2@mail.example?tls=none", "would send the password unencrypted"),
    ],
)
def test_what_cannot_be_tested_is_bad_usage(
    terminal: Terminal, post: PostOffice, address: str, server: str | None, said: str
) -> None:
    if server is not None:
        terminal.environ["PRESSWATCH_SMTP_URL"] = server

    code, out, err = terminal("mail", "test", address)

    assert (code, out, post.connections) == (2, "", 0)
    assert said in err
    assert "hunter2" not in err


def test_mail_test_needs_no_database_and_makes_none(terminal: Terminal) -> None:
    terminal("mail", "test", ANN)

    assert not Path(terminal.environ["PRESSWATCH_DATA_DIR"]).exists()


def test_mail_that_was_refused_is_listed_retried_and_dropped(terminal: Terminal, post: PostOffice) -> None:
    post.answers(f"rcpt {ANN}", "550 5.1.1 no such user", "451 4.7.1 later")

    sent, answer = terminal.json("digest", "send", "daily")
    _, shown, _ = terminal("outbox", "list")
    _, listed = terminal.json("outbox", "list")
    (line,) = listed["items"]
    again, retried = terminal.json("outbox", "retry", str(line["id"]))
    done, last = terminal.json("outbox", "retry", str(line["id"]))

    assert (sent, answer["messages"][0]["state"], line["state"], line["attempts"]) == (
        1,
        "failed",
        "failed",
        1,
    )
    assert shown.splitlines() == [f"1  failed  {ANN}  tried 1x  {line['subject']}", f"    {line['error']}"]
    assert "550 5.1.1 no such user" in line["error"]
    assert (again, retried["state"], retried["detail"][:15]) == (1, "queued", "the server says")
    assert (done, last["state"], [taken.message_id for taken in post.taken]) == (
        0,
        "sent",
        [line["message_id"]],
    )


def test_dropped_mail_is_gone_from_the_list_and_is_not_sent(terminal: Terminal, post: PostOffice) -> None:
    post.answers(f"rcpt {ANN}", "451 4.7.1 later")
    terminal("digest", "send", "daily")

    dropped = terminal.json("outbox", "drop", "1")

    assert (dropped[0], dropped[1]["state"]) == (0, "dropped")
    assert terminal.json("outbox", "list") == (0, {"items": [], "total": 0})
    assert post.taken == []


@pytest.mark.parametrize("command", ["retry", "drop"])
def test_a_message_that_is_not_there_or_was_delivered_is_said(
    terminal: Terminal, post: PostOffice, command: str
) -> None:
    terminal("digest", "send", "daily")

    assert terminal("outbox", command, "9")[::2] == (
        3, "presswatch: there is no message 9; see: presswatch outbox list\n",
    )  # fmt: skip
    assert terminal("outbox", command, "1")[::2] == (
        1, "presswatch: message 1 was delivered; it is not sent again, nor can it be taken back\n",
    )  # fmt: skip
    assert len(post.taken) == 1


def test_status_names_the_server_and_doctor_says_why_mail_is_held(
    terminal: Terminal, post: PostOffice
) -> None:
    _, before = terminal.json("status")
    terminal.environ["PRESSWATCH_SMTP_URL"] = url_of(post.port, "desk:wrong@")
    terminal("digest", "send", "daily")

    _, after = terminal.json("status")
    _, doctor = terminal.json("doctor")

    server = f"127.0.0.1:{post.port}"
    assert [(told["mail"]["health"], told["mail"]["server"], told["mail"]["queued"]) for told in (before, after)] == [
        ("ok", server, 0), ("attention", server, 1),
    ]  # fmt: skip
    (finding,) = [finding for finding in doctor["findings"] if finding["part"] == "mail"]
    assert (finding["ok"], "refuses name or password" in finding["said"]["en"]) == (False, True)


def test_only_what_sends_mail_loads_the_library_for_it(terminal: Terminal) -> None:
    program = (
        "import sys; from presswatch.__main__ import main; code = main(['outbox', 'list']); "
        "sys.exit(code or 'aiosmtplib' in sys.modules)"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | terminal.environ, capture_output=True
    )

    assert (ended.returncode, ended.stderr) == (0, b"")
