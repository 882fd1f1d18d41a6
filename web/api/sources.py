"""Sources: where is looked. They are read like a pack, so every value is checked by the same rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from core import types
from core.errors import Outdated
from desk.caller import Caller
from desk.plain import plain
from web.api import answers, etags
from web.api.auth import Analyst, Operator, Reader
from web.api.models import Key, SourceNew, SourcePatch, SourcePut
from web.api.paging import After, Limit, page
from web.api.problems import Refused
from web.api.routes import PREFIX, add, answered, gone
from web.office import Office

_HIDDEN = frozenset(("source_id", "etag", "last_modified", "body_hash", "weight"))
"""Of the state: what only the fetching itself needs."""


@dataclass(frozen=True, slots=True)
class Sources:
    office: Office

    def list(self, caller: Reader, limit: Limit = 50, after: After = None) -> Response:
        # The versions first: one that is read too early is refused later, one too late would hide a change.
        versions = self.office.sourcing.versions()
        pairs = [pair for pair in self.office.sourcing.pairs() if pair[0].id in versions]
        found = page(
            pairs,
            lambda pair: pair[0].id,
            lambda pair: source_document(*pair, versions[pair[0].id], caller),
            limit=limit,
            after=after,
        )
        return answered(found)

    def one(self, source_id: Key, caller: Reader) -> Response:
        document = self._document(source_id, caller)
        return answered(document, etag=etags.tag(document["version"]))

    def add(self, body: SourceNew, caller: Operator) -> Response:
        self.office.sourcing.add(self.office.read_source(given(body)), who=caller.who)
        document = self._document(body.id, caller)
        tag = etags.tag(document["version"])
        return answered(document, 201, etag=tag, location=f"{PREFIX}/sources/{body.id}")

    def replace(self, source_id: Key, body: SourcePut, request: Request, caller: Operator) -> Response:
        return self._edit(source_id, lambda: given(body), request, caller)

    def change(self, source_id: Key, body: SourcePatch, request: Request, caller: Operator) -> Response:
        def keys() -> dict[str, Any]:
            source, _, _ = self.office.sourcing.show(source_id, fetches=0)
            taken_away = {key for key in body.model_fields_set if getattr(body, key) is None}
            kept = {key: value for key, value in self.office.keys_of(source).items() if key not in taken_away}
            return kept | given(body)

        return self._edit(source_id, keys, request, caller)

    def pause(self, source_id: Key, request: Request, caller: Analyst) -> Response:
        return self._switch(self.office.sourcing.pause, source_id, request, caller)

    def resume(self, source_id: Key, request: Request, caller: Analyst) -> Response:
        return self._switch(self.office.sourcing.resume, source_id, request, caller)

    def remove(self, source_id: Key, request: Request, caller: Operator) -> Response:
        expected = etags.expected_version(request)
        try:
            self.office.sourcing.remove(source_id, expected=expected, who=caller.who)
        except Outdated as error:
            raise self._outdated(source_id, caller) from error
        return gone()

    def _edit(
        self, source_id: str, keys: Callable[[], dict[str, Any]], request: Request, caller: Caller
    ) -> Response:
        expected = etags.expected_version(request)
        # What is not there is 404 before anything is said of values.
        self.office.sourcing.show(source_id, fetches=0)
        source = self.office.read_source(keys() | {"id": source_id})
        try:
            self.office.sourcing.edit(source, expected=expected, who=caller.who)
        except Outdated as error:
            raise self._outdated(source_id, caller) from error
        return self.one(source_id, caller)

    def _switch(self, act: Callable[..., None], source_id: str, request: Request, caller: Caller) -> Response:
        """Changes one thing whatever the others are, so the version need not be named; if it is, it must be right."""
        try:
            act(source_id, expected=etags.optional_version(request), who=caller.who)
        except Outdated as error:
            raise self._outdated(source_id, caller) from error
        return self.one(source_id, caller)

    def _document(self, source_id: str, caller: Caller) -> dict[str, Any]:
        versions = self.office.sourcing.versions()
        source, state, _ = self.office.sourcing.show(source_id, fetches=0)
        return source_document(source, state, versions.get(source_id, etags.NEVER), caller)

    def _outdated(self, source_id: str, caller: Caller) -> Refused:
        current = self._document(source_id, caller)
        return Refused(412, current=plain(current), headers={"etag": etags.tag(current["version"])})


def add_sources(app: FastAPI, office: Office) -> None:
    sources, one = Sources(office), "/sources/{source_id}"
    add(app, "GET", "/sources", sources.list, says="All sources and how they are", answer=answers.Sources)
    add(app, "POST", "/sources", sources.add, says="A new source", answer=answers.Source, code=201)
    add(app, "GET", one, sources.one, says="One source", answer=answers.Source)
    add(app, "PUT", one, sources.replace, says="The whole source anew", answer=answers.Source, guarded=True)
    add(app, "PATCH", one, sources.change, says="Parts of a source", answer=answers.Source, guarded=True)
    add(app, "DELETE", one, sources.remove, says="Removes it; its articles stay", code=204, guarded=True)
    add(app, "POST", f"{one}/pause", sources.pause, says="Asks it no more", answer=answers.Source)
    add(app, "POST", f"{one}/resume", sources.resume, says="Asks it again, at once", answer=answers.Source)


def given(body: SourcePatch) -> dict[str, Any]:
    """Keys of a pack."""
    keys: dict[str, Any] = body.model_dump(exclude_none=True)
    return keys


def source_document(
    source: types.Source, state: types.SourceState, version: int, caller: Caller
) -> dict[str, Any]:
    """Headers may carry what opens a door elsewhere, so only operators see their values."""
    shown: dict[str, Any] = asdict(source)
    if not caller.may("operator"):
        shown["headers"] = dict.fromkeys(source.headers)
    facts = {key: value for key, value in asdict(state).items() if key not in _HIDDEN}
    return shown | {"version": version, "state": facts}
