"""``presswatch pack``: later changes of a pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import session_of

packs = typer.Typer(no_args_is_help=True, help="Later changes of a pack; the database is the truth.")


@packs.command("diff")
def diff(context: typer.Context, folder: Path, as_json: JsonFlag = False) -> None:
    """What a pack has otherwise than the database. Nothing is changed.

    Example: presswatch pack diff my-pack
    """
    session = session_of(context)
    changes = session.house.packing.diff(session.house.seed_of(folder))
    if as_json:
        output.listing(changes)
    else:
        output.table(
            ("kind", "id", "what", "differs in"),
            ((c.kind, c.id, c.what, ", ".join(c.fields)) for c in changes),
        )


@packs.command("apply")
def apply(
    context: typer.Context,
    folder: Path,
    force: Annotated[bool, typer.Option("--force", help="Also what was edited or removed here.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Brings over what is new or changed in a pack; what a person edited here stays, unless --force.

    Example: presswatch pack apply my-pack
    """
    session = session_of(context)
    done = session.house.packing.apply(session.house.seed_of(folder), force=force)
    if as_json:
        output.listing(done)
    else:
        output.table(
            ("kind", "id", "what", "differed in"), ((c.kind, c.id, c.what, ", ".join(c.fields)) for c in done)
        )
        output.say(f"{len(done)} changes brought over")
