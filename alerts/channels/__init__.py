"""Ways out for a finished message. A channel only carries; what is sent, and whether again, is decided elsewhere."""

from __future__ import annotations

from typing import Protocol

from core.types import Message


class Channel(Protocol):
    @property
    def name(self) -> str: ...

    async def send(self, message: Message) -> None:
        """Returns when the message was taken over. Raises ``DeliveryError``; sending it again must be harmless."""

    async def close(self) -> None:
        """For now there is nothing more to send."""
