"""The course of the demonstration: newsroom, service, first digest, something new, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from demo.folder import leave_folder, make_folder
from demo.pack import write_pack
from demo.server import LOOPBACK, Newsroom
from demo.service import WORDS, Service, Trouble, environment

EDITED, PUBLISHED = "office-class", "cluster-data"
DIGEST = "daily"
SUCCESSES = ("ok", "not-modified", "degraded")
TO_TRY = (
    "search 'WIPO AND 北京'",
    "search '技术与创新支持中心 NEAR/20 专利'",
    "watch list",
    "source list",
    f"digest send {DIGEST}",
    "status",
)


@dataclass(frozen=True, slots=True)
class Options:
    port: int
    data: Path
    after_seconds: int


def command_line() -> str:
    return f"{shlex.quote(os.path.relpath(sys.executable))} -m"


async def show(options: Options) -> None:
    """Runs until it is cancelled. Raises ``Trouble``."""
    check_port(options.port)
    folder = make_folder(options.data, f"{command_line()} demo")
    try:
        async with Newsroom() as newsroom:
            say("opening", n=len(newsroom.outlets))
            write_pack(newsroom, folder / "pack")
            say("starting", folder=folder)
            environ = environment(folder.resolve(), options.port, newsroom.allow_hosts)
            async with Service(environ, options.port, folder / "service.log") as service:
                await first_digest(newsroom, service, folder)
                tell_where(options, folder)
                await asyncio.sleep(options.after_seconds)
                something_new(newsroom)
                await service.ended()
    finally:
        leave_folder(folder)
        say("ended", folder=folder)


async def first_digest(newsroom: Newsroom, service: Service, folder: Path) -> None:
    round_ = await service.command("crawl", "--all", "--wait-pages")
    stats = await service.command("db", "stats")
    succeeded = sum(line["outcome"] in SUCCESSES for line in round_["sources"])
    say("collected", new=stats["articles"], hits=stats["hits"], succeeded=succeeded, n=len(round_["sources"]))
    names = [newsroom.outlets[outlet_id].name for outlet_id in sorted(newsroom.failing)]
    line("failing", zh="、".join(name.zh for name in names), en=", ".join(name.en for name in names))
    # The preview shows what was not told yet, so it comes before the sending.
    await service.command("digest", "preview", DIGEST, "--out", str((folder / "digest.html").resolve()))
    sent = await service.command("digest", "send", DIGEST)
    say("sent", n=sent["stories"])


def tell_where(options: Options, folder: Path) -> None:
    mails = sorted((folder / "outbox").glob("**/*.eml"))
    rows = [("page", f"http://{LOOPBACK}:{options.port}/"), ("html", str(folder / "digest.html"))]
    rows += [("mail", str(mail)) for mail in mails] + [("log", str(folder / "service.log"))]
    write("")
    say("where")
    for key, place in rows:
        write(f"  {WORDS(key, 'zh')} · {WORDS(key, 'en')}\n      {place}")
    write("")
    say("try")
    write(f"  export PRESSWATCH_DATA_DIR={shlex.quote(str(folder))}")
    for arguments in TO_TRY:
        write(f"  {command_line()} presswatch {arguments}")
    write("")
    say("soon", seconds=options.after_seconds)


def something_new(newsroom: Newsroom) -> None:
    before = newsroom.pieces[EDITED].title
    newsroom.edit(EDITED)
    newsroom.publish(PUBLISHED)
    say("happened", edited=before, published=newsroom.pieces[PUBLISHED].title)


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise Trouble("port_taken", port=port, other=port + 1, command=f"{command_line()} demo") from None


def say(key: str, **values: object) -> None:
    write(f"{WORDS(key, 'zh', **values)}\n{WORDS(key, 'en', **values)}")


def line(key: str, *, zh: str, en: str) -> None:
    write(f"{WORDS(key, 'zh', names=zh)}\n{WORDS(key, 'en', names=en)}")


def write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
