"""Whoever asks for something, and the secrets by which a caller is known."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from core.types import Role

ROLES: tuple[Role, ...] = ("reader", "analyst", "operator")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks."""

    name: str
    role: Role
    by: Literal["local", "session", "token"]
    who: str
    """For the audit."""
    csrf: str = ""
    """What a form of this session must carry; '' where no cookie speaks for the caller."""

    def may(self, role: Role) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


LOCAL = Caller("local", "operator", "local", "web:local")


def digest_of(secret: str) -> str:
    """A random secret of 256 bits needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(secret: str) -> str:
    """Bound to the session, of no use as one."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"form", hashlib.sha256).hexdigest()


def same(given: str, wanted: str) -> bool:
    """In the same time wherever they differ; never for nothing."""
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
