"""``presswatch user`` and ``presswatch token``."""

from __future__ import annotations

import sys
from typing import Annotated, cast

import typer

from core.errors import ConfigError
from core.types import Role
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import session_of
from storage.users import Token

users = typer.Typer(
    no_args_is_help=True, help="Users of the pages and the API. With the first one, everybody must sign in."
)
tokens = typer.Typer(no_args_is_help=True, help="Tokens with which programs use the API.")

RoleOption = Annotated[str, typer.Option(help="reader, analyst or operator")]
StdinFlag = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin, one line.")]


@users.command("add")
def add_user(
    context: typer.Context,
    name: str,
    role: RoleOption = "reader",
    password_stdin: StdinFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """A new user; asks for the password.

    Example: presswatch user add lin --role analyst
    """
    session, chosen = session_of(context), role_from(role)
    user = session.house.people.add(name, password(password_stdin), chosen, who=session.who)
    output.document(user) if as_json else output.say(f"{user.name} added as {user.role}")


@users.command("list")
def list_users(context: typer.Context, as_json: JsonFlag = False) -> None:
    """All users with their roles.

    Example: presswatch user list
    """
    session = session_of(context)
    found = session.house.people.users()
    if as_json:
        output.listing(found)
        return
    rows = ((user.name, user.role, output.moment(user.created_at, session.house.zone)) for user in found)
    output.table(("name", "role", "since"), rows)


@users.command("passwd")
def change_password(
    context: typer.Context, name: str, password_stdin: StdinFlag = False, as_json: JsonFlag = False
) -> None:
    """A new password; all browsers of the user must sign in again, tokens go on.

    Example: presswatch user passwd lin
    """
    session = session_of(context)
    session.house.people.set_password(name, password(password_stdin), who=session.who)
    output.document({"changed": name}) if as_json else output.say(
        f"{name} has a new password; sessions ended"
    )


@users.command("remove")
def remove_user(context: typer.Context, name: str, as_json: JsonFlag = False) -> None:
    """Removes a user with all sessions and tokens.

    Example: presswatch user remove lin
    """
    session = session_of(context)
    session.house.people.remove(name, who=session.who)
    output.document({"removed": name}) if as_json else output.say(f"removed {name}")


@tokens.command("create")
def create_token(
    context: typer.Context,
    name: str,
    user: Annotated[str, typer.Option(help="Whose token it is.")],
    role: Annotated[str | None, typer.Option(help="At most that of the user, which is the default.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """A new token; it is shown this once and kept nowhere.

    Example: presswatch token create nightly-report --user lin --role reader
    """
    session, chosen = session_of(context), None if role is None else role_from(role)
    token, secret = session.house.people.create_token(name, user, chosen, who=session.who)
    if as_json:
        output.document({**token_document(token), "token": secret})
        return
    output.say(f"token {token.id} ({token.name}, {token.role}); it is shown only now:")
    output.say(secret)


@tokens.command("list")
def list_tokens(context: typer.Context, as_json: JsonFlag = False) -> None:
    """All tokens, without their secrets.

    Example: presswatch token list
    """
    session = session_of(context)
    found = session.house.people.tokens()
    if as_json:
        output.listing(token_document(token) for token in found)
        return
    zone = session.house.zone
    rows = (
        (t.id, t.name, t.user.name, t.role, output.moment(t.used_at, zone), "revoked" if t.revoked_at else "")
        for t in found
    )
    output.table(("id", "name", "user", "role", "last used", ""), rows)


@tokens.command("revoke")
def revoke_token(context: typer.Context, token_id: int, as_json: JsonFlag = False) -> None:
    """Ends a token at once.

    Example: presswatch token revoke 3
    """
    session = session_of(context)
    session.house.people.revoke_token(token_id, who=session.who)
    output.document({"revoked": token_id}) if as_json else output.say(f"revoked {token_id}")


def token_document(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "user": token.user.name,
        "role": token.role,
        "created_at": token.created_at,
        "used_at": token.used_at,
        "revoked_at": token.revoked_at,
    }


def role_from(role: str) -> Role:
    if role not in ("reader", "analyst", "operator"):
        raise ConfigError(f"--role is reader, analyst or operator, not {role!r}")
    return cast("Role", role)


def password(from_stdin: bool) -> str:
    """Never an argument: those are seen by everybody on the machine."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return given
