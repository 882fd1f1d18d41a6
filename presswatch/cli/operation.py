"""``presswatch run``, ``status`` and ``doctor``."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConfigError, Conflict
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import Session, session_of

if TYPE_CHECKING:
    from config.settings import Settings
    from presswatch.service import Role
    from presswatch.webserver import Listening
    from scheduler.lock import ServiceLock

log = logging.getLogger("presswatch.service")

COMMAND_MAY_END_S = 15.0
"""A command that holds the lock ends soon; a service does not."""
ENDED_WITHIN_S = 13.0
"""From the signal on: whoever sent it loses patience soon after."""


HostOption = Annotated[str, typer.Option(help="Where the pages answer; without users only on this machine.")]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="0 = any free one.")]


def run(
    context: typer.Context,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    no_web: Annotated[bool, typer.Option("--no-web", help="Collect and tell, without pages.")] = False,
) -> None:
    """Collects, matches, tells and serves the pages, until Ctrl-C or SIGTERM.

    Example: presswatch run --port 8000
    """
    from presswatch.webserver import listen

    session = session_of(context)
    must_be_loopback(session, host)
    with ending_in_order(), ExitStack() as stack:
        locks = []
        for folder in lock_folders(session.settings):
            locks.append(take_lock(folder))
            stack.callback(locks[-1].release)
        listening = None if no_web else listen(host, port)
        for lock in locks:
            lock.note(None if listening is None else listening.getsockname()[1])
        begin(session, "run", listening)


def scheduler(context: typer.Context) -> None:
    """The leading part alone: digests, delivery, judging again. For several machines on one PostgreSQL.

    Example: presswatch scheduler
    """
    with ending_in_order():
        begin(several_machines(context), "scheduler", None)


def worker(context: typer.Context) -> None:
    """The fetching part alone; several of them share the work. For several machines on one PostgreSQL.

    Example: presswatch worker
    """
    with ending_in_order():
        begin(several_machines(context), "worker", None)


def web(context: typer.Context, host: HostOption = "127.0.0.1", port: PortOption = 8000) -> None:
    """The pages alone, beside a service or on another machine.

    Example: presswatch web --port 8080
    """
    from presswatch.webserver import listen

    session = session_of(context)
    must_be_loopback(session, host)
    with ending_in_order():
        begin(session, "web", listen(host, port))


def begin(session: Session, role: Role, listening: Listening | None) -> None:
    from presswatch.service import serve
    from presswatch.webserver import address_of

    if session.settings.sentry_dsn:
        from presswatch import __version__, sentry

        sentry.start(session.settings.sentry_dsn, session.settings.sentry_environment, __version__)
    house = session.house
    welcome(session, address_of(listening))
    gc.freeze()  # what is loaded by now stays: less to look through, more to share
    last_resort = threading.Timer(ENDED_WITHIN_S, end_at_once)
    last_resort.daemon = True
    try:
        asyncio.run(serve(house, listening, role, ending=last_resort.start))
    finally:
        session.close()
        last_resort.cancel()


def end_at_once() -> None:
    """When something hangs, a library or another program that holds the database: what is open stays due, as after a kill."""
    log.warning("not everything ended in time; it stays due")
    os._exit(0)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """A signal that comes before the service has begun ends it like one that comes later."""

    def end(*_: object) -> None:
        raise typer.Exit

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def several_machines(context: typer.Context) -> Session:
    session = session_of(context)
    if session.settings.database_url.startswith("sqlite"):
        raise ConfigError(
            "the roles scheduler and worker need PostgreSQL, which several processes can share: "
            "set PRESSWATCH_DATABASE_URL, or use 'presswatch run', which is all of them in one"
        )
    return session


def must_be_loopback(session: Session, host: str) -> None:
    """Unless there are users, who must sign in."""
    try:
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    if session.house.people.has_users():
        return
    raise ConfigError(
        f"--host {host}: there is no user yet, so the pages answer on this machine only; "
        "make one with: presswatch user add NAME --role operator, or set PRESSWATCH_ADMIN_PASSWORD"
    )


def lock_folders(settings: Settings) -> list[Path]:
    """Two services share neither a data folder nor, each with a folder of its own, one database file."""
    from sqlalchemy import make_url

    folders, address = [settings.data_dir], make_url(settings.database_url)
    if address.get_backend_name() == "sqlite" and address.database:
        file = Path(address.database).absolute()
        if file.parent.resolve() != settings.data_dir.resolve():
            folders.append(file.parent)
    return folders


def take_lock(folder: Path) -> ServiceLock:
    from scheduler.lock import ServiceLock, holder

    deadline = time.monotonic() + COMMAND_MAY_END_S
    while True:
        try:
            return ServiceLock.take(folder)
        except Conflict:
            living = holder(folder)
            if (living and living.kind == "service") or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def welcome(session: Session, address: str) -> None:
    from presswatch.compose import outbox_dir

    with session.house.db.read() as conn:
        from storage.sources import count_sources
        from storage.watches import all_watches

        sources, watches = count_sources(conn), len(all_watches(conn))
    folder = outbox_dir(session.settings)
    if session.language == "zh":
        output.say(
            f"Presswatch 已启动：{sources} 个信源，{watches} 个关注。网页 {address} · 简报存放在 {folder} · Ctrl-C 结束"
        )
    else:
        output.say(
            f"Presswatch runs: {sources} sources, {watches} watches. Pages {address} · digests in {folder} · Ctrl-C ends"
        )


def status(context: typer.Context, as_json: JsonFlag = False) -> None:
    """The state of every part.

    Example: presswatch status
    """
    from presswatch.checkup import parts, status_of

    session = session_of(context)
    found = status_of(session.house)
    if as_json:
        output.document(found)
        return
    zone = session.house.zone
    output.table(("part", "state", ""), parts(found, session.language, zone))


def doctor(context: typer.Context, as_json: JsonFlag = False) -> None:
    """What is wrong and what to do. Exit 1 when something is.

    Example: presswatch doctor
    """
    from presswatch.checkup import examine

    session = session_of(context)
    findings = asyncio.run(examine(session.house))
    wrong = [finding for finding in findings if not finding.ok]
    if as_json:
        output.document({"ok": not wrong, "findings": findings})
    else:
        rows = (("ok" if f.ok else "!", f.part, f.said.in_language(session.language)) for f in findings)
        output.table(("", "part", "finding"), rows)
    if wrong:
        raise typer.Exit(1)
