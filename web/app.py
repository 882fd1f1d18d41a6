"""The web application: routes, what surrounds them, and nothing that starts a server."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from core.clock import Clock
from core.errors import NotFound, PresswatchError, StorageError
from core.types import Language
from desk.views import Desk
from web.api.app import add_api
from web.api.problems import Refused, problem, problem_of
from web.assets import Asset, load_assets
from web.body import Bounded, is_api
from web.gate import Door, Gate, Refuse
from web.health import add_health
from web.limits import Limits
from web.office import Office
from web.pages import Pages
from web.render import open_press
from web.security import Caught, Headed, KnownHosts
from web.signin import SignIn, to_sign_in

log = logging.getLogger("presswatch.web")

FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


def create_app(
    desk: Desk,
    *,
    base_url: str,
    language: Language,
    timezone: ZoneInfo,
    version: str,
    clock: Clock,
    office: Office | None = None,
) -> FastAPI:
    """``base_url``: the one name besides loopback under which the service answers.

    ``office`` None = only the pages that read, without users or an API.
    """
    assets = load_assets()
    press = open_press(assets, timezone, version, secure=base_url.lower().startswith("https:"))
    pages = Pages(desk, press, clock, language)
    app = FastAPI(title="Presswatch", version=version, openapi_url=None, docs_url=None, redoc_url=None)
    add_pages(app, pages)
    add_health(app, desk, clock, knows_all=office is None)
    add_assets(app, assets)
    add_errors(app, pages)
    app.state.language = language
    refuse = refusing(pages)
    # The last one added is the outermost.
    if office is not None:
        door = Door(office.people, Limits(clock), base_url, office.on_loopback)
        add_api(app, office)
        add_sign_in(app, SignIn(door, press, clock, language, refuse))
        app.add_middleware(Bounded, refuse=refuse)
        app.add_middleware(Gate, door=door, refuse=refuse)
    app.add_middleware(Caught, page=lambda request: refuse(request, 500))
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
        app.add_api_route(path, page, methods=["GET", "HEAD"], include_in_schema=False)


def add_sign_in(app: FastAPI, signing: SignIn) -> None:
    app.add_api_route("/login", signing.show, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/login", signing.submit, methods=["POST"], include_in_schema=False)
    app.add_api_route("/logout", signing.leave, methods=["POST"], include_in_schema=False)


def refusing(pages: Pages) -> Refuse:
    """How an error is told: the API in problems, the rest in pages, and whoever must sign in is led there."""

    def refuse(request: Request, status: int) -> Response:
        if is_api(request.url.path):
            return problem(request, status)
        return to_sign_in(request) if status == 401 else pages.error(request, status)

    return refuse


def add_assets(app: FastAPI, assets: Mapping[str, Asset]) -> None:
    by_path = {asset.path: asset for asset in assets.values()}

    async def static(request: Request) -> Response:
        asset = by_path.get(request.url.path)
        if asset is None:
            raise HTTPException(404)
        return Response(asset.body, media_type=asset.media_type, headers=FOR_EVER)

    app.add_api_route("/static/{name}", static, methods=["GET", "HEAD"], include_in_schema=False)


def add_errors(app: FastAPI, pages: Pages) -> None:
    refuse = refusing(pages)

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = refuse(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    def failed(request: Request, error: Exception) -> Response:
        if isinstance(error, StorageError):
            log.error("database cannot be read", exc_info=error)
        if is_api(request.url.path):
            return problem_of(request, error)
        status = 503 if isinstance(error, StorageError) else 404 if isinstance(error, NotFound) else 400
        return pages.error(request, status)

    app.add_exception_handler(HTTPException, refused)
    for kind in (PresswatchError, RequestValidationError, Refused):
        app.add_exception_handler(kind, failed)
