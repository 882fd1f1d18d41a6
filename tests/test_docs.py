"""What the pages for strangers promise is there: commands, settings, examples, links and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from config.settings import Settings
from presswatch.cli.app import app

HOUSE = Path(__file__).parent.parent
README = (HOUSE / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*HOUSE.glob("*.md"), *(HOUSE / "docs").glob("*.md")])


def commands(group: typer.Typer = app, before: str = "") -> Iterator[tuple[str, str]]:
    """(name, help) of every command."""
    for command in group.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__.replace("_", "-")
        yield f"{before}{name}", command.callback.__doc__ or ""
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, f"{before}{inner.name} ")


def promised() -> set[str]:
    """Commands of the README's table, written as ``presswatch watch list\\|show …``."""
    found = set()
    for row in re.findall(r"^\| (`presswatch .*?) \|", README.replace("\\|", "\u2502"), re.MULTILINE):
        for text in re.findall(r"`presswatch ([^`]+)`", row):
            words = [word for word in text.split() if not word.startswith(("[", "-")) and not word.isupper()]
            *group, last = words[:2]
            found |= {" ".join([*group, name]) for name in last.split("\u2502")}
    return found


def test_the_readme_names_every_command_and_no_other() -> None:
    assert promised() == {name for name, _ in commands()}


@pytest.mark.parametrize(("name", "text"), list(commands()))
def test_every_command_shows_an_example(name: str, text: str) -> None:
    assert f"Example: presswatch {name}" in text


def test_the_readme_names_every_setting() -> None:
    settings = {f"PRESSWATCH_{field.upper()}" for field in Settings.__dataclass_fields__}

    assert settings <= set(re.findall(r"PRESSWATCH_[A-Z_]+", README))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith(("http", "mailto"))]

    assert [link for link in links if not (page.parent / link).exists()] == []
