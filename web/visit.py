"""Who reads: language and theme of a request, and the cookies that keep both. Nothing else is remembered of anybody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from core.types import Language
from desk.caller import Caller
from web.gate import caller_of

Theme = Literal["system", "light", "dark"]
THEMES: tuple[Theme, ...] = ("system", "dark", "light")
"""In the order of the switch."""

A_YEAR = 365 * 24 * 3600
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


@dataclass(frozen=True, slots=True)
class Visit:
    language: Language
    theme: Theme
    path: str
    """With its query, without ``lang``: what the switches lead back to."""
    chosen: Language | None = None
    """Asked for by this very request."""
    caller: Caller | None = None

    @property
    def next_theme(self) -> Theme:
        return THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)]

    @property
    def other_language(self) -> Language:
        return "en" if self.language == "zh" else "zh"

    def language_link(self) -> str:
        return f"{self.path}{'&' if '?' in self.path else '?'}lang={self.other_language}"

    def theme_link(self) -> str:
        return f"/theme/{self.next_theme}?{urlencode({'back': self.path})}"


def visit_of(request: Request, default: Language) -> Visit:
    asked, kept = request.query_params.get("lang"), request.cookies.get("lang")
    chosen = cast("Language | None", asked if asked in ("zh", "en") else None)
    language = chosen or cast("Language", kept if kept in ("zh", "en") else default)
    theme = request.cookies.get("theme")
    query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "lang"])
    path = quote(request.url.path, safe="/") + (f"?{query}" if query else "")
    return Visit(
        language, theme if theme in THEMES else "system", local_path(path), chosen, caller_of(request)
    )


def local_path(path: str) -> str:
    """The path itself when it leads nowhere but here, else the first page."""
    return path if _LOCAL_PATH.fullmatch(path) else "/"


def keep(response: Response, name: str, value: str, *, secure: bool) -> None:
    response.set_cookie(name, value, max_age=A_YEAR, path="/", samesite="lax", httponly=True, secure=secure)
