"""The rules by which a request passes the door, whatever carries it.

For each hop: the address is judged by its spelling, the host's robots.txt is asked for and its turn waited for; then
one exchange, within what is left of the time. What comes back is a whole document or a ``FetchError``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter

from core.clock import Clock
from core.errors import FetchError
from core.urls import scrub
from crawler.address import Target, is_allowed, literal, refuse_address
from crawler.answers import REDIRECTS, failure, validator
from crawler.courtesy import Courtesy
from crawler.decoding import Unpacked, unpack
from crawler.exchange import Answer, DoorSettings, Portion, Request, Response, about
from crawler.hostbook import HostBook, Robots
from crawler.journey import Journey, begin
from crawler.robots import MAX_BYTES as MAX_ROBOTS

Exchange = Callable[[Target, Mapping[str, str], Portion, float], Awaitable[Answer]]
"""One request and its answer within so many seconds; raises ``FetchError``."""
Knock = Callable[[Target], Awaitable[None]]

_MAX_ROBOTS_HOPS = 5
"""RFC 9309, 2.3.1.2."""
_UNPACKED_IN_PLACE = 64 * 1024
"""Larger bodies are unpacked in a thread: a bomb of 20 MB takes 60 ms, in which the loop would stand still."""
_UNPACKED_AT_ONCE = 2
"""Each may take twice the limit of a body while it lasts."""


class Passage:
    def __init__(self, settings: DoorSettings, book: HostBook, clock: Clock, exchange: Exchange) -> None:
        self._settings, self._clock, self._exchange = settings, clock, exchange
        self._courtesy = Courtesy(
            user_agent=settings.user_agent,
            host_delay=settings.host_delay,
            book=book,
            clock=clock,
            fetch_robots=self._fetch_robots,
        )
        self._unpacking = asyncio.Semaphore(_UNPACKED_AT_ONCE)

    async def fetch(self, request: Request) -> Response:
        journey = begin(request, self._settings.max_hops)
        try:
            answer = await self._travel(journey, self._courtesy.ask, Portion(self._settings.max_bytes))
            return await self._respond(journey, answer)
        except FetchError as error:
            error.ms = round(journey.seconds * 1000)
            raise

    async def _travel(self, journey: Journey, knock: Knock, portion: Portion) -> Answer:
        while True:
            target = journey.target
            if literal(target.host) and not is_allowed(
                target.host, target.port, target.place, self._settings.allow
            ):
                raise refuse_address(target)
            await knock(target)
            answer = await self._step(journey, portion)
            if answer.status not in REDIRECTS:
                return answer
            journey.follow(answer)

    async def _step(self, journey: Journey, portion: Portion) -> Answer:
        left = self._settings.total_timeout.total_seconds() - journey.seconds
        headers = journey.headers()
        began = perf_counter()
        try:
            return await self._exchange(journey.target, headers, portion, max(left, 0.001))
        finally:
            journey.seconds += perf_counter() - began

    async def _respond(self, journey: Journey, answer: Answer) -> Response:
        request, target = journey.request, journey.target
        unchanged = answer.status == 304 and bool(request.etag or request.last_modified)
        refusal = None if unchanged else failure(answer.status, answer.headers, target.url, self._clock())
        if refusal is not None:
            await self._courtesy.hold(target, refusal)
            raise refusal
        try:
            unpacked = Unpacked(b"") if unchanged else await self._unpack(answer)
        except FetchError as error:
            raise about(error, scrub(target.url)) from error
        return Response(
            url=target.url,
            status=answer.status,
            headers=answer.headers,
            body=unpacked.body,
            not_modified=unchanged,
            ms=round(journey.seconds * 1000),
            moved_to=journey.moved_to,
            etag=validator(answer.headers.get("etag")),
            last_modified=validator(answer.headers.get("last-modified")),
            warnings=unpacked.warnings,
        )

    async def _unpack(self, answer: Answer) -> Unpacked:
        coding, limit = answer.headers.get("content-encoding", ""), self._settings.max_bytes
        if len(answer.body) > _UNPACKED_IN_PLACE:
            async with self._unpacking:
                unpacked = await asyncio.to_thread(unpack, answer.body, coding, limit)
        else:
            unpacked = unpack(answer.body, coding, limit)
        if not unpacked.body.strip():
            raise FetchError("the answer is empty", error_class="empty", status=answer.status)
        return unpacked

    async def _fetch_robots(self, target: Target) -> Robots:
        journey = begin(Request(f"{target.origin}/robots.txt"), _MAX_ROBOTS_HOPS)
        answer = await self._travel(journey, self._courtesy.pace, Portion(MAX_ROBOTS, beginning_will_do=True))
        if 400 <= answer.status < 500 and answer.status != 429:
            return Robots(self._clock(), answer.status)
        error = failure(answer.status, answer.headers, journey.target.url, self._clock())
        if error is not None:
            raise error
        text = unpack(answer.body, answer.headers.get("content-encoding", ""), MAX_ROBOTS).body.decode(
            "utf-8", "replace"
        )
        return Robots(self._clock(), answer.status, text.lstrip("\ufeff").replace("\0", ""))
