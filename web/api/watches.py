"""Watches, their versions, and the aliases that they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from core import types
from core.errors import Outdated
from core.types import Names
from desk.watching import Saved, Watching, folded_name
from web.api import answers, etags
from web.api.auth import Analyst, Reader
from web.api.models import AliasPut, Key, NamePair, WatchNew, WatchPatch, WatchPut
from web.api.paging import After, Limit, page
from web.api.problems import Refused
from web.api.routes import PREFIX, add, answered, gone


@dataclass(frozen=True, slots=True)
class Watches:
    watching: Watching

    def list(self, caller: Reader, limit: Limit = 50, after: After = None) -> Response:
        lines = self.watching.lines()
        found = page(
            lines,
            lambda line: line.watch.id,
            lambda line: watch_document(line.watch) | {"hits": line.hits, "last_hit": line.last_hit},
            limit=limit,
            after=after,
        )
        return answered(found)

    def one(self, watch_id: Key, caller: Reader) -> Response:
        document = self._document(watch_id)
        return answered(document, etag=etags.tag(document["version"]))

    def versions(self, watch_id: Key, caller: Reader, limit: Limit = 50, after: After = None) -> Response:
        history = self.watching.history(watch_id)
        return answered(
            page(history, lambda version: f"{version.version:09}", lambda v: v, limit=limit, after=after)
        )

    def add(self, body: WatchNew, caller: Analyst) -> Response:
        watch = types.Watch(body.id, names(body.name), body.query, body.priority)
        saved = self.watching.add(watch, who=caller.who, why=body.why)
        return self._saved(saved, 201, location=f"{PREFIX}/watches/{body.id}")

    def replace(self, watch_id: Key, body: WatchPut, request: Request, caller: Analyst) -> Response:
        return self._edit(
            watch_id, request, caller.who, body.query, names(body.name), body.priority, body.why
        )

    def change(self, watch_id: Key, body: WatchPatch, request: Request, caller: Analyst) -> Response:
        name = names(body.name) if body.name else None
        return self._edit(watch_id, request, caller.who, body.query, name, body.priority, body.why)

    def remove(self, watch_id: Key, request: Request, caller: Analyst) -> Response:
        expected = etags.expected_version(request)
        try:
            self.watching.remove(watch_id, expected=expected, who=caller.who)
        except Outdated as error:
            raise self._outdated(watch_id) from error
        return gone()

    def _edit(
        self,
        watch_id: str,
        request: Request,
        who: str,
        query: str | None,
        name: Names | None,
        priority: types.Priority | None,
        why: str,
    ) -> Response:
        expected = etags.expected_version(request)
        try:
            saved = self.watching.edit(
                watch_id, query=query, names=name, priority=priority, expected=expected, who=who, why=why
            )
        except Outdated as error:
            raise self._outdated(watch_id) from error
        return self._saved(saved)

    def _document(self, watch_id: str) -> dict[str, Any]:
        watch, query = self.watching.show(watch_id)
        return saved_document(Saved(watch, query))

    def _outdated(self, watch_id: str) -> Refused:
        current = self._document(watch_id)
        return Refused(412, current=current, headers={"etag": etags.tag(current["version"])})

    def _saved(self, saved: Saved, code: int = 200, location: str | None = None) -> Response:
        return answered(saved_document(saved), code, etag=etags.tag(saved.watch.version), location=location)


@dataclass(frozen=True, slots=True)
class Aliases:
    watching: Watching

    def list(self, caller: Reader, limit: Limit = 50, after: After = None) -> Response:
        pairs = list(self.watching.aliases().items())
        return answered(
            page(pairs, lambda pair: pair[0], lambda p: alias_document(*p), limit=limit, after=after)
        )

    def save(self, name: Key, body: AliasPut, request: Request, caller: Analyst) -> Response:
        """Made with ``If-None-Match: *``, changed with If-Match."""
        is_new = request.headers.get("if-none-match", "").strip() == etags.ANY
        try:
            used = self.watching.set_alias(
                name,
                body.query,
                known=(lambda before: before is None) if is_new else known(request),
                who=caller.who,
            )
        except Outdated as error:
            raise self._outdated(name) from error
        document = alias_document(folded_name(name), body.query)
        return answered(document | {"watches": used}, 201 if is_new else 200, etag=document["etag"])

    def remove(self, name: Key, request: Request, caller: Analyst) -> Response:
        try:
            self.watching.remove_alias(name, known=known(request), who=caller.who)
        except Outdated as error:
            raise self._outdated(name) from error
        return gone()

    def _outdated(self, name: str) -> Refused:
        key = folded_name(name)
        query = self.watching.aliases().get(key)
        current = alias_document(key, query) if query is not None else None
        return Refused(412, current=current, headers={"etag": current["etag"]} if current else None)


def add_watches(app: FastAPI, watching: Watching) -> None:
    watches, one = Watches(watching), "/watches/{watch_id}"
    add(app, "GET", "/watches", watches.list, says="All watches with their hits", answer=answers.Watches)
    add(app, "POST", "/watches", watches.add, says="A new watch", answer=answers.OneWatch, code=201)
    add(app, "GET", one, watches.one, says="One watch, and how it is read", answer=answers.OneWatch)
    add(app, "PUT", one, watches.replace, says="The whole watch anew", answer=answers.OneWatch, guarded=True)
    add(app, "PATCH", one, watches.change, says="Parts of a watch", answer=answers.OneWatch, guarded=True)
    add(
        app,
        "DELETE",
        one,
        watches.remove,
        says="Takes it out of service; its hits stay",
        code=204,
        guarded=True,
    )
    add(
        app,
        "GET",
        f"{one}/versions",
        watches.versions,
        says="Who changed what and why",
        answer=answers.WatchVersions,
    )
    aliases, named = Aliases(watching), "/aliases/{name}"
    add(app, "GET", "/aliases", aliases.list, says="Shared parts of queries", answer=answers.Aliases)
    add(app, "PUT", named, aliases.save, says="Makes or changes one", answer=answers.SavedAlias, guarded=True)
    add(app, "DELETE", named, aliases.remove, says="Removes one that nothing uses", code=204, guarded=True)


def known(request: Request) -> Callable[[str | None], bool]:
    """Whether the query that an alias has is the one that was looked at. Raises 428 when nothing is said of it."""
    tags = etags.if_match(request)
    if tags is None:
        raise Refused(428)
    return lambda before: before is not None and (etags.ANY in tags or etags.text_version(before) in tags)


def names(pair: NamePair) -> Names:
    return Names(pair.zh, pair.en)


def watch_document(watch: types.Watch) -> dict[str, Any]:
    return {
        "id": watch.id,
        "name": {"zh": watch.name.zh, "en": watch.name.en},
        "query": watch.query,
        "priority": watch.priority,
        "version": watch.version,
    }


def saved_document(saved: Saved) -> dict[str, Any]:
    warnings = [{"code": warning.code, "position": warning.position} for warning in saved.query.warnings]
    return watch_document(saved.watch) | {"canonical": saved.query.canonical, "warnings": warnings}


def alias_document(name: str, query: str) -> dict[str, Any]:
    return {"name": name, "query": query, "etag": etags.tag(etags.text_version(query))}
