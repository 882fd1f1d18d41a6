"""How a route is added: its description beside it, the same refusals for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from desk.plain import plain
from web.api.problems import MEDIA_TYPE

PREFIX = "/api/v1"
PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
REFUSALS: Mapping[str, tuple[int, ...]] = {
    "GET": (400, 401, 404, 422, 429, 503),
    "POST": (400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    "PUT": (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503),
}
REASONS = {
    400: "The query or the cursor cannot be read",
    401: "No valid token or session",
    403: "The role is too low, or the request came from another site",
    404: "There is no such thing",
    409: "In conflict with what is there",
    412: "Somebody changed it first; 'current' is what stands there now",
    413: "More than 1 MB",
    415: "Not JSON",
    422: "Some values are not valid",
    428: "If-Match is missing",
    429: "Too many requests; see Retry-After",
    503: "The database cannot be opened now",
}
IF_MATCH = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": "ETag of the version that is changed.",
            "schema": {"type": "string"},
            "example": '"3"',
        }
    ]
}


def add(
    app: FastAPI,
    method: str,
    path: str,
    work: Callable[..., Any],
    *,
    says: str,
    answer: type[BaseModel] | None = None,
    code: int = 200,
    guarded: bool = False,
) -> None:
    """``guarded``: it changes one version of a thing, which the caller must name."""
    kinds = REFUSALS.get("PUT" if guarded else method, REFUSALS["PUT"])
    described: dict[int | str, dict[str, Any]] = {
        status: {"description": REASONS[status], "content": PROBLEM} for status in kinds
    }
    described[code] = {"description": "Done", **({"model": answer} if answer else {})}
    parts = [part.strip("{}") for part in path.split("/") if part]
    app.add_api_route(
        PREFIX + path,
        work,
        methods=[method],
        status_code=code,
        response_model=None,
        responses=described,
        summary=says,
        tags=[parts[0]],
        operation_id="_".join([method.lower(), *parts]),
        openapi_extra=IF_MATCH if guarded else None,
    )


def answered(
    document: Any, code: int = 200, *, etag: str | None = None, location: str | None = None
) -> JSONResponse:
    headers = {name: value for name, value in (("etag", etag), ("location", location)) if value}
    return JSONResponse(plain(document), code, headers | {"cache-control": "no-store"})


def gone() -> Response:
    return Response(status_code=204)
