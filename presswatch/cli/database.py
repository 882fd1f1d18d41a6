"""``presswatch db``."""

from __future__ import annotations

from pathlib import Path

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


@database.command("backup")
def backup(context: typer.Context, file: Path, as_json: JsonFlag = False) -> None:
    """Writes a whole, checked copy of the database, also while a service runs.

    Example: presswatch db backup /safe/place/presswatch-2026-03-27.db
    """
    from storage.backup import back_up

    size = back_up(session_of(context).house.db, file)
    output.document({"file": str(file), "bytes": size}) if as_json else output.say(f"{file}: {size} bytes")


@database.command("restore")
def restore(context: typer.Context, file: Path, as_json: JsonFlag = False) -> None:
    """Puts a copy back in place of the database. Mail is held then until: presswatch outbox release.

    Example: presswatch db restore /safe/place/presswatch-2026-03-27.db
    """
    from presswatch.restore import restore as put_back

    kept = put_back(session_of(context), file)
    if as_json:
        output.document({"restored": str(file), "before": str(kept) if kept else None, "held": True})
        return
    output.say(f"{file} was put back" + (f"; what was there before is {kept}" if kept else ""))
    output.say("mail is held until: presswatch outbox release")


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
