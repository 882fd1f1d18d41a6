"""Scrapy's download handler: its requests leave through the door, like all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy.http import Request, Response

from crawler import exchange
from crawler.crawl import crawl_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

ASK, ANSWER = "presswatch_ask", "presswatch_answer"
"""Keys of ``meta``: what is asked of the door, and what it answered."""


class DoorHandler:
    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """Raises ``FetchError``, which reaches the errback of the request."""
        answer = await crawl_of(self._crawler).fetch(request.meta[ASK])
        request.meta[ANSWER] = answer
        # A plain Response: guessing a subclass would decode the body here, on the loop.
        return Response(answer.url, status=answer.status, headers=dict(answer.headers), body=answer.body)

    async def close(self) -> None:
        """The door belongs to the service."""


def ask(wanted: exchange.Request) -> dict[str, exchange.Request]:
    return {ASK: wanted}


def answer_of(response: Response) -> exchange.Response:
    answer: exchange.Response = response.meta[ANSWER]
    return answer
