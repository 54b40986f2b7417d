"""Reading digests, and what they were made of, from PostgreSQL."""

from datetime import date

from services.policy.verification.domain import Placement
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)


async def placements(connection: Connection, version_id: int) -> list[Placement]:
    """The provisions of a version in order."""
    return [Placement(**row) for row in await connection.fetch(_SQL["placements"], version_id)]


async def references(connection: Connection, version_id: int) -> list[tuple[str, str]]:
    """(address, label) of the acts a version is made under, then of those that amended it."""
    rows = await connection.fetch(_SQL["references"], version_id)
    return [(row["target_uri"] + (f"/~{row['target_eid']}" if row["target_eid"] else ""), row["label"]) for row in rows]


async def hash_of_version(connection: Connection, version_id: int) -> bytes:
    """The digest of a version that is known to exist."""
    return bytes(await connection.fetchval(_SQL["hash_of_version"], version_id))


async def size_of_text(connection: Connection, version_id: int) -> int:
    """The least number of bytes that a version's text has."""
    return int(await connection.fetchval(_SQL["size_of_text"], version_id))


async def earlier_revision(
    connection: Connection, work_id: int, lang: str, day: date, digest: bytes, eid: str
) -> int | None:
    """The revision of this date's text that had `digest`, as a whole or at `eid`; None when none had."""
    place = (work_id, lang, day, digest)
    if eid:
        found: int | None = await connection.fetchval(_SQL["revision_of_provision"], *place, eid)
    else:
        found = await connection.fetchval(_SQL["revision_of_version"], *place)
    return found
