"""The archive: searched, listed, read. Its answers are those of ``presswatch search --json``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query
from pydantic import StringConstraints
from starlette.responses import Response

from core.errors import ConfigError
from desk.caller import Caller
from desk.library import Library, Search, span_objects
from web.api import answers
from web.api.auth import Reader
from web.api.models import Cursor, Key, Readable
from web.api.problems import Refused
from web.api.routes import add, answered

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
_AGO = re.compile(r"([0-9]{1,5})d")

Asked = Annotated[
    str,
    StringConstraints(max_length=4_000),
    Readable,
    Query(
        description="In the language of the watches; nothing = all, newest first.",
        examples=['"WIPO GREEN" AND 北京'],
    ),
]
Day = Annotated[
    str | None,
    Query(max_length=20, description="2026-03-27, or 7d = seven days ago.", examples=["2026-03-27"]),
]


@dataclass(frozen=True, slots=True)
class Articles:
    library: Library

    def search(
        self,
        caller: Reader,
        q: Asked = "",
        since: Day = None,
        until: Day = None,
        source: Annotated[Key | None, Query(description="Id of a source.")] = None,
        lang: Annotated[Key | None, Query(description="zh, zh-Hant, en …")] = None,
        hits: Annotated[bool, Query(description="Only what a watch caught.")] = False,
        limit: Annotated[int, Query(ge=1, le=200)] = 20,
        after: Annotated[Cursor | None, Query(description="'next' of an earlier answer.")] = None,
    ) -> Response:
        asked = Search(
            query=q,
            since=self._day(since, "since"),
            until=self._day(until, "until"),
            source=source,
            lang=lang,
            hits_only=hits,
            limit=limit,
            after=after,
        )
        try:
            return answered(self._found(asked) if q.strip() else self._listed(asked))
        except (ConfigError, OverflowError) as error:
            raise Refused(400, "bad_cursor") from error

    def one(self, article_id: Annotated[int, Path(ge=1, le=2**53)], caller: Reader) -> Response:
        return answered(self.library.show(article_id))

    def stats(self, caller: Reader) -> Response:
        return answered(self.library.stats())

    def _found(self, asked: Search) -> dict[str, Any]:
        found = self.library.search(asked)
        spans = {item.id: span_objects(item.spans) for item in found.items}
        return {
            "total": found.total,
            "total_exact": found.total_exact,
            "complete": found.complete,
            "next": found.next,
            "warnings": [{"code": w.code, "position": w.position} for w in found.query.warnings],
            "items": [item | {"spans": spans[item["id"]]} for item in self._objects(list(spans))],
        }

    def _listed(self, asked: Search) -> dict[str, Any]:
        ids, following = self.library.browse(asked)
        return {
            "total": len(ids),
            "total_exact": following is None and asked.after is None,
            "complete": True,
            "next": following,
            "warnings": [],
            "items": [item | {"spans": []} for item in self._objects(ids)],
        }

    def _objects(self, ids: list[int]) -> list[dict[str, Any]]:
        with self.library.db.read() as conn:
            return self.library.documents(conn, ids)

    def _day(self, text: str | None, name: str) -> date | None:
        if text is None:
            return None
        ago = _AGO.fullmatch(text)
        try:
            today = self.library.clock().astimezone(self.library.zone).date()
            day = today - timedelta(days=int(ago[1])) if ago else date.fromisoformat(text)
        except (ValueError, OverflowError) as error:
            raise no_day(name) from error
        if not EARLIEST <= day <= LATEST:
            raise no_day(name)
        return day


def no_day(name: str) -> Refused:
    message = "is no day: write 2026-03-27, or 7d for seven days ago"
    return Refused(422, errors=[{"at": ["query", name], "message": message}])


def me(caller: Reader) -> Response:
    return answered(me_document(caller))


def me_document(caller: Caller) -> dict[str, Any]:
    return {"name": caller.name, "role": caller.role, "by": caller.by, "csrf": caller.csrf or None}


def add_articles(app: FastAPI, library: Library) -> None:
    articles = Articles(library)
    add(app, "GET", "/articles", articles.search, says="Finds stored articles", answer=answers.Articles)
    add(
        app,
        "GET",
        "/articles/{article_id}",
        articles.one,
        says="One article with versions and reprints",
        answer=answers.ArticleWithVersions,
    )
    add(app, "GET", "/stats", articles.stats, says="How much there is", answer=answers.Stats)
    add(app, "GET", "/me", me, says="Who asks, and what they may do", answer=answers.Me)
