"""What went wrong with a source, in words: one short cause, and what it means for whoever looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.types import Language
from core.words import Words
from desk.views import Cause, SourceLine


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Sources with the same cause, which is then said once."""

    cause: Cause
    lines: tuple[SourceLine, ...]


def cause_words(words: Words, cause: Cause, language: Language) -> str:
    return words(f"cause_{cause_key(words, cause)}", language, status=cause.status or "")


def advice_words(words: Words, cause: Cause, language: Language) -> str:
    """What follows from it; '' when nothing more can be said."""
    key = f"advice_{cause_key(words, cause)}"
    return words(key, language) if key in words.phrases else ""


def cause_key(words: Words, cause: Cause) -> str:
    """The finest cause that has words: http-404, then any answer of its hundred, then any answer, then 'other'."""
    name = cause.error_class.replace("-", "_")
    tries = [name]
    if cause.status and (name.startswith("http_") or not name):
        tries += [f"http_{cause.status}", f"http_{cause.status // 100}xx", "http"]
    return next((key for key in tries if f"cause_{key}" in words.phrases), "other")


def grouped(words: Words, lines: Iterable[SourceLine]) -> list[CauseGroup]:
    """The commonest cause first; lines keep their order."""
    groups: dict[str, list[SourceLine]] = {}
    for line in lines:
        cause = line.cause or Cause()
        key = cause_key(words, cause)
        groups.setdefault(f"{key} {cause.status}" if key.startswith("http") else key, []).append(line)
    made = [CauseGroup(found[0].cause or Cause(), tuple(found)) for found in groups.values()]
    return sorted(made, key=lambda group: -len(group.lines))
