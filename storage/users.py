"""Users, the sessions of their browsers and the tokens of their programs. Secrets are only known by their hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from core.types import Role
from storage.tables import sessions, tokens, users


@dataclass(frozen=True, slots=True)
class User:
    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """``role`` as it was given; what it may do is also bounded by the role of ``user``."""

    id: int
    name: str
    user: User
    role: Role
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def has_users(conn: Connection) -> bool:
    return conn.execute(select(users.c.name).limit(1)).first() is not None


def all_users(conn: Connection) -> list[User]:
    return [_user(row) for row in conn.execute(select(users).order_by(users.c.name)).mappings()]


def find_user(conn: Connection, name: str) -> tuple[User, str] | None:
    """With the hash of the password."""
    row = conn.execute(select(users).where(users.c.name == name)).mappings().first()
    return (_user(row), row["password"]) if row else None


def insert_user(conn: Connection, user: User, password: str) -> None:
    values = {"name": user.name, "role": user.role, "password": password}
    conn.execute(insert(users).values(**values, created_at=user.created_at, updated_at=user.created_at))


def set_password(conn: Connection, name: str, password: str, now: datetime) -> None:
    conn.execute(update(users).where(users.c.name == name).values(password=password, updated_at=now))


def remove_user(conn: Connection, name: str) -> None:
    """With all that it was known by."""
    end_sessions(conn, name)
    conn.execute(delete(tokens).where(tokens.c.user_name == name))
    conn.execute(delete(users).where(users.c.name == name))


def insert_session(conn: Connection, digest: str, name: str, *, now: datetime, expires_at: datetime) -> None:
    """Those that are over are forgotten at the same time."""
    conn.execute(delete(sessions).where(sessions.c.expires_at <= now))
    conn.execute(insert(sessions).values(hash=digest, user_name=name, created_at=now, expires_at=expires_at))


def user_of_session(conn: Connection, digest: str, now: datetime) -> User | None:
    joined = sessions.join(users, users.c.name == sessions.c.user_name)
    lives = (sessions.c.hash == digest) & (sessions.c.expires_at > now)
    row = conn.execute(select(users).select_from(joined).where(lives)).mappings().first()
    return _user(row) if row else None


def end_session(conn: Connection, digest: str) -> None:
    conn.execute(delete(sessions).where(sessions.c.hash == digest))


def end_sessions(conn: Connection, name: str) -> None:
    conn.execute(delete(sessions).where(sessions.c.user_name == name))


def insert_token(conn: Connection, *, name: str, user: str, role: Role, digest: str, now: datetime) -> int:
    values = {"name": name, "user_name": user, "role": role, "hash": digest, "created_at": now}
    token_id: int = conn.execute(insert(tokens).values(**values).returning(tokens.c.id)).scalar_one()
    return token_id


def all_tokens(conn: Connection) -> list[Token]:
    """Revoked ones too, oldest first."""
    return [_token(row) for row in conn.execute(_WITH_USERS.order_by(tokens.c.id)).mappings()]


def find_token(conn: Connection, token_id: int) -> Token | None:
    row = conn.execute(_WITH_USERS.where(tokens.c.id == token_id)).mappings().first()
    return _token(row) if row else None


def token_of_hash(conn: Connection, digest: str) -> Token | None:
    """None = there is none, or it is revoked."""
    lives = (tokens.c.hash == digest) & tokens.c.revoked_at.is_(None)
    row = conn.execute(_WITH_USERS.where(lives)).mappings().first()
    return _token(row) if row else None


def note_use(conn: Connection, token_id: int, now: datetime) -> None:
    conn.execute(update(tokens).where(tokens.c.id == token_id).values(used_at=now))


def revoke_token(conn: Connection, token_id: int, now: datetime) -> None:
    conn.execute(update(tokens).where(tokens.c.id == token_id).values(revoked_at=now))


_WITH_USERS = select(
    tokens, users.c.role.label("user_role"), users.c.created_at.label("user_created_at")
).select_from(tokens.join(users, users.c.name == tokens.c.user_name))


def _user(row: RowMapping) -> User:
    return User(row["name"], row["role"], row["created_at"])


def _token(row: RowMapping) -> Token:
    return Token(
        id=row["id"],
        name=row["name"],
        user=User(row["user_name"], row["user_role"], row["user_created_at"]),
        role=row["role"],
        created_at=row["created_at"],
        used_at=row["used_at"],
        revoked_at=row["revoked_at"],
    )
