"""``presswatch source``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from core.types import Source, SourceState
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import session_of

sources = typer.Typer(no_args_is_help=True, help="Sources and their health.")


@sources.command("list")
def list_sources(context: typer.Context, as_json: JsonFlag = False) -> None:
    """All sources with their last outcome.

    Example: presswatch source list
    """
    session = session_of(context)
    pairs = session.house.sourcing.pairs()
    if as_json:
        output.listing(source_document(source, state) for source, state in pairs)
        return
    zone = session.house.zone
    rows = (
        (
            s.id,
            s.name.in_language(session.language),
            s.kind,
            s.tier,
            "" if s.enabled else "paused",
            state.outcome or "not yet",
            output.moment(state.succeeded_at, zone),
            output.moment(state.next_due, zone) if s.enabled else "–",
            state.error or "",
        )
        for s, state in pairs
    )
    output.table(("id", "name", "kind", "tier", "", "outcome", "last success", "next", "error"), rows)


@sources.command("show")
def show_source(context: typer.Context, source_id: str, as_json: JsonFlag = False) -> None:
    """One source, its state and its last fetches.

    Example: presswatch source show wipo-press-en
    """
    session = session_of(context)
    source, state, fetches = session.house.sourcing.show(source_id)
    if as_json:
        output.document({**source_document(source, state), "fetches": fetches})
        return
    zone = session.house.zone
    output.say(f"{source.id} · {output.both(source.name)} · {'on' if source.enabled else 'paused'}")
    output.say(f"{source.url} · {source.kind} · {source.type}, tier {source.tier}")
    output.say(
        f"outcome {state.outcome or 'not yet'} · last success {output.moment(state.succeeded_at, zone)}"
        f" · newest item {output.moment(state.newest_at, zone)} · next {output.moment(state.next_due, zone)}"
    )
    if state.error:
        output.say(
            f"error: {state.error} ({state.failures} in a row since {output.moment(state.failing_since, zone)})"
        )
    rows = (
        (output.moment(f.at, zone), f.outcome, f.status, f.entries, f.new, f.ms, f.error) for f in fetches
    )
    output.table(("at", "outcome", "status", "entries", "new", "ms", "error"), rows)


@sources.command("edit")
def edit_source(
    context: typer.Context,
    source_id: str,
    url: Annotated[
        str | None, typer.Option(help="A new address; what was learned of the old one is forgotten.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Shown name; with both languages: '中文|English'.")] = None,
    every: Annotated[str | None, typer.Option(help="30m, 2h or five cron fields; 'auto' = adaptive.")] = None,
    fetch: Annotated[str | None, typer.Option(help="full or summary")] = None,
    tier: Annotated[int | None, typer.Option(help="1 most trusted … 3")] = None,
    kind: Annotated[str | None, typer.Option(help="feed, sitemap, listing, search or auto")] = None,
    set_value: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any key of the pack, as key=value; list.pattern=… for rules."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Changes a source.

    Example: presswatch source edit wipo-press-en --every 1h --set list.pattern='/articles/'
    """
    session = session_of(context)
    source, state, _ = session.house.sourcing.show(source_id, fetches=0)
    given = {"url": url, "name": name, "fetch": fetch, "tier": tier and str(tier), "kind": kind}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if every is not None:
        changes["every"] = None if every == "auto" else every
    for pair in set_value or ():
        key, _, value = pair.partition("=")
        changes[key] = value
    changed = changed_source(source, changes)
    session.house.sourcing.edit(changed, who=session.who)
    output.document(source_document(changed, state)) if as_json else output.say(f"{source_id} saved")


@sources.command("pause")
def pause_source(context: typer.Context, source_id: str, as_json: JsonFlag = False) -> None:
    """Asks a source no more until it is resumed.

    Example: presswatch source pause un-news-zh
    """
    session = session_of(context)
    session.house.sourcing.pause(source_id, who=session.who)
    output.document({"paused": source_id}) if as_json else output.say(f"paused {source_id}")


@sources.command("resume")
def resume_source(context: typer.Context, source_id: str, as_json: JsonFlag = False) -> None:
    """Asks a source again, at once; also one that had answered 410 Gone.

    Example: presswatch source resume un-news-zh
    """
    session = session_of(context)
    session.house.sourcing.resume(source_id, who=session.who)
    output.document({"resumed": source_id}) if as_json else output.say(f"resumed {source_id}")


@sources.command("remove")
def remove_source(context: typer.Context, source_id: str, as_json: JsonFlag = False) -> None:
    """Removes a source; its articles stay.

    Example: presswatch source remove un-news-zh
    """
    session = session_of(context)
    session.house.sourcing.remove(source_id, who=session.who)
    output.document({"removed": source_id}) if as_json else output.say(f"removed {source_id}")


@sources.command("import")
def import_sources(context: typer.Context, file: Path, as_json: JsonFlag = False) -> None:
    """Brings in the sources of a YAML pack or an OPML list; again and again the same.

    Example: presswatch source import my-sources.yaml
    """
    from config.opml import load_opml
    from config.pack import load_sources

    session = session_of(context)
    found = load_opml(file) if is_opml(file) else load_sources(file)
    done = session.house.sourcing.import_sources(found, who=session.who)
    if as_json:
        output.document({"new": len(done.new), "changed": len(done.changed), "same": len(done.same)})
    else:
        output.say(f"{len(done.new)} new, {len(done.changed)} changed, {len(done.same)} as before")


@sources.command("export")
def export_sources(context: typer.Context, file: Path, as_json: JsonFlag = False) -> None:
    """Writes all sources as a YAML pack, or the feeds among them as OPML, by the ending of the file.

    Example: presswatch source export my-sources.yaml
    """
    from config.opml import dump_opml
    from config.pack import dump_sources

    found = [source for source, _ in session_of(context).house.sourcing.pairs()]
    file.write_text(dump_opml(found) if is_opml(file) else dump_sources(found), encoding="utf-8")
    output.document({"sources": len(found)}) if as_json else output.say(
        f"{len(found)} sources written to {file}"
    )


def is_opml(file: Path) -> bool:
    return file.suffix.lower() in (".opml", ".xml")


def source_document(source: Source, state: SourceState) -> dict[str, Any]:
    """The source as in a pack, with its state beside it."""
    document: dict[str, Any] = output.plain(source)
    document |= output.plain(state)
    return document | {"id": source.id, "kind": source.kind}


def changed_source(source: Source, changes: dict[str, Any]) -> Source:
    """Read like a line of a pack, so every value is checked in the same way and by the same words."""
    from config.pack import dump_sources, read_source

    return read_source(dump_sources([source]), changes) if changes else replace(source)
