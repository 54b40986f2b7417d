"""Reading what changed between two versions from PostgreSQL."""

from services.policy.languages.domain import Changed
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)


async def changes(connection: Connection, old: int, new: int) -> list[Changed]:
    """The provisions whose words differ between these versions of one language; changed markup alone is no change."""
    if old == new:
        return []
    return [Changed(**row) for row in await connection.fetch(_SQL["changes"], old, new)]
