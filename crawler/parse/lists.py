"""A list in whichever of its formats the rule of its source names."""

from __future__ import annotations

from datetime import tzinfo

from core.types import ListRule, Parsed
from crawler.parse.hanweb import parse_hanweb
from crawler.parse.jsonlist import parse_json_list
from crawler.parse.listing import parse_listing

_PARSERS = {"html": parse_listing, "hanweb": parse_hanweb, "json": parse_json_list}


def parse_list(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    encoding: str | None,
    rule: ListRule | None,
    zone: tzinfo,
) -> Parsed:
    """Raises ``ParseError``."""
    parse = _PARSERS[rule.format if rule else "html"]
    return parse(body, url=url, content_type=content_type, encoding=encoding, rule=rule, zone=zone)
