"""Alembic's way in: the connection of ``storage.schema``; to write a new migration, a database named by ``-x url=…``.

alembic -x url=sqlite:///data/presswatch.db revision --autogenerate --rev-id 0002 -m "what it does"
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from storage.db import Database
from storage.schema import is_of_metadata
from storage.tables import UtcDateTime, metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=is_of_metadata,
        render_item=plain_type,
        # SQLite can change a table only by making it anew, and it can undo that, whatever Alembic believes.
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def plain_type(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """A migration stands by itself: it names no type of ours, which may change later."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run_on(url: str) -> None:
    db = Database.open(url)
    try:
        db.migrate(run)
    finally:
        db.close()


given: Connection | None = context.config.attributes.get("connection")
if given is None:
    run_on(context.get_x_argument(as_dictionary=True)["url"])
else:
    run(given)
