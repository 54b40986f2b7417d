"""Reading citations from PostgreSQL. Targets are resolved here, so that a work imported later is found."""

from datetime import date
from typing import Any, Literal

import asyncpg

from services.policy.citations.domain import Citation
from services.policy.documents.domain import WorkKey
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)
Direction = Literal["out", "in"]
Key = tuple[int, int, str, int]
"""Version, ordinal, relation, seq: unique and ordered."""


async def citations(
    connection: Connection,
    work_id: int,
    direction: Direction,
    *,
    lang: str | None,
    day: date,
    after: Key | None,
    limit: int,
) -> list[Citation]:
    """Up to `limit` citations from or to a work, after the key."""
    position: tuple[Any, ...] = after or (None, None, None, None)
    rows = await connection.fetch(_SQL[f"citations_{direction}"], work_id, lang, day, *position, limit)
    return [_citation(row) for row in rows]


def _citation(row: asyncpg.Record) -> Citation:
    held = row["target_number"] is not None
    return Citation(
        version_id=row["version_id"],
        ordinal=row["ordinal"],
        seq=row["seq"],
        relation=row["relation"],
        label=row["label"],
        citing=WorkKey(row["jurisdiction"], row["kind"], row["number"]),
        citing_title=row["citing_title"],
        lang=row["lang"],
        date=row["date"],
        eid=row["eid"],
        target_uri=row["target_uri"],
        target_eid=row["target_eid"],
        target=WorkKey(row["target_jurisdiction"], row["target_kind"], row["target_number"]) if held else None,
        target_title=row["target_title"],
    )
