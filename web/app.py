"""The web application: routes, what surrounds them, and nothing that starts a server."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from core.clock import Clock
from core.errors import NotFound, StorageError
from core.types import Language
from desk.views import Desk
from web.assets import Asset, load_assets
from web.health import add_health
from web.pages import Pages
from web.render import open_press
from web.security import Caught, Headed, KnownHosts

log = logging.getLogger("presswatch.web")

FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


def create_app(
    desk: Desk, *, base_url: str, language: Language, timezone: ZoneInfo, version: str, clock: Clock
) -> FastAPI:
    """``base_url``: the one name besides loopback under which the service answers."""
    assets = load_assets()
    press = open_press(assets, timezone, version, secure=base_url.lower().startswith("https:"))
    pages = Pages(desk, press, clock, language)
    app = FastAPI(title="Presswatch", version=version, openapi_url=None, docs_url=None, redoc_url=None)
    add_pages(app, pages)
    add_health(app, desk, clock)
    add_assets(app, assets)
    add_errors(app, pages)
    # The last one added is the outermost.
    app.add_middleware(Caught, page=lambda request: pages.error(request, 500))
    app.add_middleware(KnownHosts, base_url=base_url)
    app.add_middleware(Headed)
    return app


def add_pages(app: FastAPI, pages: Pages) -> None:
    routes = {
        "/": pages.today,
        "/search": pages.search,
        "/sources": pages.sources,
        "/articles/{article_id}": pages.article,
        "/status": pages.status,
        "/theme/{theme}": pages.theme,
    }
    for path, page in routes.items():
        app.add_api_route(path, page, methods=["GET", "HEAD"])


def add_assets(app: FastAPI, assets: Mapping[str, Asset]) -> None:
    by_path = {asset.path: asset for asset in assets.values()}

    async def static(request: Request) -> Response:
        asset = by_path.get(request.url.path)
        if asset is None:
            raise HTTPException(404)
        return Response(asset.body, media_type=asset.media_type, headers=FOR_EVER)

    app.add_api_route("/static/{name}", static, methods=["GET", "HEAD"])


def add_errors(app: FastAPI, pages: Pages) -> None:
    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = pages.error(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    def missing(request: Request, error: Exception) -> Response:
        return pages.error(request, 404)

    def closed(request: Request, error: Exception) -> Response:
        log.error("database cannot be read", exc_info=error)
        return pages.error(request, 503)

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(NotFound, missing)
    app.add_exception_handler(StorageError, closed)
