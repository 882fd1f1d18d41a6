"""How commands speak: one JSON document, or tables and sentences for people. Logs go to stderr, this to stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from core.types import Names
from desk.plain import plain as plain  # one form for commands and the API

JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def console() -> Console:
    return Console(file=sys.stdout, soft_wrap=True, highlight=False)


def errors() -> Console:
    return Console(file=sys.stderr, soft_wrap=True, highlight=False)


def document(value: Any) -> None:
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def line(value: Any) -> None:
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")


def listing(items: Iterable[Any], total: int | None = None) -> None:
    rows = list(items)
    document({"items": rows, "total": len(rows) if total is None else total})


def say(text: str) -> None:
    """A plain sentence: nothing in it is markup."""
    console().print(Text(clean(text)))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(escape(clean("" if cell is None else str(cell))) for cell in row))
    console().print(made)


def clean(text: str) -> str:
    """Without the control characters with which a feed could move the cursor or change colours."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def moment(value: datetime | None, zone: tzinfo) -> str:
    return value.astimezone(zone).strftime("%m-%d %H:%M") if value else "–"


def both(names: Names) -> str:
    return names.zh if names.zh == names.en else f"{names.zh} · {names.en}"


@contextmanager
def progress(text: str, *, quiet: bool) -> Iterator[Any]:
    """A bar on a terminal, nothing in a pipe; yields ``step(done, of, what)``."""
    screen = errors()
    if quiet or not screen.is_terminal:
        yield lambda done, of, what: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn(text), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[what]}"))
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(text, total=None, what="")
        yield lambda done, of, what: bar.update(task, completed=done, total=of, what=escape(clean(what)))
