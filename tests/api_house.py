"""The whole web over a real database: as programs with tokens and browsers with cookies meet it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import anyio
import httpx
import lxml.html
from argon2 import PasswordHasher
from desk_house import ZONE, Desk
from fastapi import FastAPI

from core.types import Role
from desk.health import Surroundings
from desk.pages import Pages
from desk.people import People
from presswatch.office import check_subscription, keys_of, source_of
from web.app import create_app
from web.office import Office

BASE_URL = "https://news.example"
PASSWORD = "correct horse"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def quick() -> PasswordHasher:
    """The right password is as right, the wrong one as wrong; only guessing would be easier."""
    return QUICK


@dataclass
class Browser:
    """Keeps cookies and follows nothing. ``token``: a program instead."""

    app: FastAPI
    base_url: str = "http://127.0.0.1:8000"
    token: str | None = None
    client: tuple[str, int] = ("127.0.0.1", 40_000)

    def __post_init__(self) -> None:
        self.cookies = httpx.Cookies()

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        return anyio.run(self._ask, method, path, more)

    async def _ask(self, method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if self.token:
            headers.setdefault("authorization", f"Bearer {self.token}")
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=self.client)
        async with httpx.AsyncClient(
            transport=transport, base_url=self.base_url, cookies=self.cookies
        ) as client:
            answer = await client.request(method, path, headers=headers, **more)
            self.cookies = client.cookies
            return answer

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self("GET", path, **more)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def form(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self("POST", path, content=urlencode(fields), headers=kind | headers)

    def sign_in(self, name: str, password: str = PASSWORD, following: str = "/") -> httpx.Response:
        page = lxml.html.fromstring(self.get("/login").text)
        (csrf,) = page.xpath("//form[@action='/login']//input[@name='csrf']/@value")
        return self.form("/login", {"name": name, "password": password, "csrf": csrf, "next": following})


@dataclass
class House:
    desk: Desk
    people: People
    app: FastAPI

    def browser(self, **settings: Any) -> Browser:
        return Browser(self.app, **settings)

    def program(self, role: Role) -> Browser:
        """With a token of a user of that role."""
        name = f"{role}-{len(self.people.users())}"
        self.people.add(name, PASSWORD, role, who="test")
        return Browser(self.app, token=self.people.create_token("ci", name, None, who="test")[1])


def house_of(desk: Desk, *, base_url: str = BASE_URL, on_loopback: bool = True) -> House:
    people = People(desk.db, desk.clock, quick)
    office = Office(
        people=people,
        library=desk.library,
        watching=desk.watching,
        sourcing=desk.sourcing,
        digesting=desk.digesting,
        read_source=source_of,
        keys_of=keys_of,
        check_digest=check_subscription,
        on_loopback=on_loopback,
    )
    around = Surroundings("127.0.0.1:8000", on_loopback, "outbox", None)
    app = create_app(
        Pages(desk.db, ZONE, desk.library, around),
        base_url=base_url,
        language="zh",
        timezone=ZONE,
        version="0.1.0",
        clock=desk.clock,
        office=office,
    )
    return House(desk, people, app)
