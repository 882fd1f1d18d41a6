"""All commands under one name."""

from __future__ import annotations

from typing import Annotated

import typer

from presswatch import __version__
from presswatch.cli import (
    articles,
    collecting,
    database,
    digests,
    inspecting,
    mail,
    operation,
    packs,
    people,
    sources,
    trying,
    watches,
)

app = typer.Typer(
    name="presswatch",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="News monitoring: collect, match, find again, tell. Settings are environment variables, see the README.",
)


def version(asked: bool) -> None:
    if asked:
        typer.echo(f"presswatch {__version__}")
        raise typer.Exit


@app.callback()
def presswatch(
    version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print it and end.")
    ] = False,
) -> None:
    """Nothing to do before a command."""


app.add_typer(sources.sources, name="source")
app.add_typer(watches.watches, name="watch")
app.add_typer(watches.aliases, name="alias")
app.add_typer(articles.articles, name="article")
app.add_typer(digests.digests, name="digest")
app.add_typer(digests.outbox, name="outbox")
app.add_typer(mail.mail, name="mail")
app.add_typer(packs.packs, name="pack")
app.add_typer(people.users, name="user")
app.add_typer(people.tokens, name="token")
app.add_typer(database.database, name="db")
app.command("run")(operation.run)
app.command("scheduler")(operation.scheduler)
app.command("worker")(operation.worker)
app.command("web")(operation.web)
app.command("status")(operation.status)
app.command("doctor")(operation.doctor)
app.command("crawl")(collecting.crawl)
app.command("search")(articles.search)
watches.watches.command("check")(trying.check)
app.command("stories")(trying.stories)
app.command("inspect")(inspecting.inspect)
