"""Writes the audit trail, in the transaction of what it tells about."""

from datetime import datetime

from services.auth.audit.domain import Event
from shared.context import current_request_id
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def append(connection: Connection, event: Event, at: datetime) -> None:
    """Record `event`; it stands when the transaction around it does."""
    await connection.execute(
        QUERIES["append"],
        at, event.action.value, event.actor, event.subject, event.pseudonym, event.sid, dict(event.detail),
        current_request_id(),
    )  # fmt: skip
