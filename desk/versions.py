"""Two people who change one thing: the second is told, and nothing of the first is overwritten."""

from __future__ import annotations

from core.errors import Outdated


def must_be_newest(expected: int | None, version: int, subject: str) -> None:
    """``expected``: the version that was looked at; None = whatever stands there is changed.

    To be asked in the transaction of the change. Raises ``Outdated``.
    """
    if expected is not None and expected != version:
        raise Outdated(
            f"{subject} is at version {version}, and not at {expected} any more: somebody saved it meanwhile"
        )
