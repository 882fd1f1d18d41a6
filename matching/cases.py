"""Example cases of a watch: a query, an article, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from core.errors import ConfigError, QueryError
from core.types import Document
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
    try:
        read = _read(case)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError(f"this case cannot be read: {error}", key=str(case.get("id", ""))) from error
    got = _outcome(read)
    passed = all(name in got and got[name] == value for name, value in read.expected.items())
    shown = {
        name: got[name] for name in got if name in read.expected or name in ("match", "error", "position")
    }
    return CaseResult(str(case.get("id", "")), passed, shown)


@dataclass(frozen=True, slots=True)
class _Case:
    query: str
    mode: Literal["watch", "search"]
    aliases: Mapping[str, str]
    document: Document
    now: datetime
    zone: ZoneInfo
    expected: Mapping[str, Any]


def _read(case: Mapping[str, Any]) -> _Case:
    zone = ZoneInfo(case.get("zone", ZONE))
    mode = case.get("mode", "search")
    if mode not in ("watch", "search"):
        raise ValueError(f"mode is watch or search, not {mode!r}")
    return _Case(
        query=_text(case["query"]),
        mode=mode,
        aliases={_text(name): _text(query) for name, query in (case.get("aliases") or {}).items()},
        document=document_from(case.get("doc") or {}, zone),
        now=moment(case.get("now", NOW), zone),
        zone=zone,
        expected=dict(case["expect"]),
    )


def document_from(doc: Mapping[str, Any], zone: ZoneInfo) -> Document:
    """From the JSON of a case. A date without an offset is one of ``zone``."""
    source, tier, published = doc.get("source") or (), doc.get("tier"), doc.get("published")
    return Document(
        title=_text(doc.get("title") or ""),
        summary=_text(doc.get("summary") or ""),
        body=_text(doc.get("body") or ""),
        site=_text_or_none(doc.get("site")),
        lang=_text_or_none(doc.get("lang")),
        author=_text_or_none(doc.get("author")),
        url=_text_or_none(doc.get("url")),
        type=_text_or_none(doc.get("type")),
        source=(source,) if isinstance(source, str) else tuple(map(_text, source)),
        tier=None if tier is None else int(tier),
        published=moment(published, zone) if published else None,
    )


def moment(text: str, zone: ZoneInfo) -> datetime:
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=zone)


def _outcome(case: _Case) -> dict[str, Any]:
    try:
        query = parse(case.query, mode=case.mode, aliases=case.aliases)
    except QueryError as error:
        return {"error": error.code, "position": error.position}
    match = compile_queries({"": query}, zone=case.zone).match(case.document, case.now).get("")
    return {
        "match": match is not None,
        "spans": [{"field": s.field, "start": s.start, "end": s.end} for s in match.spans] if match else [],
        "canonical": query.canonical,
        "warnings": sorted({warning.code for warning in query.warnings}),
    }


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is expected, not {value!r}")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)
