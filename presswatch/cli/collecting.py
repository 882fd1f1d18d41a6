"""``presswatch crawl``."""

from __future__ import annotations

from typing import Annotated

import typer

from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import session_of


def crawl(
    context: typer.Context,
    source_ids: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE_ID…]")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All enabled sources, due or not.")] = False,
    wait_pages: Annotated[
        bool, typer.Option("--wait-pages", help="End when the pages found are fetched too.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when a source failed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """One round now: the due sources, the named ones, or all. With a running service, the service does it.

    Example: presswatch crawl --all --wait-pages
    """
    from presswatch.requests import crawl as run

    session = session_of(context)
    with output.progress("collecting", quiet=as_json) as step:
        result = run(
            session.house, source_ids or None, everything=everything, wait_pages=wait_pages, progress=step
        )
    if as_json:
        output.document(result)
    else:
        report(result)
    if strict and any(
        line["outcome"] not in ("ok", "not-modified", "degraded") for line in result["sources"]
    ):
        raise typer.Exit(1)


def report(result: dict[str, object]) -> None:
    lines = result["sources"]
    assert isinstance(lines, list)
    rows = (
        (
            line["id"],
            line["outcome"] or "not yet",
            line["entries"],
            line["new"],
            line["pages"],
            line["hits"],
            line["error"],
        )
        for line in lines
    )
    output.table(("source", "outcome", "entries", "new", "pages", "hits", "error"), rows)
    output.say(f"{len(lines)} sources, {result['new']} new articles, {result['hits']} hits")
