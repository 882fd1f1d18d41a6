"""Templates with everything escaped, and nothing silently missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from core.urls import host_of, is_web, site_of
from core.words import Words, load_words
from web.assets import Asset
from web.charts import LAG_TICKS, bars, lag_position, segments
from web.dates import Calendar
from web.marking import mark, paragraphs
from web.visit import Visit, keep
from web.voice import PAGE_LANGUAGES, Voice

HERE = Path(__file__).parent


def load_templates() -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.globals |= {
        "bars": bars,
        "host_of": host_of,
        "is_web": is_web,
        "LAG_TICKS": LAG_TICKS,
        "lag_position": lag_position,
        "mark": mark,
        "paragraphs": paragraphs,
        "segments": segments,
        "site_of": site_of,
    }
    return env


@dataclass(frozen=True, slots=True)
class Press:
    """Makes the pages. ``secure``: the service is reached by https, so cookies go nowhere else."""

    env: Environment
    words: Words
    assets: Mapping[str, Asset]
    zone: ZoneInfo
    version: str
    secure: bool

    def page(
        self, template: str, visit: Visit, now: datetime, *, attention: int, code: int = 200, **values: Any
    ) -> HTMLResponse:
        voice = Voice(self.words, visit, Calendar(visit.language, self.zone, now))
        text = self.env.get_template(template).render(
            asset=lambda name: self.assets[name].path,
            attention=attention,
            dates=voice.dates,
            now=now,
            page_language=PAGE_LANGUAGES[visit.language],
            t=voice.say,
            version=self.version,
            visit=visit,
            voice=voice,
            **values,
        )
        response = HTMLResponse(text, code, headers={"vary": "Cookie"})
        if visit.chosen:
            keep(response, "lang", visit.chosen, secure=self.secure)
        return response


def open_press(assets: Mapping[str, Asset], zone: ZoneInfo, version: str, *, secure: bool) -> Press:
    return Press(load_templates(), load_words(HERE / "words.yaml"), assets, zone, version, secure)
