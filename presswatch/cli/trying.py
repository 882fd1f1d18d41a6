"""``presswatch watch check`` and ``presswatch stories``: rules tried on examples. They need no database and make none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import ConfigError, NotFound
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import Session, session_of


def check(context: typer.Context, file: Path, as_json: JsonFlag = False) -> None:
    """Runs example cases: one line each, exit 1 when one fails. A case with 'watch' means that watch of the pack.

    Example: presswatch watch check my-pack/cases.jsonl
    """
    from matching.cases import run_case

    session = session_of(context)
    results = [(run_case(case), case) for case in with_queries(session, read_lines(file))]
    for result, _ in results:
        if as_json:
            output.line({"id": result.id, "pass": result.passed, "got": result.got})
        elif not result.passed:
            output.say(f"failed: {result.id} {json.dumps(output.plain(result.got), ensure_ascii=False)}")
    failed = sum(not result.passed for result, _ in results)
    if not as_json:
        output.say(f"{len(results) - failed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)


def stories(
    context: typer.Context,
    manifest: Annotated[Path, typer.Option(help="JSON lines {id, title, text, site, published}.")],
    as_json: JsonFlag = False,
) -> None:
    """Groups documents into stories, nothing stored: one JSON line {id, story} each.

    Example: presswatch stories --manifest documents.jsonl
    """
    from matching.stories import StoryDocument, group

    documents = [
        StoryDocument(
            id=str(line.get("id")),
            title=line.get("title") or "",
            text=line.get("text") or "",
            site=line.get("site") or "",
            published=moment(line.get("published")),
        )
        for line in read_lines(manifest)
    ]
    found = group(documents)
    for document in documents:
        output.line({"id": document.id, "story": found[document.id]})


def read_lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        content = file.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from error
    # Only LF ends a line: a case may hold other line ends of Unicode inside a text.
    for number, text in enumerate(content.split("\n"), 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"no JSON: {error}", path=str(file), line=number) from error
        if not isinstance(line, dict):
            raise ConfigError("a line must be a JSON object", path=str(file), line=number)
        yield line


def with_queries(session: Session, cases: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    pack = None
    for case in cases:
        if "query" not in case and "watch" in case:
            from config.pack import load_pack

            pack = pack or load_pack(session.settings.pack)
            query = next((watch.query for watch in pack.watches if watch.id == case["watch"]), None)
            if query is None:
                raise ConfigError(f"case {case.get('id')}: the pack has no watch {case['watch']!r}")
            yield case | {"query": query, "aliases": dict(pack.aliases), "mode": "watch"}
        else:
            yield case


def moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
