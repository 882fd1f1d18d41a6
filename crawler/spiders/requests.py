"""Requests and failures as all spiders make and read them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from scrapy.http import Request
from twisted.python.failure import Failure

from core.errors import FetchError, ParseError
from crawler import exchange
from crawler.address import parse_target
from crawler.handler import ask
from crawler.outcomes import own_fault

log = logging.getLogger("presswatch.crawler")


def through_the_door(
    wanted: exchange.Request, callback: Callable[..., Any], errback: Callable[[Failure], Any], **job: Any
) -> Request:
    """Raises ``FetchError`` for an address that cannot even be queued. ``job`` reaches both callbacks."""
    target = parse_target(wanted.url)
    return Request(
        target.url, callback=callback, errback=errback, cb_kwargs=job, meta=ask(wanted), dont_filter=True
    )


def job_of(failure: Failure) -> dict[str, Any]:
    request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds it
    return request.cb_kwargs


def as_expected(error: BaseException | None, **subject: object) -> FetchError | ParseError:
    """The error itself when it is one of the source; else it is a bug, logged here and nowhere else."""
    if isinstance(error, FetchError | ParseError):
        return error
    log.error("a crawl met an error of its own", exc_info=error, extra=subject)
    return own_fault()
