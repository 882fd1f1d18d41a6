"""The pages: each asks the desk once and hands its answer to a template. Reading changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.clock import Clock
from core.errors import NotFound
from core.types import Language
from desk.views import Desk, SourceLine
from web.causes import grouped
from web.dates import Calendar
from web.parts import CONDITIONS, part_lines, parts_summary
from web.render import Press
from web.visit import THEMES, keep, local_path, visit_of
from web.voice import Voice

RESULTS_ON_A_PAGE = 20
LINES_SHOWN = 12
"""Sources of one group; the rest is folded away."""

_ID = re.compile(r"[0-9]{1,18}")
_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pages:
    desk: Desk
    press: Press
    clock: Clock
    language: Language

    def today(self, request: Request) -> Response:
        now = self.clock()
        return self._page(request, "today.html", now, here="today", today=self.desk.today(now))

    def sources(self, request: Request) -> Response:
        now = self.clock()
        sources = self.desk.sources(now)
        by_state: dict[str, list[SourceLine]] = {state: [] for state in CONDITIONS}
        for line in sources.lines:
            by_state[line.condition].append(line)
        by_state["fine"].sort(key=lambda line: line.newest_at or _LONG_AGO, reverse=True)
        return self._page(
            request,
            "sources.html",
            now,
            here="sources",
            sources=sources,
            by_state=by_state,
            groups={
                state: grouped(self.press.words, by_state[state])
                for state in ("attention", "retrying", "partial")
            },
            shown=LINES_SHOWN,
            has_days=any(day.state != "unchecked" for line in sources.lines for day in line.days),
        )

    def article(self, request: Request) -> Response:
        found = request.path_params["article_id"]
        if not _ID.fullmatch(found):
            raise NotFound(f"there is no article {found[:40]}")
        article = self.desk.article(int(found))
        lags = [copy.lag for copy in article.copies if copy.lag is not None]
        longest = max(lags, default=timedelta())
        return self._page(request, "article.html", self.clock(), here="", article=article, longest=longest)

    def search(self, request: Request) -> Response:
        query, after = request.query_params.get("q", ""), request.query_params.get("after") or None
        language = visit_of(request, self.language).language
        results = None
        if query.strip():
            results = self.desk.search(query, limit=RESULTS_ON_A_PAGE, after=after, language=language)
        following = urlencode({"q": query, "after": results.next}) if results and results.next else None
        return self._page(
            request,
            "search.html",
            self.clock(),
            here="search",
            query=query,
            results=results,
            first_page=f"/search?{urlencode({'q': query})}" if after else None,
            next_page=f"/search?{following}" if following else None,
        )

    def status(self, request: Request) -> Response:
        now = self.clock()
        visit = visit_of(request, self.language)
        voice = Voice(self.press.words, visit, Calendar(visit.language, self.press.zone, now))
        status = self.desk.status(now)
        lines = part_lines(status, voice)
        summary = parts_summary(lines, voice)
        return self._page(
            request, "status.html", now, here="status", status=status, lines=lines, summary=summary
        )

    def theme(self, request: Request) -> Response:
        theme = request.path_params["theme"]
        if theme not in THEMES:
            raise NotFound(f"there is no theme {theme[:40]}")
        response = RedirectResponse(local_path(request.query_params.get("back", "/")), 303)
        keep(response, "theme", theme, secure=self.press.secure)
        return response

    def error(self, request: Request, status: int) -> Response:
        """Asks the desk nothing: it may be what failed."""
        visit = visit_of(request, self.language)
        key = status if self.press.words.phrases.get(f"error_{status}") else 404 if status < 500 else 500
        return self.press.page(
            "error.html", visit, self.clock(), attention=0, code=status, here="", error=key
        )

    def _page(self, request: Request, template: str, now: datetime, **values: Any) -> Response:
        visit = visit_of(request, self.language)
        return self.press.page(template, visit, now, attention=self.desk.attention(), **values)
