"""The message of ``presswatch mail test``: one, in both languages, built as a digest is."""

from __future__ import annotations

from datetime import datetime

from markupsafe import escape

from alerts.channels.smtp_answers import WORDS
from alerts.message import Envelope, compose, stable_id
from alerts.render import Rendered
from core.types import Message

NAME = "mail-test"


def trial_message(*, sender: str, recipient: str, base_url: str, now: datetime) -> Message:
    """Raises ``DeliveryError`` (no retry) for an address that cannot stand in a header."""
    told = {"when": f"{now:%Y-%m-%d %H:%M} UTC", "url": base_url}
    lines = [WORDS("trial_text", "zh", **told), WORDS("trial_text", "en", **told)]
    html = "".join(f"<p>{escape(line)}</p>" for line in lines)
    subject = " · ".join((WORDS("trial_subject", "zh"), WORDS("trial_subject", "en")))
    envelope = Envelope(
        message_id=stable_id(NAME, now.isoformat(), recipient, sender),
        date=now,
        sender=sender,
        recipient=recipient,
        digest_id=NAME,
        language="zh",
    )
    return compose(Rendered(subject, "\n\n".join(lines) + "\n", html), envelope)
