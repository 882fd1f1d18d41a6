"""Example cases of a watch: a query, an article, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import ConfigError, QueryError
from core.types import Document
from matching.ast import Query
from matching.matcher import compile_queries
from matching.parser import parse

NOW = "2026-03-27T12:00:00+08:00"
ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """``got`` holds what the case asks for, and always whether it matched or which error it was."""

    id: str
    passed: bool
    got: Mapping[str, Any]


def run_case(case: Mapping[str, Any]) -> CaseResult:
    """Raises ``ConfigError`` when the case itself is wrong, not when it fails."""
    expected = case.get("expect")
    if not isinstance(case.get("query"), str) or not isinstance(expected, Mapping):
        raise ConfigError("a case needs a text 'query' and an object 'expect'", key=str(case.get("id", "")))
    try:
        got = _outcome(case)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"a value of this case cannot be read: {error}", key=str(case.get("id", ""))
        ) from error
    passed = all(name in got and got[name] == value for name, value in expected.items())
    shown = {
        name: value
        for name, value in got.items()
        if name in expected or name in ("match", "error", "position")
    }
    return CaseResult(str(case.get("id", "")), passed, shown)


def _outcome(case: Mapping[str, Any]) -> dict[str, Any]:
    try:
        query = parse(case["query"], mode=case.get("mode", "search"), aliases=case.get("aliases") or {})
    except QueryError as error:
        return {"error": error.code, "position": error.position}
    zone = ZoneInfo(case.get("zone", ZONE))
    return {
        **_judgement(
            query, document_from(case.get("doc") or {}, zone), moment(case.get("now", NOW), zone), zone
        ),
        "canonical": query.canonical,
        "warnings": sorted({warning.code for warning in query.warnings}),
    }


def _judgement(query: Query, document: Document, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    match = compile_queries({"": query}, zone=zone).match(document, now).get("")
    spans = [{"field": s.field, "start": s.start, "end": s.end} for s in match.spans] if match else []
    return {"match": match is not None, "spans": spans}


def document_from(doc: Mapping[str, Any], zone: ZoneInfo) -> Document:
    """From the JSON of a case. A date without an offset is one of ``zone``."""
    source, published, tier = doc.get("source") or (), doc.get("published"), doc.get("tier")
    return Document(
        title=doc.get("title") or "",
        summary=doc.get("summary") or "",
        body=doc.get("body") or "",
        source=(source,) if isinstance(source, str) else tuple(source),
        site=doc.get("site"),
        lang=doc.get("lang"),
        author=doc.get("author"),
        url=doc.get("url"),
        type=doc.get("type"),
        tier=None if tier is None else int(tier),
        published=moment(published, zone) if published else None,
    )


def moment(text: str, zone: ZoneInfo) -> datetime:
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=zone)
