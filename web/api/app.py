"""All of the API in one list of rooms."""

from __future__ import annotations

from fastapi import FastAPI

from web.api.articles import add_articles
from web.api.description import add_description
from web.api.digests import add_digests
from web.api.sources import add_sources
from web.api.watches import add_watches
from web.office import Office


def add_api(app: FastAPI, office: Office) -> None:
    add_articles(app, office.library)
    add_watches(app, office.watching)
    add_sources(app, office)
    add_digests(app, office)
    add_description(app)
