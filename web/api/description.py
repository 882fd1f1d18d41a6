"""The OpenAPI document, made once when it is first asked for."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from desk.people import SESSION
from web.api.answers import Problem
from web.api.routes import PREFIX
from web.gate import OPENAPI

ABOUT = """\
Every request needs a bearer token (`presswatch token create NAME --user USER`) or the session of a browser, which must
send its `csrf` (see `/api/v1/me`) as `X-CSRF-Token` with each change. A service without users asks for neither.

Roles: a reader reads, an analyst writes watches and aliases and pauses sources, an operator does everything.

Each answer of one thing carries an `ETag`. To change it, send that as `If-Match`: 412 brings what stands there now.
Lists go on with `after` = `next`. Errors are RFC 9457 problem documents, in Chinese or English by `Accept-Language`."""


def description(app: FastAPI) -> dict[str, Any]:
    routes = [route for route in app.routes if isinstance(route, APIRoute) and route.path.startswith(PREFIX)]
    made = get_openapi(title="Presswatch", version=app.version, description=ABOUT, routes=routes)
    parts = made.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "session",
            "description": f"Of a browser that signed in; ends after {int(SESSION.total_seconds() // 3600)} hours.",
        },
    }
    made["security"] = [{"token": []}, {"session": []}]
    return made


def add_description(app: FastAPI) -> None:
    made: list[dict[str, Any]] = []

    def openapi() -> Response:
        if not made:
            made.append(description(app))
        return JSONResponse(made[0])

    app.add_api_route(OPENAPI, openapi, methods=["GET"], include_in_schema=False)
