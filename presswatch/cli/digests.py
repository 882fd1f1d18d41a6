"""``presswatch digest`` and ``presswatch outbox``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from core.errors import ConfigError
from core.types import Language, Names, Subscription
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import Session, session_of
from storage.digests import DigestState, OutboxLine

digests = typer.Typer(no_args_is_help=True, help="Digests: who is told what, and when.")
outbox = typer.Typer(no_args_is_help=True, help="Mail that was frozen, and what became of it.")


@digests.command("list")
def list_digests(context: typer.Context, as_json: JsonFlag = False) -> None:
    """All digests with their next slot.

    Example: presswatch digest list
    """
    session = session_of(context)
    states = session.house.digesting.states()
    if as_json:
        output.listing(digest_document(state) for state in states)
        return
    rows = (
        (
            s.subscription.id,
            output.both(s.subscription.name),
            ", ".join(s.subscription.to) or "folder and page",
            "all" if s.subscription.watches is None else ", ".join(s.subscription.watches),
            f"{s.subscription.schedule} {s.subscription.timezone}",
            s.subscription.language,
            output.moment(s.next_due, session.house.zone),
        )
        for s in states
    )
    output.table(("id", "name", "to", "watches", "schedule", "language", "next"), rows)


@digests.command("edit")
def edit_digest(
    context: typer.Context,
    digest_id: str,
    to: Annotated[
        list[str] | None, typer.Option(help="Address; repeat for several. '' = folder and page only.")
    ] = None,
    watches: Annotated[str | None, typer.Option(help="'all', or ids with commas between.")] = None,
    schedule: Annotated[
        str | None, typer.Option(help="'HH:MM[,HH:MM] [days]', e.g. '08:30 mon-fri'.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="e.g. Asia/Shanghai")] = None,
    language: Annotated[str | None, typer.Option(help="zh or en")] = None,
    when_empty: Annotated[str | None, typer.Option(help="say-so or skip")] = None,
    cap: Annotated[int | None, typer.Option(help="Stories per watch, 0 = all.")] = None,
    tier: Annotated[int | None, typer.Option(help="Least trusted tier that is told.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Changes a digest.

    Example: presswatch digest edit daily --to press@office.example --schedule '08:30 mon-fri'
    """
    from config.pack import check_subscription

    session = session_of(context)
    before = next((s for s in session.house.digesting.states() if s.subscription.id == digest_id), None)
    if before is None:
        session.house.digesting.preview(digest_id)  # raises, with what there is
        return
    chosen = before.subscription.watches
    if watches is not None:
        chosen = chosen_watches(session, watches)
    changed = replace(
        before.subscription,
        to=before.subscription.to if to is None else tuple(address for address in to if address),
        watches=chosen,
        schedule=schedule or before.subscription.schedule,
        timezone=timezone or before.subscription.timezone,
        language=cast("Language", language or before.subscription.language),
        when_empty=cast("Any", when_empty or before.subscription.when_empty),
        cap=before.subscription.cap if cap is None else cap,
        tier=before.subscription.tier if tier is None else tier,
    )
    check_subscription(changed)
    session.house.digesting.edit(changed, who=session.who)
    output.document({"id": digest_id, **subscription_document(changed)}) if as_json else output.say(
        f"{digest_id} saved"
    )


@digests.command("add")
def add_digest(
    context: typer.Context,
    digest_id: str,
    name: Annotated[str, typer.Option(help="Shown name; with both languages: '中文|English'.")] = "",
    to: Annotated[
        list[str] | None, typer.Option(help="Address; repeat for several. None = folder and page only.")
    ] = None,
    watches: Annotated[str, typer.Option(help="'all', or ids with commas between.")] = "all",
    schedule: Annotated[
        str, typer.Option(help="'HH:MM[,HH:MM] [days]', e.g. '08:30 mon-fri'.")
    ] = "08:30 mon-fri",
    timezone: Annotated[str | None, typer.Option(help="e.g. Asia/Shanghai")] = None,
    language: Annotated[str | None, typer.Option(help="zh or en")] = None,
    when_empty: Annotated[str, typer.Option(help="say-so or skip")] = "say-so",
    cap: Annotated[int, typer.Option(help="Stories per watch, 0 = all.")] = 0,
    tier: Annotated[int, typer.Option(help="Least trusted tier that is told.")] = 9,
    as_json: JsonFlag = False,
) -> None:
    """A new digest; its first slot is the next one, its first window reaches back three days.

    Example: presswatch digest add weekly --schedule '09:00 mon' --to desk@office.example
    """
    from config.pack import check_subscription

    session = session_of(context)
    zh, _, en = (name or digest_id).partition("|")
    made = Subscription(
        id=digest_id,
        to=tuple(address for address in to or () if address),
        watches=chosen_watches(session, watches),
        schedule=schedule,
        timezone=timezone or session.settings.timezone,
        language=cast("Language", language or session.language),
        when_empty=cast("Any", when_empty),
        cap=cap,
        tier=tier,
        name=Names(zh.strip(), en.strip() or zh.strip()),
    )
    check_subscription(made)
    session.house.digesting.add(made, who=session.who)
    output.document(subscription_document(made)) if as_json else output.say(f"{digest_id} saved")


@digests.command("remove")
def remove_digest(context: typer.Context, digest_id: str, as_json: JsonFlag = False) -> None:
    """Ends a digest; what it told stays in the ledger.

    Example: presswatch digest remove weekly
    """
    session = session_of(context)
    session.house.digesting.remove(digest_id, who=session.who)
    output.document({"removed": digest_id}) if as_json else output.say(f"removed {digest_id}")


