"""``presswatch db``."""

from __future__ import annotations

import typer

from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import session_of

database = typer.Typer(no_args_is_help=True, help="Schema and data.")


@database.command("upgrade")
def upgrade(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Brings the database to the schema of this program; makes it when there is none.

    Example: presswatch db upgrade
    """
    from storage import schema

    house = session_of(context).house
    state = schema.state(house.db)
    if as_json:
        output.document({"schema": state.current, "newest": state.head})
    else:
        output.say(f"schema {state.current}, the newest that this program knows")


@database.command("check")
def check(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Looks over the whole database: damage, references, index against articles.

    Example: presswatch db check
    """
    from storage.check import check as look_over

    findings = look_over(session_of(context).house.db)
    if as_json:
        output.document({"ok": not findings, "findings": findings})
    else:
        for finding in findings:
            output.say(str(finding))
        output.say("nothing found" if not findings else f"{len(findings)} findings")
    if findings:
        raise typer.Exit(1)


@database.command("stats")
def stats(context: typer.Context, as_json: JsonFlag = False) -> None:
    """How much is stored.

    Example: presswatch db stats
    """
    from storage.check import stats as count

    with session_of(context).house.db.read() as conn:
        counted = count(conn)
    if as_json:
        output.document(counted)
    else:
        output.table(("what", "n"), counted.items())
