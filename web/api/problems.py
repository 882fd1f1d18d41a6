"""Errors as RFC 9457 tells them, in the language of the reader; the members that a program reads are the same in both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from core.errors import ConfigError, Conflict, NotFound, PresswatchError, QueryError, StorageError
from core.types import Language
from core.words import Words, load_words
from matching.messages import error_sentence

MEDIA_TYPE = "application/problem+json"
KEYS: Mapping[int, str] = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "bad_method",
    409: "conflict",
    412: "outdated",
    413: "too_long",
    415: "not_json",
    422: "invalid",
    428: "no_if_match",
    429: "too_many",
    500: "bug",
    503: "no_database",
}
_MOST_ERRORS = 20
_ACCEPTED = re.compile(r"\s*(zh|en)\b[^,;]*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*", re.IGNORECASE)


class Refused(Exception):
    """Ends the work on a request with this problem."""

    def __init__(
        self, status: int, key: str | None = None, *, headers: Mapping[str, str] | None = None, **more: Any
    ):
        super().__init__(status, key)
        self.status, self.key, self.headers, self.more = status, key, headers, more


@cache
def words() -> Words:
    return load_words(Path(__file__).parent / "words.yaml")


def language_of(request: Request) -> Language:
    """``lang`` in the address, where it is no filter; then Accept-Language; then that of the service."""
    asked = request.query_params.get("lang")
    if asked in ("zh", "en") and not request.url.path.endswith("/articles"):
        return cast("Language", asked)
    found = [_ACCEPTED.fullmatch(part) for part in request.headers.get("accept-language", "").split(",")[:20]]
    wanted = [(float(m[2] or 1), m[1].lower()) for m in found if m and float(m[2] or 1) > 0]
    if wanted:
        return cast("Language", max(wanted, key=lambda pair: pair[0])[1])
    return cast("Language", getattr(request.app.state, "language", "en"))


def problem(
    request: Request,
    status: int,
    key: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """``more`` are members beside those of every problem; ``detail`` replaces the general one."""
    language = language_of(request)
    name = key or KEYS.get(status) or ("bad_request" if status < 500 else "bug")
    members = {
        "type": f"urn:presswatch:problem:{name.replace('_', '-')}",
        "title": words()(name, language),
        "status": status,
        "detail": words()(f"{name}_text", language),
    }
    about = {"content-language": "zh-Hans" if language == "zh" else "en", "vary": "Accept-Language, Cookie"}
    if status == 401:
        about["www-authenticate"] = 'Bearer realm="presswatch"'
    return JSONResponse(members | more, status, about | dict(headers or {}), media_type=MEDIA_TYPE)


def problem_of(request: Request, error: Exception) -> JSONResponse:
    """Of any error that may leave a route of the API."""
    match error:
        case Refused():
            return problem(request, error.status, error.key, headers=error.headers, **error.more)
        case QueryError():
            detail = error_sentence(error, error.subject, language_of(request))
            return problem(request, 400, "bad_query", detail=detail, code=error.code, position=error.position)
        case RequestValidationError():
            return problem(request, 422, errors=[_line(line) for line in error.errors()[:_MOST_ERRORS]])
        case ConfigError():
            return problem(
                request, 422, errors=[{"at": (error.key or "").split("."), "message": error.message}]
            )
        case NotFound():
            return problem(request, 404, reason=_reason(error))
        case Conflict():
            return problem(request, 409, reason=_reason(error))
        case StorageError():
            return problem(request, 503)
        case PresswatchError():
            return problem(request, 422, errors=[{"at": [], "message": str(error)}])
    return problem(request, 500)


def _line(error: Any) -> dict[str, Any]:
    """Where and why; never what was sent, which may be a secret."""
    return {"at": [str(part)[:100] for part in error["loc"]], "message": str(error["msg"])[:300]}


def _reason(error: PresswatchError) -> str:
    """Without the advice for a terminal."""
    return str(error).split("; ", 1)[0]
