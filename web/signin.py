"""Signing in and out: a form, a cookie, nothing kept in the page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.clock import Clock
from core.types import Language
from desk.caller import same
from desk.people import SESSION
from web.body import form_of
from web.gate import Door, Refuse, caller_of
from web.limits import SIGN_IN, SIGN_IN_FROM
from web.render import Press
from web.visit import local_path, visit_of

NOT_KEPT = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class SignIn:
    door: Door
    press: Press
    clock: Clock
    language: Language
    refuse: Refuse

    def show(self, request: Request) -> Response:
        caller = caller_of(request)
        if caller is not None and caller.by == "local":
            return RedirectResponse("/", 303)
        return self._form(request, request.query_params.get("next", "/"))

    async def submit(self, request: Request) -> Response:
        return await run_sync(self._submit, request, await form_of(request))

    async def leave(self, request: Request) -> Response:
        return await run_sync(self._leave, request, await form_of(request))

    def _submit(self, request: Request, form: dict[str, str]) -> Response:
        name, following = form.get("name", "").strip(), form.get("next", "/")
        if not same(form.get("csrf", ""), request.cookies.get(self._form_cookie, "")):
            return self.refuse(request, 403)
        limits, address = self.door.limits, request.client.host if request.client else ""
        wait = limits.take(SIGN_IN_FROM, address) or limits.take(SIGN_IN, name[:60])
        if wait:
            refusal = self.refuse(request, 429)
            refusal.headers["retry-after"] = str(wait)
            return refusal
        secret = self.door.people.sign_in(name, form.get("password", ""))
        if secret is None:
            return self._form(request, following, name=name, wrong=True, code=401)
        self._forget(request)
        response = RedirectResponse(local_path(following), 303, headers=NOT_KEPT)
        self._keep(response, self.door.cookie, secret, int(SESSION.total_seconds()))
        return response

    def _leave(self, request: Request, form: dict[str, str]) -> Response:
        caller = caller_of(request)
        if caller is not None and caller.by == "session":
            if not same(form.get("csrf", ""), caller.csrf):
                return self.refuse(request, 403)
            self._forget(request)
        response = RedirectResponse("/login", 303, headers=NOT_KEPT)
        response.delete_cookie(
            self.door.cookie, path="/", secure=self.door.is_secure, httponly=True, samesite="lax"
        )
        return response

    def _forget(self, request: Request) -> None:
        """The session that the browser had before: a cookie that somebody else put there gains nothing."""
        secret = request.cookies.get(self.door.cookie)
        if secret:
            self.door.people.sign_out(secret)

    def _form(
        self, request: Request, following: str, *, name: str = "", wrong: bool = False, code: int = 200
    ) -> Response:
        kept = request.cookies.get(self._form_cookie)
        csrf = kept or secrets.token_urlsafe(32)
        values: dict[str, Any] = {
            "following": local_path(following),
            "name": name[:60],
            "wrong": wrong,
            "csrf": csrf,
        }
        visit = visit_of(request, self.language)
        page = self.press.page(
            "login.html", visit, self.clock(), attention=0, code=code, here="login", **values
        )
        page.headers.update(NOT_KEPT)
        if not kept:
            self._keep(page, self._form_cookie, csrf, None)
        return page

    @property
    def _form_cookie(self) -> str:
        return "__Host-form" if self.door.is_secure else "form"

    def _keep(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path="/", samesite="lax", httponly=True, secure=self.door.is_secure
        )


def to_sign_in(request: Request) -> Response:
    """Leads back afterwards to a page that was asked for; what was to be sent must be sent again."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    following = path if request.method == "GET" and path != "/" else ""
    query = f"?{urlencode({'next': following})}" if following else ""
    return RedirectResponse(f"/login{query}", 303, headers=NOT_KEPT)
