"""What a route asks of its caller. The gate has let in who may read; each change names the role that it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from core.types import Role
from desk.caller import Caller
from web.api.problems import Refused
from web.gate import caller_of


def needs(role: Role) -> Callable[[Request], Caller]:
    def caller(request: Request) -> Caller:
        found = caller_of(request)
        if found is None:
            raise Refused(401)
        if not found.may(role):
            raise Refused(403, needed=role, role=found.role)
        return found

    return caller


Reader = Annotated[Caller, Depends(needs("reader"))]
Analyst = Annotated[Caller, Depends(needs("analyst"))]
Operator = Annotated[Caller, Depends(needs("operator"))]
