"""``presswatch inspect``: what Presswatch makes of a document. Needs no database and makes none, unless a source is named."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from core.errors import ConfigError, NotFound, SourceError
from core.types import Source
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import Session, session_of

KINDS = ("auto", "feed", "sitemap", "listing", "article")
AT_ONCE = 4


def inspect(
    context: typer.Context,
    document: Annotated[str | None, typer.Argument(metavar="PATH_OR_URL")] = None,
    url: Annotated[str | None, typer.Option(help="Address of a file's document, for its links.")] = None,
    kind: Annotated[str, typer.Option(help=", ".join(KINDS))] = "auto",
    source: Annotated[str | None, typer.Option(help="Read with the rules of this source.")] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="JSON lines {id, path, url, kind?, content_type?}.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Shows the entries of a feed or list, or the text and dates of an article; nothing is stored.

    Example: presswatch inspect https://www.wipo.int/pressroom/en/rss.xml
    """
    session = session_of(context)
    if kind not in KINDS:
        raise ConfigError(f"--kind is one of {', '.join(KINDS)}, not {kind!r}")
    if (document is None) == (manifest is None):
        raise ConfigError("name one document, or --manifest FILE")
    rules = rules_of(session, source)
    if manifest is not None:
        asyncio.run(inspect_all(session, read_manifest(manifest, kind), rules))
        return
    assert document is not None
    if document.startswith(("http://", "https://")):
        found = asyncio.run(inspect_address(session, document, kind, rules))
    else:
        asked = Asked(None, Path(document), url or "http://localhost/", kind, None)
        found = asyncio.run(inspect_file(session, asked, rules))
    output.document(found) if as_json else show(found)
    if found["kind"] == "error":
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Asked:
    id: str | None
    path: Path
    url: str
    kind: str
    content_type: str | None


def read_manifest(file: Path, kind: str) -> Iterator[Asked]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from error
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            yield Asked(
                line.get("id"),
                file.parent / line["path"],
                line.get("url") or "http://localhost/",
                line.get("kind") or kind,
                line.get("content_type"),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                "a line is a JSON object with 'id', 'path' and 'url'", path=str(file), line=number
            ) from error


async def inspect_all(session: Session, asked: Iterator[Asked], rules: Source | None) -> None:
    """One JSON line each, in the order of the manifest."""
    from crawler.parse.pool import ParsePool

    pool = ParsePool(AT_ONCE if cores() > AT_ONCE else cores())
    waiting: list[asyncio.Task[dict[str, Any]]] = []
    try:
        for one in asked:
            waiting.append(asyncio.create_task(read_file(session, pool, one, rules)))
            if len(waiting) >= AT_ONCE * 2:
                output.line(await waiting.pop(0))
        for task in waiting:
            output.line(await task)
    finally:
        await pool.aclose()


def cores() -> int:
    import os

    return os.cpu_count() or 1


async def inspect_file(session: Session, asked: Asked, rules: Source | None) -> dict[str, Any]:
    from crawler.parse.pool import ParsePool

    pool = ParsePool(1)
    try:
        return await read_file(session, pool, asked, rules)
    finally:
        await pool.aclose()


async def read_file(session: Session, pool: Any, asked: Asked, rules: Source | None) -> dict[str, Any]:
    from crawler.readers.poll import read_document

    try:
        body = asked.path.read_bytes()
    except OSError as error:
        if asked.id is None:
            raise NotFound(f"{asked.path}: {error.strerror}") from error
        return described(asked.id, None, {"code": "not-found", "message": str(error.strerror)})
    if asked.path.suffix == ".gz":
        body = gzip.decompress(body)
    try:
        content = await read_document(
            pool,
            body,
            url=asked.url,
            content_type=asked.content_type,
            kind=cast("Any", asked.kind),
            zone=session.settings.zone,
            **given(rules),
        )
    except SourceError as error:
        return described(
            asked.id, None, {"code": getattr(error, "error_class", "error"), "message": str(error)}
        )
    return described(asked.id, content, None)


async def inspect_address(session: Session, url: str, kind: str, rules: Source | None) -> dict[str, Any]:
    from core.clock import utc_now
    from crawler.hostbook import MemoryHostBook
    from presswatch.crawling import kit_for

    async with kit_for(session.settings, MemoryHostBook(), utc_now) as kit:
        try:
            opened = await kit.reader.fetch_document(url, kind=cast("Any", kind), source=rules)
        except SourceError as error:
            return described(
                None, None, {"code": getattr(error, "error_class", "error"), "message": str(error)}
            )
    return described(None, opened.content, None)


def described(name: str | None, content: Any, error: dict[str, str] | None) -> dict[str, Any]:
    from core.clock import utc_now
    from crawler.inspect import content_json

    found = {"kind": "error", "error": error} if error else content_json(content, utc_now())
    return found if name is None else {"id": name, **found}


def given(rules: Source | None) -> dict[str, Any]:
    if rules is None:
        return {}
    return {
        "encoding": rules.encoding,
        "list_rule": rules.list,
        "article_rule": rules.article,
        "lang": rules.lang,
    }


def rules_of(session: Session, source_id: str | None) -> Source | None:
    return None if source_id is None else session.house.sourcing.show(source_id, fetches=0)[0]


def show(found: dict[str, Any]) -> None:
    if found["kind"] == "error":
        sys.stderr.write(
            f"presswatch: {output.clean(found['error']['message'])} ({found['error']['code']})\n"
        )
    elif found["kind"] == "article":
        for name in (
            "title",
            "published",
            "published_from",
            "author",
            "site_name",
            "origin",
            "lang",
            "canonical_url",
        ):
            output.say(f"{name}: {found[name]}")
        output.say("")
        output.say(found["text"])
    else:
        output.say(f"{found['kind']} {found['format']} · {found['title']} · {len(found['entries'])} entries")
        for warning in found["warnings"]:
            output.say(f"! {warning}")
        output.table(
            ("published", "title", "url"), ((e["published"], e["title"], e["url"]) for e in found["entries"])
        )