@digests.command("preview")
def preview_digest(
    context: typer.Context,
    digest_id: str,
    out: Annotated[
        Path | None, typer.Option(help="FILE.html, .txt or .eml; without it the text is printed.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """What would go out now; nothing is sent or marked as told.

    Example: presswatch digest preview daily --out digest.html
    """
    session = session_of(context)
    digest, rendered, message = session.house.digesting.preview(digest_id)
    content = {".html": rendered.html.encode(), ".txt": rendered.text.encode(), ".eml": message.raw}
    if out is not None and out.suffix not in content:
        raise ConfigError(f"--out {out}: the file must end in .html, .txt or .eml")
    if out is not None:
        out.write_bytes(content[out.suffix])
    if as_json:
        from alerts.content import content_of

        output.document(
            {"id": digest_id, "subject": rendered.subject, **content_of(digest), "text": rendered.text}
        )
    elif out is None:
        output.say(rendered.text)
    else:
        output.say(f"written to {out}")


@digests.command("send")
def send_digest(
    context: typer.Context,
    digest_id: str,
    to: Annotated[str | None, typer.Option(help="Only to this address.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Sends one now: what it tells is not told again.

    Example: presswatch digest send daily
    """
    from presswatch.requests import send

    session = session_of(context)
    result = send(session.house, digest_id, to)
    if as_json:
        output.document(result)
    else:
        output.say(f"{result['stories']} stories in {len(result['messages'])} messages")
        for message in result["messages"]:
            output.say(became(message))
    if any(message["state"] != "sent" for message in result["messages"]):
        raise typer.Exit(1)


@digests.command("history")
def digest_history(context: typer.Context, digest_id: str, as_json: JsonFlag = False) -> None:
    """Issues that went out, newest first.

    Example: presswatch digest history daily
    """
    session = session_of(context)
    issues = session.house.digesting.history(digest_id)
    if as_json:
        output.listing(
            {**output.plain(issue), "messages": [message_document(m) for m in sent]} for issue, sent in issues
        )
        return
    zone = session.house.zone
    rows = (
        (i.slot, output.moment(i.window_start, zone), output.moment(i.window_end, zone), i.stories, len(sent))
        for i, sent in issues
    )
    output.table(("slot", "from", "to", "stories", "messages"), rows)


@outbox.command("list")
def list_outbox(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Mail that is not delivered yet, and why.

    Example: presswatch outbox list
    """
    session = session_of(context)
    waiting = session.house.delivering.undelivered()
    if as_json:
        output.listing(message_document(message) for message in waiting)
        return
    for line in waiting:
        tried = f"tried {line.attempts}x" + (
            f", next {output.moment(line.next_at, session.house.zone)}" if line.next_at else ""
        )
        output.say(f"{line.id}  {line.state}  {line.recipient or 'folder'}  {tried}  {line.subject}")
        if line.error:
            output.say(f"    {line.error}")


@outbox.command("release")
def release(context: typer.Context, as_json: JsonFlag = False) -> None:
    """After a restore: lets mail go out again.

    Example: presswatch outbox release
    """
    released = session_of(context).house.restoring.release()
    if as_json:
        output.document({"released": released})
    else:
        output.say("mail goes out again" if released else "nothing was held")


@outbox.command("retry")
def retry_message(context: typer.Context, message_id: int, as_json: JsonFlag = False) -> None:
    """Sends a message now, also one that was given up or dropped; it stays the same message. Exit 1 if it fails again.

    Example: presswatch outbox retry 12
    """
    from presswatch.requests import retry

    result = retry(session_of(context).house, message_id)
    if as_json:
        output.document(result)
    else:
        output.say(became(result))
    if result["state"] != "sent":
        raise typer.Exit(1)


@outbox.command("drop")
def drop_message(context: typer.Context, message_id: int, as_json: JsonFlag = False) -> None:
    """Never sends a message; what it tells counts as told.

    Example: presswatch outbox drop 12
    """
    session = session_of(context)
    dropped = session.house.delivering.drop(message_id, who=session.who)
    output.document(message_document(dropped)) if as_json else output.say(f"dropped: {dropped.subject}")


def became(message: Mapping[str, Any]) -> str:
    where = message["recipient"] or "folder"
    said = f"{message['state']}: {where}: {message['subject']}"
    return f"{said} ({message['detail']})" if message["detail"] else said


def chosen_watches(session: Session, text: str) -> tuple[str, ...] | None:
    chosen = None if text == "all" else tuple(part.strip() for part in text.split(",") if part.strip())
    missing = set(chosen or ()) - {line.watch.id for line in session.house.watching.lines()}
    if missing:
        raise ConfigError(
            f"--watches: there is no watch {', '.join(sorted(missing))}; see: presswatch watch list"
        )
    return chosen


def digest_document(state: DigestState) -> dict[str, Any]:
    return {
        **subscription_document(state.subscription),
        "next_due": state.next_due,
        "window_from": state.window_from,
    }


def subscription_document(subscription: Subscription) -> dict[str, Any]:
    document: dict[str, Any] = output.plain(subscription)
    return document | {"watches": "all" if subscription.watches is None else list(subscription.watches)}


def message_document(line: OutboxLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "message_id": line.message_id,
        "recipient": line.recipient,
        "subject": line.subject,
        "state": line.state,
        "attempts": line.attempts,
        "next_at": line.next_at,
        "error": line.error,
    }
