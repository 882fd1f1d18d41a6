"""``presswatch mail``: whether the mail server does what it should."""

from __future__ import annotations

import asyncio
from typing import Any

import typer

from core.errors import ConfigError, DeliveryError
from core.types import Language
from presswatch.cli import output
from presswatch.cli.output import JsonFlag
from presswatch.cli.session import session_of

mail = typer.Typer(no_args_is_help=True, help="The mail server.")


@mail.command("test")
def send_test(context: typer.Context, address: str, as_json: JsonFlag = False) -> None:
    """Sends one test message to ADDRESS and tells the conversation with the server, step by step. Exit 1 if it failed.

    Example: presswatch mail test press@office.example
    """
    from alerts.channels.smtp import SmtpChannel, Step
