"""Reading citations from PostgreSQL. Targets are resolved here, so that a work imported later is found."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import asyncpg

from services.policy.citations.domain import Citation, Dependant, Filters, ShownWork, Target
from services.policy.documents.domain import WorkKey
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)
Key = tuple[int, int, str, int]
"""Version, ordinal, relation, seq: unique and ordered."""


async def citations(
    connection: Connection, work_id: int, filters: Filters, *, after: Key | None, limit: int
) -> list[Citation]:
    """Up to `limit` citations from or to a work, after the key."""
    position: tuple[Any, ...] = after or (None, None, None, None)
    sql = _SQL[f"citations_{filters.direction}"]
    rows = await connection.fetch(sql, work_id, *_parameters(filters), *position, limit)
    return [_citation(row) for row in rows]


async def counts(connection: Connection, work_id: int, filters: Filters) -> dict[str, int]:
    """State to the number of citations in the whole list; states without any are left out."""
    rows = await connection.fetch(_SQL[f"count_{filters.direction}"], work_id, *_parameters(filters))
    return {row["state"]: row["citations"] for row in rows}


async def dependants(
    connection: Connection, on: Sequence[int], relations: Sequence[str], day: date, *, depth: int, limit: int
) -> list[Dependant]:
    """Up to `limit` works whose current text depends directly on one of `on`, also those among `on`."""
    rows = await connection.fetch(_SQL["dependants"], list(on), list(relations), day, limit)
    return [Dependant(row["work_id"], depth, tuple(row["relations"]), row["via"]) for row in rows]


async def works_shown(connection: Connection, ids: Collection[int], lang: str, day: date) -> dict[int, ShownWork]:
    """The works of these ids by their current titles, in `lang` where they have it."""
    rows = await connection.fetch(_SQL["works_shown"], list(ids), lang, day)
    return {
        row["id"]: ShownWork(
            row["id"], WorkKey(row["jurisdiction"], row["kind"], row["number"]), row["title"], row["sort_title"],
            row["status"],
        )
        for row in rows
    }  # fmt: skip


def _parameters(filters: Filters) -> tuple[object, ...]:
    return filters.lang, filters.day, filters.relation, filters.state


def _citation(row: asyncpg.Record) -> Citation:
    target = None
    if row["target_date"] is not None:
        key = WorkKey(row["target_jurisdiction"], row["target_kind"], row["target_number"])
        target = Target(key, row["target_title"], row["target_lang"], row["target_date"])
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
        num=row["num"],
        target_uri=row["target_uri"],
        target_eid=row["target_eid"],
        state=row["state"],
        target=target,
    )
