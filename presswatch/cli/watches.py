"""``presswatch watch`` and ``presswatch alias``."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from core.errors import ConfigError
from core.types import Names, Priority, Watch
from desk.watching import Saved
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import Session, session_of

watches = typer.Typer(
    no_args_is_help=True, help="Watches: what is looked for. Each change makes a new version."
)
aliases = typer.Typer(no_args_is_help=True, help="Shared parts of queries, used as @name.")

PriorityOption = Annotated[str | None, typer.Option(help="urgent, normal or background")]
WhyOption = Annotated[str, typer.Option(help="Why it was changed, for the history.")]
NameOption = Annotated[str | None, typer.Option(help="Shown name; with both languages: '中文|English'.")]


@watches.command("list")
def list_watches(context: typer.Context, as_json: JsonFlag = False) -> None:
    """All watches with their hits.

    Example: presswatch watch list
    """
    session = session_of(context)
    lines = session.house.watching.lines()
    if as_json:
        output.listing({**watch_document(x.watch), "hits": x.hits, "last_hit": x.last_hit} for x in lines)
        return
    zone = session.house.zone
    rows = (
        (
            x.watch.id,
            output.both(x.watch.name),
            x.watch.priority,
            x.hits,
            output.moment(x.last_hit, zone),
            x.watch.query,
        )
        for x in lines
    )
    output.table(("id", "name", "priority", "hits", "last hit", "query"), rows)


@watches.command("show")
def show_watch(context: typer.Context, watch_id: str, as_json: JsonFlag = False) -> None:
    """One watch, and how its query is read.

    Example: presswatch watch show tisc
    """
    session = session_of(context)
    watch, query = session.house.watching.show(watch_id)
    if as_json:
        warnings = [{"code": w.code, "position": w.position} for w in query.warnings]
        output.document({**watch_document(watch), "canonical": query.canonical, "warnings": warnings})
        return
    output.say(f"{watch.id} · {output.both(watch.name)} · {watch.priority} · version {watch.version}")
    output.say(watch.query)
    output.say(f"read as: {query.canonical}")
    print_warnings(session, Saved(watch, query))


@watches.command("add")
def add_watch(
    context: typer.Context,
    watch_id: str,
    query: str,
    name: NameOption = None,
    priority: PriorityOption = None,
    why: WhyOption = "",
    as_json: JsonFlag = False,
) -> None:
    """A new watch; it holds for all that comes from now on.

    Example: presswatch watch add green '"WIPO GREEN" AND (北京 OR Beijing)' --name 'WIPO GREEN 北京|WIPO GREEN Beijing'
    """
    session = session_of(context)
    watch = Watch(
        watch_id, names_from(name) or Names(watch_id, watch_id), query, priority_from(priority) or "normal"
    )
    report(session, session.house.watching.add(watch, who=session.who, why=why), as_json)


@watches.command("edit")
def edit_watch(
    context: typer.Context,
    watch_id: str,
    query: Annotated[str | None, typer.Option(help="The new query.")] = None,
    name: NameOption = None,
    priority: PriorityOption = None,
    why: WhyOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Changes a watch; a running service follows within 5 seconds.

    Example: presswatch watch edit tisc --query 'TISC AND (@wipo OR 知识产权)' --why 'fewer false hits'
    """
    session = session_of(context)
    saved = session.house.watching.edit(
        watch_id,
        query=query,
        names=names_from(name),
        priority=priority_from(priority),
        who=session.who,
        why=why,
    )
    report(session, saved, as_json)


@watches.command("remove")
def remove_watch(context: typer.Context, watch_id: str, as_json: JsonFlag = False) -> None:
    """Takes a watch out of service; its versions and hits stay.

    Example: presswatch watch remove tisc
    """
    session = session_of(context)
    session.house.watching.remove(watch_id, who=session.who)
    output.document({"removed": watch_id}) if as_json else output.say(f"removed {watch_id}")


@watches.command("history")
def watch_history(context: typer.Context, watch_id: str, as_json: JsonFlag = False) -> None:
    """All versions of a watch, oldest first: who changed it, when and why.

    Example: presswatch watch history tisc
    """
    session = session_of(context)
    versions = session.house.watching.history(watch_id)
    if as_json:
        output.listing(versions)
        return
    zone = session.house.zone
    rows = ((v.version, output.moment(v.at, zone), v.who, v.priority, v.why, v.query) for v in versions)
    output.table(("version", "at", "who", "priority", "why", "query"), rows)


@watches.command("restore")
def restore_watch(context: typer.Context, watch_id: str, version: int, as_json: JsonFlag = False) -> None:
    """Makes an old version the newest one again.

    Example: presswatch watch restore tisc 3
    """
    session = session_of(context)
    report(session, session.house.watching.restore(watch_id, version, who=session.who), as_json)


@aliases.command("list")
def list_aliases(context: typer.Context, as_json: JsonFlag = False) -> None:
    """All aliases.

    Example: presswatch alias list
    """
    found = session_of(context).house.watching.aliases()
    if as_json:
        output.listing({"name": name, "query": query} for name, query in found.items())
        return
    output.table(("name", "query"), ((f"@{name}", query) for name, query in found.items()))


@aliases.command("set")
def set_alias(context: typer.Context, name: str, query: str, as_json: JsonFlag = False) -> None:
    """Makes or changes an alias; each watch that uses it gets a new version.

    Example: presswatch alias set wipo 'WIPO OR 世界知识产权组织 OR 世界智慧財產權組織'
    """
    session = session_of(context)
    users = session.house.watching.set_alias(name, query, who=session.who)
    if as_json:
        output.document({"name": name, "query": query, "watches": users})
    else:
        output.say(f"@{name} saved" + (f"; new versions of {', '.join(users)}" if users else ""))


@aliases.command("remove")
def remove_alias(context: typer.Context, name: str, as_json: JsonFlag = False) -> None:
    """Removes an alias that nothing uses.

    Example: presswatch alias remove wipo
    """
    session = session_of(context)
    session.house.watching.remove_alias(name, who=session.who)
    output.document({"removed": name}) if as_json else output.say(f"removed @{name}")


def watch_document(watch: Watch) -> dict[str, object]:
    return {
        "id": watch.id,
        "name": {"zh": watch.name.zh, "en": watch.name.en},
        "query": watch.query,
        "priority": watch.priority,
        "version": watch.version,
    }


def report(session: Session, saved: Saved, as_json: bool) -> None:
    if as_json:
        warnings = [{"code": w.code, "position": w.position} for w in saved.query.warnings]
        output.document({**watch_document(saved.watch), "warnings": warnings})
        return
    output.say(f"{saved.watch.id} saved as version {saved.watch.version}")
    print_warnings(session, saved)


def print_warnings(session: Session, saved: Saved) -> None:
    from matching.messages import explain_warning

    for warning in saved.query.warnings:
        output.say(explain_warning(warning, saved.watch.query, session.language))


def names_from(name: str | None) -> Names | None:
    if name is None:
        return None
    zh, _, en = name.partition("|")
    return Names(zh.strip(), en.strip() or zh.strip())


def priority_from(priority: str | None) -> Priority | None:
    if priority not in (None, "urgent", "normal", "background"):
        raise ConfigError(f"--priority is urgent, normal or background, not {priority!r}")
    return cast("Priority | None", priority)
