"""The policy service's trail in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import astuple

from services.policy.trail.domain import Filters, Recorded
from shared.db import Connection
from shared.refusals import Refusal
from shared.sql import load_queries
from shared.trail.program import Trail

QUERIES = load_queries(__file__)
TRAIL = Trail(
    "policy",
    QUERIES,
    {
        "editorial_event": (
            "at", "account", "request_id", "action", "draft_id", "revision", "eid", "from_state", "to_state", "before",
            "after", "detail", "version_id",
        ),
        "import_event": ("at", "account", "request_id", "action", "run_id", "from_state", "to_state", "detail"),
        "refusal_event": ("at", "account", "request_id", "method", "route", "reason", "times"),
    },
)  # fmt: skip


async def add_refusals(connection: Connection, refused: Sequence[Refusal]) -> None:
    """Put them on record."""
    columns = zip(*((r.account, r.request_id, r.method, r.route, r.reason, r.times) for r in refused), strict=True)
    await connection.execute(QUERIES["refuse"], *map(list, columns))


async def page(
    connection: Connection, filters: Filters, at: int | None, *, backwards: bool, limit: int
) -> list[Recorded]:
    """Up to `limit` events, newest first, older than the position `at` (or newer, when `backwards`)."""
    await connection.execute(QUERIES["plan_each"])
    rows = await connection.fetch(QUERIES["page"], at, backwards, *astuple(filters), limit)
    return [Recorded(**row) for row in (reversed(rows) if backwards else rows)]
