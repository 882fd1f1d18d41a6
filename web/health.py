"""For machines that watch the service: does the process answer, and does the work go on."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse

from core.clock import Clock
from core.errors import StorageError
from desk.views import Desk
from web.gate import caller_of

log = logging.getLogger("presswatch.web")

NOT_KEPT = {"cache-control": "no-store"}


def add_health(app: FastAPI, desk: Desk, clock: Clock, *, knows_all: bool) -> None:
    """``knows_all``: nobody signs in here; else a stranger is told whether it is ready, and no more."""

    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok", headers=NOT_KEPT)

    def readyz(request: Request) -> JSONResponse:
        state = readiness(desk, clock())
        told = state if knows_all or caller_of(request) else {"ready": state["ready"]}
        return JSONResponse(told, 200 if state["ready"] else 503, headers=NOT_KEPT)

    app.add_api_route("/healthz", healthz, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/readyz", readyz, methods=["GET", "HEAD"], include_in_schema=False)


def readiness(desk: Desk, now: datetime) -> dict[str, Any]:
    """``parts`` holds the last success of each part, null where there was none."""
    try:
        state = desk.readiness(now)
    except StorageError:
        log.warning("database cannot be read", exc_info=True)
        return {"ready": False, "database": False, "scheduler": False, "parts": {}}
    parts = {part: at.isoformat(timespec="seconds") if at else None for part, at in state.parts.items()}
    ready = state.database and state.scheduler
    return {"ready": ready, "database": state.database, "scheduler": state.scheduler, "parts": parts}
