"""What a command needs: settings first, the database only when it asks for it."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from functools import cached_property

import typer

from config.settings import Settings, load
from core.types import Language
from presswatch.compose import House, open_house


class Session:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @cached_property
    def settings(self) -> Settings:
        from config.logging import configure

        settings = load(self._environ)
        configure(settings.log_level, settings.log_format)
        return settings

    @cached_property
    def house(self) -> House:
        """Makes the database and loads the pack when there is none."""
        return open_house(self.settings)

    @property
    def language(self) -> Language:
        return self.settings.language

    @property
    def who(self) -> str:
        """For the audit: the person at this terminal."""
        try:
            return f"cli:{getpass.getuser()}"
        except (KeyError, OSError):
            return "cli"

    def close(self) -> None:
        if "house" in self.__dict__:
            self.house.close()


def session_of(context: typer.Context) -> Session:
    session = context.find_object(Session)
    assert session is not None
    return session
