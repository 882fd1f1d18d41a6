"""``presswatch mail``: whether the mail server does what it should."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from core.errors import ConfigError, DeliveryError
from core.types import Language, Message
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import Session, session_of

if TYPE_CHECKING:
    from alerts.channels.smtp import Step

mail = typer.Typer(no_args_is_help=True, help="The mail server.")


@mail.callback()
def family() -> None:
    """A family of commands, also while it has one member."""


@mail.command("test")
def send_test(context: typer.Context, address: str, as_json: JsonFlag = False) -> None:
    """Sends one test message and tells the conversation with the server, step by step. Exit 1 when it failed.

    Example: presswatch mail test press@office.example
    """
    session = session_of(context)
    message = trial_to(address, session)
    steps: list[Step] = []
    error = asyncio.run(send(session, message, steps))
    if as_json:
        output.document(
            {
                "server": str(session.settings.smtp_url),
                "recipient": address,
                "message_id": message.message_id,
                "ok": error is None,
                "steps": [{"step": step.stage, "ok": step.ok, "answer": step.answer} for step in steps],
                "error": str(error) if error else None,
            }
        )
    else:
        show(steps, error, session)
    if error is not None:
        raise typer.Exit(1)


def trial_to(address: str, session: Session) -> Message:
    from alerts.trial import trial_message
    from config.values import mail_address
    from core.clock import utc_now

    settings = session.settings
    if settings.smtp_url is None:
        raise ConfigError(
            f"is not set, so digests become files in {settings.data_dir / 'outbox'} and no mail is sent; "
            "set it, for example to smtp://name:password@smtp.office.example:587",
            key="PRESSWATCH_SMTP_URL",
        )
    try:
        mail_address(address)
    except ValueError as error:
        raise ConfigError(f"{address!r} {error}") from None
    return trial_message(
        sender=settings.mail_from, recipient=address, base_url=settings.base_url, now=utc_now()
    )


async def send(session: Session, message: Message, steps: list[Step]) -> DeliveryError | None:
    from presswatch.compose import mail_opener

    opened = mail_opener(session.settings, steps.append)
    assert opened is not None
    channel = opened()
    try:
        await channel.send(message)
    except DeliveryError as error:
        return error
    finally:
        await channel.close()
    return None


def show(steps: list[Step], error: DeliveryError | None, session: Session) -> None:
    from alerts.channels.smtp_answers import WORDS

    language: Language = session.language
    server = session.settings.smtp_url
    assert server is not None
    output.table(
        ("", str(server), "", ""),
        (
            (
                "ok" if step.ok else "!",
                WORDS(f"step_{step.stage}", language),
                WORDS(f"means_{step.stage}", language),
                step.answer,
            )
            for step in steps
        ),
    )
    if server.security == "none":
        output.say(WORDS("in_the_clear", language))
    if error is not None:
        output.say(str(error))
    output.say(WORDS("trial_taken" if error is None else "trial_ended", language))
