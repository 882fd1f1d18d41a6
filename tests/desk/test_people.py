"""Users, sessions and tokens, on a real database."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from desk_house import Desk
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.errors import Conflict, NotFound, PresswatchError
from core.types import Role
from desk.caller import ROLES, Caller, digest_of, same
from desk.people import People, slow_hasher
from storage import audit
from storage.tables import sessions, tokens, users

PASSWORD = "correct horse"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def quick() -> PasswordHasher:
    return QUICK


@pytest.fixture
def people(desk: Desk) -> People:
    return People(desk.db, desk.clock, quick)


def sign_in(people: People, name: str = "lin", password: str = PASSWORD) -> str:
    secret = people.sign_in(name, password)
    assert secret is not None
    return secret


def test_whoever_knows_the_password_gets_a_session(people: People) -> None:
    people.add("lin", PASSWORD, "analyst", who="test")

    caller = people.by_session(sign_in(people))

    assert caller is not None
    assert (caller.name, caller.role, caller.by, caller.who) == ("lin", "analyst", "session", "web:lin")


@pytest.mark.parametrize(("name", "password"), [("lin", "wrong horse"), ("nobody", PASSWORD), ("", ""), ("LIN", PASSWORD),
                                                ("lin", ""), ("lin", PASSWORD + "\x00"), ("lin", "x" * 100_000)])  # fmt: skip
def test_nobody_else_does(people: People, name: str, password: str) -> None:
    people.add("lin", PASSWORD, "analyst", who="test")

    assert people.sign_in(name, password) is None


def test_an_unknown_user_costs_as_much_as_a_wrong_password(desk: Desk) -> None:
    judged: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            judged.append(str(hash).split("$")[3])
            return super().verify(hash, password)

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    people = People(desk.db, desk.clock, lambda: hasher)
    people.add("lin", PASSWORD, "reader", who="test")

    people.sign_in("lin", "wrong horse")
    people.sign_in("nobody", "wrong horse")

    assert judged == ["m=8,t=1,p=1"] * 2


def test_what_is_stored_opens_nothing(people: People, desk: Desk) -> None:
    people.add("lin", PASSWORD, "reader", who="test")
    secret, (_, token) = sign_in(people), people.create_token("ci", "lin", None, who="test")

    with desk.db.read() as conn:
        stored = str([conn.execute(select(table)).all() for table in (users, sessions, tokens)])

    assert all(plain not in stored for plain in (PASSWORD, secret, token))
    assert digest_of(secret) in stored
    assert people.by_session(digest_of(secret)) is None
    assert people.by_token(digest_of(token)) is None


def test_passwords_are_hashed_slowly() -> None:
    assert slow_hasher().hash(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201])
def test_a_password_is_neither_too_short_nor_too_long(people: People, password: str) -> None:
    with pytest.raises(PresswatchError, match="8 to 200 characters"):
        people.add("lin", password, "reader", who="test")


@pytest.mark.parametrize("name", ["", "Lin", "lin wang", "-lin", "林", "x" * 61, "lin\n"])
def test_names_are_plain(people: People, name: str) -> None:
    with pytest.raises(PresswatchError, match="a user name has"):
        people.add(name, PASSWORD, "reader", who="test")


def test_a_name_is_one_person(people: People) -> None:
    people.add("lin", PASSWORD, "reader", who="test")

    with pytest.raises(Conflict, match="presswatch user passwd lin"):
        people.add("lin", "another horse", "operator", who="test")


def test_a_new_password_ends_sessions_and_leaves_tokens(people: People) -> None:
    people.add("lin", PASSWORD, "reader", who="test")
    secret, (_, token) = sign_in(people), people.create_token("ci", "lin", None, who="test")

    people.set_password("lin", "another horse", who="test")

    assert people.by_session(secret) is None
    assert people.by_token(token) is not None
    assert people.sign_in("lin", PASSWORD) is None


def test_with_a_user_go_all_sessions_and_tokens(people: People) -> None:
    people.add("lin", PASSWORD, "reader", who="test")
    secret, (_, token) = sign_in(people), people.create_token("ci", "lin", None, who="test")

    people.remove("lin", who="test")

    assert (people.by_session(secret), people.by_token(token), people.has_users()) == (None, None, False)


@pytest.mark.parametrize("given_role", ROLES)
@pytest.mark.parametrize("owner_role", ROLES)
def test_a_token_may_never_more_than_its_owner(people: People, given_role: Role, owner_role: Role) -> None:
    people.add("lin", PASSWORD, owner_role, who="test")

    if ROLES.index(given_role) > ROLES.index(owner_role):
        with pytest.raises(PresswatchError, match=f"cannot be {given_role}"):
            people.create_token("ci", "lin", given_role, who="test")
        return
    caller = people.by_token(people.create_token("ci", "lin", given_role, who="test")[1])
    assert caller == Caller("lin", given_role, "token", "api:lin/ci")


def test_the_last_use_of_a_token_is_known_to_a_minute(people: People, desk: Desk) -> None:
    people.add("lin", PASSWORD, "reader", who="test")
    token, secret = people.create_token("ci", "lin", None, who="test")
    first = desk.clock.now

    people.by_token(secret)
    desk.clock.pass_time(seconds=59)
    people.by_token(secret)
    after_a_moment = people.tokens()[0].used_at
    desk.clock.pass_time(seconds=1)
    people.by_token(secret)

    assert (token.used_at, after_a_moment, people.tokens()[0].used_at) == (None, first, desk.clock.now)


def test_every_change_is_written_down_without_secrets(people: People, desk: Desk) -> None:
    people.add("lin", PASSWORD, "analyst", who="cli:root")
    sign_in(people)
    token, secret = people.create_token("ci", "lin", "reader", who="cli:root")
    people.revoke_token(token.id, who="cli:root")
    people.set_password("lin", "another horse", who="cli:root")
    people.remove("lin", who="cli:root")

    with desk.db.read() as conn:
        written = audit.recent(conn, 6)[::-1]

    assert [(line.who, line.action, line.subject) for line in written] == [
        ("cli:root", "user add", "lin"), ("web:lin", "sign in", "lin"), ("cli:root", "token create", "lin/ci"),
        ("cli:root", "token revoke", "lin/ci"), ("cli:root", "user passwd", "lin"), ("cli:root", "user remove", "lin"),
    ]  # fmt: skip
    assert all(plain not in str(written) for plain in (PASSWORD, secret, "argon2"))


def test_the_first_operator_is_made_only_where_there_is_nobody(people: People) -> None:
    people.first_operator("admin", PASSWORD, who="test")
    people.first_operator("second", PASSWORD, who="test")

    assert [(user.name, user.role) for user in people.users()] == [("admin", "operator")]


def test_who_is_not_there_is_said_so(people: People) -> None:
    for act in (
        lambda: people.remove("nobody", who="test"),
        lambda: people.set_password("nobody", PASSWORD, who="test"),
        lambda: people.create_token("ci", "nobody", None, who="test"),
        lambda: people.revoke_token(9, who="test"),
    ):
        with pytest.raises(NotFound):
            act()


@given(st.text(), st.text())
def test_same_is_equality_that_nothing_passes(a: str, b: str) -> None:
    readable = b.encode("utf-8", "replace").decode()

    assert same(readable, readable) is bool(readable)
    assert same(a, readable) is (bool(readable) and a.encode("utf-8", "replace") == readable.encode())
