"""Who may do what: users with passwords, sessions of their browsers, tokens of their programs.

While there is no user, whoever reaches this machine is its operator; see ``web.gate``.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from core.clock import Clock
from core.errors import Conflict, NotFound, PresswatchError
from core.types import Role
from desk.caller import ROLES, Caller, csrf_of, digest_of
from storage import audit
from storage import users as store
from storage.db import Database
from storage.users import Token, User

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SESSION = timedelta(hours=12)
"""A working day; then one signs in again."""
USE_NOTED = timedelta(minutes=1)
"""So exact is 'last used': a write for each request would be too many."""
SHORTEST, LONGEST = 8, 200
AT_ONCE = 2
"""Passwords that are judged at the same time: each takes 19 MB."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_TOKEN_NAME = re.compile(r"[\w][\w .:@/-]{0,59}")


@cache
def slow_hasher() -> PasswordHasher:
    """Argon2id; imported when the first password is judged."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True)
class People:
    db: Database
    clock: Clock
    hasher: Callable[[], PasswordHasher] = slow_hasher
    _judging: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE), repr=False)

    def has_users(self) -> bool:
        with self.db.read() as conn:
            return store.has_users(conn)

    def users(self) -> list[User]:
        with self.db.read() as conn:
            return store.all_users(conn)

    def add(self, name: str, password: str, role: Role, *, who: str) -> User:
        if not _NAME.fullmatch(name):
            raise PresswatchError(f"a user name has a-z, 0-9, '.', '_' and '-' only, 60 at most: {name!r}")
        hashed = self._hashed(password)

        def work(conn: Connection) -> User:
            user = User(name, role, self.clock())
            if store.find_user(conn, name) is not None:
                raise Conflict(
                    f"there is a user {name} already; a new password: presswatch user passwd {name}"
                )
            store.insert_user(conn, user, hashed)
            self._audit(conn, "user add", name, after={"role": role}, who=who)
            return user

        return self.db.write(work)

    def first_operator(self, name: str, password: str, *, who: str) -> None:
        """Does nothing when there is any user."""
        if self.has_users():
            return
        try:
            self.add(name, password, "operator", who=who)
        except Conflict:
            return  # another process was faster

    def set_password(self, name: str, password: str, *, who: str) -> None:
        """Every browser must sign in again; tokens go on."""
        hashed = self._hashed(password)

        def work(conn: Connection) -> None:
            user = existing(conn, name)
            store.set_password(conn, user.name, hashed, self.clock())
            store.end_sessions(conn, user.name)
            self._audit(conn, "user passwd", name, who=who)

        self.db.write(work)

    def remove(self, name: str, *, who: str) -> None:
        def work(conn: Connection) -> None:
            user = existing(conn, name)
            store.remove_user(conn, user.name)
            self._audit(conn, "user remove", name, before={"role": user.role}, who=who)

        self.db.write(work)

    def sign_in(self, name: str, password: str) -> str | None:
        """The secret of a new session. None for an unknown user as for a wrong password, after the same time."""
        with self.db.read() as conn:
            found = store.find_user(conn, name) if _NAME.fullmatch(name) else None
        if not self._is_right(found[1] if found else None, password) or found is None:
            return None
        secret = secrets.token_urlsafe(32)

        def work(conn: Connection) -> bool:
            now, current = self.clock(), store.find_user(conn, name)
            if current is None or not hmac.compare_digest(current[1], found[1]):
                return False  # removed or given another password meanwhile
            store.insert_session(conn, digest_of(secret), name, now=now, expires_at=now + SESSION)
            self._audit(conn, "sign in", name, who=f"web:{name}")
            return True

        return secret if self.db.write(work) else None

    def sign_out(self, secret: str) -> None:
        self.db.write(lambda conn: store.end_session(conn, digest_of(secret)))

    def by_session(self, secret: str) -> Caller | None:
        with self.db.read() as conn:
            user = store.user_of_session(conn, digest_of(secret), self.clock())
        if user is None:
            return None
        return Caller(user.name, user.role, "session", f"web:{user.name}", csrf_of(secret))

    def by_token(self, secret: str) -> Caller | None:
        now = self.clock()
        with self.db.read() as conn:
            token = store.token_of_hash(conn, digest_of(secret))
        if token is None:
            return None
        if token.used_at is None or now - token.used_at >= USE_NOTED:
            self.db.write(lambda conn: store.note_use(conn, token.id, now))
        role = min(token.role, token.user.role, key=ROLES.index)
        return Caller(token.user.name, role, "token", f"api:{token.user.name}/{token.name}"[:120])

    def create_token(self, name: str, owner: str, role: Role | None, *, who: str) -> tuple[Token, str]:
        """With its secret, which is not kept: it can be told only now. ``role`` None = that of its owner."""
        if not _TOKEN_NAME.fullmatch(name):
            raise PresswatchError(
                f"a token is named by letters, digits, spaces and '.:@/_-', 60 at most: {name!r}"
            )
        secret = f"pw_{secrets.token_urlsafe(32)}"

        def work(conn: Connection) -> Token:
            user = existing(conn, owner)
            given = role or user.role
            if ROLES.index(given) > ROLES.index(user.role):
                raise PresswatchError(f"{owner} is {user.role}: a token of theirs cannot be {given}")
            token_id = store.insert_token(
                conn, name=name, user=owner, role=given, digest=digest_of(secret), now=self.clock()
            )
            self._audit(
                conn, "token create", f"{owner}/{name}", after={"id": token_id, "role": given}, who=who
            )
            token = store.find_token(conn, token_id)
            assert token is not None
            return token

        return self.db.write(work), secret

    def tokens(self) -> list[Token]:
        with self.db.read() as conn:
            return store.all_tokens(conn)

    def revoke_token(self, token_id: int, *, who: str) -> None:
        def work(conn: Connection) -> None:
            token = store.find_token(conn, token_id)
            if token is None:
                raise NotFound(f"there is no token {token_id}; see: presswatch token list")
            store.revoke_token(conn, token_id, self.clock())
            self._audit(
                conn, "token revoke", f"{token.user.name}/{token.name}", before={"id": token_id}, who=who
            )

        self.db.write(work)

    def _hashed(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST or not password.isprintable():
            raise PresswatchError(f"a password has {SHORTEST} to {LONGEST} characters that can be typed")
        with self._judging:
            return self.hasher().hash(password)

    def _is_right(self, hashed: str | None, password: str) -> bool:
        from argon2.exceptions import VerificationError

        with self._judging:
            try:
                return self.hasher().verify(hashed or nobodys(self.hasher), password[: LONGEST + 1])
            except VerificationError:
                return False

    def _audit(self, conn: Connection, action: str, subject: str, *, who: str, **states: Any) -> None:
        states = {"before": None, "after": None} | states
        audit.record(conn, who=who, action=action, subject=subject, now=self.clock(), **states)


def existing(conn: Connection, name: str) -> User:
    found = store.find_user(conn, name)
    if found is None:
        raise NotFound(f"there is no user {name}; see: presswatch user list")
    return found[0]


@cache
def nobodys(hasher: Callable[[], PasswordHasher]) -> str:
    """The hash of a password that nobody knows: an unknown user must take as long as a known one."""
    return hasher().hash(secrets.token_urlsafe(32))
