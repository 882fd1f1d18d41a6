"""``presswatch search`` and ``presswatch article``."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.text import Text

from core.errors import ConfigError, NotFound
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import Session, session_of

articles = typer.Typer(no_args_is_help=True, help="Stored articles.")


def search(
    context: typer.Context,
    query: str,
    since: Annotated[str | None, typer.Option(help="First day: 2026-03-27, or 7d = seven days ago.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day.")] = None,
    source: Annotated[str | None, typer.Option(help="Id of a source.")] = None,
    lang: Annotated[str | None, typer.Option(help="zh, zh-Hant, en …")] = None,
    hits_only: Annotated[bool, typer.Option("--hits-only", help="Only what a watch caught.")] = False,
    sort: Annotated[str, typer.Option(help="newest or relevance")] = "newest",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    after: Annotated[str | None, typer.Option(metavar="CURSOR", help="'next' of an earlier answer.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Finds stored articles, in the language of the watches; newest first.

    Example: presswatch search '"WIPO GREEN" AND 北京' --since 30d
    """
    from desk.library import Search

    session = session_of(context)
    if sort not in ("newest", "relevance"):
        raise ConfigError(f"--sort is newest or relevance, not {sort!r}")
    asked = Search(
        query=query,
        since=day(session, since, "--since"),
        until=day(session, until, "--until"),
        source=source,
        lang=lang,
        hits_only=hits_only,
        sort=cast("Any", sort),
        limit=limit,
        offset=offset,
        after=after,
    )
    found = session.house.library.search(asked)
    spans = {item.id: item.spans for item in found.items}
    with session.house.db.read() as conn:
        items = session.house.library.documents(conn, list(spans))
    for item in items:
        item["spans"] = [{"field": s.field, "start": s.start, "end": s.end} for s in spans[item["id"]]]
    if as_json:
        output.document(
            {
                "total": found.total,
                "total_exact": found.total_exact,
                "complete": found.complete,
                "next": found.next,
                "items": items,
            }
        )
        return
    show(session, found, items)


def show(session: Session, found: Any, items: list[dict[str, Any]]) -> None:
    from matching.messages import explain_warning

    screen = output.console()
    for warning in found.query.warnings:
        output.say(explain_warning(warning, found.query.text, session.language))
    for item in items:
        when = output.moment(item["published"] or item["first_seen"], session.house.zone)
        screen.print(Text(f"{item['id']:>6}  {when}  ") + marked(item["title"], item["spans"], "title"))
        screen.print(
            Text(f"        {output.clean(item['source'])} · {output.clean(item['url'] or '')}", style="dim")
        )
        if sentence := extract(item):
            screen.print(Text("        ") + sentence)
    about = "" if found.total_exact else "+"
    output.say(f"{found.total}{about} articles")
    if found.next:
        output.say(f"more with: --after {found.next}")


def marked(text: str, spans: list[dict[str, Any]], field: str) -> Text:
    """Only what the matcher returned is marked; one mark for one code point, so nothing is replaced before."""
    shown = Text("".join(c if c.isprintable() else " " for c in text))
    for span in spans:
        if span["field"] == field:
            shown.stylize("bold underline", span["start"], span["end"])
    return shown


def extract(item: dict[str, Any]) -> Text | None:
    from core.excerpt import excerpt
    from core.types import Document, Span

    document = Document(title=item["title"], summary=item["summary"], body=item["text"])
    found = excerpt(document, [Span(s["field"], s["start"], s["end"]) for s in item["spans"]])
    if found is None:
        return None
    marks = [{"field": "", "start": start, "end": end} for start, end in found.marks]
    return Text("…" * found.cut_left) + marked(found.text, marks, "") + Text("…" * found.cut_right)


@articles.command("show")
def show_article(context: typer.Context, article_id: int, as_json: JsonFlag = False) -> None:
    """One article: text, where each value came from, versions, reprints, hits.

    Example: presswatch article show 42
    """
    session = session_of(context)
    article = session.house.library.show(article_id)
    if as_json:
        output.document(article)
        return
    output.say(article["title"])
    output.say(f"{article['url']} · {article['source']} · {article['lang']} · {article['origin'] or ''}")
    output.say(
        f"published {article['published']} ({article['published_precision']}, from {article['published_from']})"
        f" · first seen {output.moment(article['first_seen'], session.house.zone)} · page {article['page']['state']}"
    )
    for hit in article["watches"]:
        output.say(f"hit: {hit['id']} version {hit['version']}, {hit['state']}, {len(hit['spans'])} places")
    for version in article["versions"]:
        output.say(
            f"version {version['version']}: {output.moment(version['seen'], session.house.zone)} {version['title']}"
        )
    for other in article["reprints"]:
        output.say(f"also: {other['source']} {other['title']} {other['url']}")
    output.say("")
    output.say(article["text"] or article["summary"])


def day(session: Session, text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        if text.endswith("d") and text[:-1].isdigit():
            today = session.house.clock().astimezone(session.house.zone).date()
            return today - timedelta(days=int(text[:-1]))
        return date.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"{option} {text!r} is no day: write 2026-03-27, or 7d for seven days ago"
        ) from error


@articles.command("add")
def add_article(context: typer.Context, url: str, as_json: JsonFlag = False) -> None:
    """Fetches one article, stores it and matches it.

    Example: presswatch article add https://news.example/2026/03/27/1.html
    """
    from presswatch.requests import add_article as add

    session = session_of(context)
    added = add(session.house, url)
    if as_json:
        output.document(added)
    else:
        output.say(f"article {added.id}: {'stored' if added.new else 'known already'}, {added.hits} hits")


@articles.command("import")
def import_articles(context: typer.Context, file: Path, as_json: JsonFlag = False) -> None:
    """Brings ARTICLE lines of another tool into the archive: searchable, matched, never told. Can be repeated.

    Example: presswatch article import old-clippings.jsonl
    """
    session = session_of(context)
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            done = session.house.importing.load(lines)
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from error
    if as_json:
        output.document(done)
    else:
        output.say(f"{done.read} read, {done.new} new, {done.updated} updated, {done.skipped} as before")
        for wrong in done.errors:
            output.say(f"line {wrong['line']}: {wrong['message']}")
    if done.errors:
        raise typer.Exit(1)
