"""Writes the audit trail, in the transaction of what it tells about, and reads it."""

from datetime import datetime
from uuid import UUID

from services.auth.audit.domain import Event, Filters, Recorded
from shared.context import current_request_id
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def append(connection: Connection, event: Event, at: datetime) -> None:
    """Record `event`; it stands when the transaction around it does, and becomes a link of the chain as it commits."""
    await connection.execute(
        QUERIES["append"],
        at, event.action.value, event.actor, event.subject, event.pseudonym, event.sid, dict(event.detail),
        current_request_id(),
    )  # fmt: skip


async def account_of_email(connection: Connection, email: str) -> UUID | None:
    """The account that a normalised address has now."""
    found: UUID | None = await connection.fetchval(QUERIES["account_of_email"], email)
    return found


async def page(
    connection: Connection, filters: Filters, at: int | None, *, backwards: bool, limit: int
) -> list[Recorded]:
    """Up to `limit` events, newest first, older than the position `at` (or newer, when `backwards`)."""
    await connection.execute(QUERIES["plan_each"])
    rows = await connection.fetch(
        QUERIES["page"], at, backwards, filters.actor, filters.subject, filters.action, filters.since, filters.account,
        filters.pseudonym, filters.until, limit,
    )  # fmt: skip
    return [Recorded(**row) for row in (reversed(rows) if backwards else rows)]
