"""Digests: who is told what, and when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from core.errors import ConfigError, NotFound, Outdated
from core.types import Names, Subscription
from desk.caller import Caller
from desk.plain import plain
from storage.digests import DigestState
from web.api import answers, etags
from web.api.auth import Analyst, Operator, Reader
from web.api.models import DigestPut, Key
from web.api.paging import After, Limit, page
from web.api.problems import Refused
from web.api.routes import add, answered
from web.office import Office


@dataclass(frozen=True, slots=True)
class Digests:
    office: Office

    def list(self, caller: Reader, limit: Limit = 50, after: After = None) -> Response:
        versions = self.office.digesting.versions()
        states = [state for state in self.office.digesting.states() if state.subscription.id in versions]
        found = page(
            states,
            lambda state: state.subscription.id,
            lambda state: digest_document(state, versions[state.subscription.id], caller),
            limit=limit,
            after=after,
        )
        return answered(found)

    def one(self, digest_id: Key, caller: Reader) -> Response:
        document = self._document(digest_id, caller)
        return answered(document, etag=etags.tag(document["version"]))

    def replace(self, digest_id: Key, body: DigestPut, request: Request, caller: Operator) -> Response:
        expected = etags.expected_version(request)
        self._document(digest_id, caller)
        changed = subscription(digest_id, body)
        self._must_know_watches(changed)
        self.office.check_digest(changed)
        try:
            self.office.digesting.edit(changed, expected=expected, who=caller.who)
        except Outdated as error:
            current = self._document(digest_id, caller)
            raise Refused(
                412, current=plain(current), headers={"etag": etags.tag(current["version"])}
            ) from error
        return self.one(digest_id, caller)

    def preview(self, digest_id: Key, caller: Analyst) -> Response:
        """For an analyst: it takes a second to build, and shows what a certain person was not told yet."""
        _, rendered, _ = self.office.digesting.preview(digest_id)
        return answered(
            {"id": digest_id, "subject": rendered.subject, "text": rendered.text, "html": rendered.html}
        )

    def _must_know_watches(self, digest: Subscription) -> None:
        missing = set(digest.watches or ()) - {line.watch.id for line in self.office.watching.lines()}
        if missing:
            raise ConfigError(f"there is no watch {', '.join(sorted(missing))}", key="watches")

    def _document(self, digest_id: str, caller: Caller) -> dict[str, Any]:
        versions = self.office.digesting.versions()
        for state in self.office.digesting.states():
            if state.subscription.id == digest_id and digest_id in versions:
                return digest_document(state, versions[digest_id], caller)
        raise NotFound(f"there is no digest {digest_id}")


def add_digests(app: FastAPI, office: Office) -> None:
    digests, one = Digests(office), "/digests/{digest_id}"
    add(app, "GET", "/digests", digests.list, says="All digests with their next slot", answer=answers.Digests)
    add(app, "GET", one, digests.one, says="One digest", answer=answers.Digest)
    add(app, "PUT", one, digests.replace, says="The whole digest anew", answer=answers.Digest, guarded=True)
    add(app, "GET", f"{one}/preview", digests.preview, says="What would go out now", answer=answers.Preview)


def subscription(digest_id: str, body: DigestPut) -> Subscription:
    return Subscription(
        id=digest_id,
        name=Names(body.name.zh, body.name.en),
        to=tuple(body.to),
        watches=None if body.watches == "all" else tuple(body.watches),
        schedule=body.schedule,
        timezone=body.timezone,
        language=body.language,
        when_empty=body.when_empty,
        urgent_cap=body.urgent_cap,
        cap=body.cap,
        tier=body.tier,
    )


def digest_document(state: DigestState, version: int, caller: Caller) -> dict[str, Any]:
    """Addresses are people's own: operators see them, others how many there are."""
    digest = state.subscription
    return asdict(digest) | {
        "to": list(digest.to) if caller.may("operator") else None,
        "recipients": len(digest.to),
        "watches": "all" if digest.watches is None else list(digest.watches),
        "version": version,
        "next_due": state.next_due,
        "window_from": state.window_from,
    }
