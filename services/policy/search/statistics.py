"""The figures that ranking and correction rest on: in how many passages a stem occurs, and which words there are."""

from collections.abc import Sequence
from typing import Any

from shared.sql import load_queries

_SQL = load_queries(__file__, "statistics.sql")

_SMALL = 20_000  # passages; counting these anew takes a fraction of a second
_REFRESH_SHARE = 0.02


async def needs_recount(connection: Any) -> bool:
    """Whether the index is small, or a good part of it has changed since all was counted."""
    state = await connection.fetchrow(_SQL["state"])
    small: bool = await connection.fetchval(_SQL["is_below"], _SMALL)
    return small or state["changed"] > _REFRESH_SHARE * state["passages"]


async def recount(connection: Any, analysis: str) -> None:
    """Count all stems and words of one analysis anew."""
    await connection.execute(_SQL["count_terms"], analysis)
    await connection.execute(_SQL["count_words"], analysis)


async def recounted(connection: Any) -> None:
    """Note that every analysis was counted."""
    await connection.execute(_SQL["taken"])


async def add(connection: Any, document_ids: Sequence[int], places: Sequence[int]) -> None:
    """Add the stems and words that a few new passages brought; known ones keep their counts."""
    if places:
        await connection.execute(_SQL["add_terms"], document_ids, places)
        await connection.execute(_SQL["add_words"], document_ids, places)
