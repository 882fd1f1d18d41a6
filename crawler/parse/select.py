"""Selectors and patterns of a pack: CSS with ``::text`` and ``::attr(name)``, and expressions that take linear time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2
from lxml.html import HtmlElement
from parsel import Selector
from parsel.csstranslator import HTMLTranslator

from core.errors import ParseError


@lru_cache(maxsize=256)
def _xpath(css: str) -> str:
    try:
        return HTMLTranslator().css_to_xpath(css)
    except (
        Exception
    ) as error:  # cssselect raises several unrelated classes for a selector that it cannot read
        raise ParseError(f"the selector {css!r} cannot be read: {error}", error_class="bad-rule") from error


def nodes(root: HtmlElement, css: str) -> list[Selector]:
    return list(Selector(root=root, type="html").xpath(_xpath(css)))


def select(root: HtmlElement, css: str) -> list[str]:
    """Texts, attribute values or whole elements as HTML, as the selector says."""
    return [value for value in (node.get() for node in nodes(root, css)) if value.strip()]


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise ParseError(
            f"the pattern {pattern!r} cannot be read: {reason}", error_class="bad-rule"
        ) from error
