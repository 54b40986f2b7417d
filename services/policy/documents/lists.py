"""Lists of works, and the size of what is held."""

import asyncio
import time
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.policy.documents import repo
from services.policy.documents.domain import VersionNotHeld, WorkSummary
from shared.db import Database
from shared.paging import Cursors, Position


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    items: list[WorkSummary]
    next: str | None
    prev: str | None
    total: int | None
    """Only when it was asked for."""


class HeldCounts:
    """The counts over everything, taken anew when they are `seconds` old: counting reads a whole index."""

    def __init__(self, seconds: float = 30.0) -> None:
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._known: repo.Held | None = None
        self._due = 0.0

    async def read(self, database: Database) -> repo.Held:
        """The counts; callers who come while they are taken wait for the same ones."""
        async with self._lock:
            if self._known is None or time.monotonic() >= self._due:
                async with database.transaction(readonly=True) as connection:
                    self._known = await repo.held(connection)
                self._due = time.monotonic() + self._seconds
            return self._known


async def list_policies(
    database: Database,
    cursors: Cursors,
    filters: repo.Filters,
    sort: repo.Sort,
    *,
    cursor: str | None,
    limit: int,
    count: bool,
) -> Page:
    """One page of works."""
    axes = filters.axes
    binding = "|".join(map(str, ("policies", sort, filters.jurisdiction, filters.kind, filters.status, filters.lang)))
    if axes.as_of or axes.known_at:
        binding += f"|{axes.as_of}|{axes.known_at}"
    position = None if cursor is None else cursors.decode(cursor, binding)
    backwards = position is not None and position.backwards
    async with database.transaction(readonly=True) as connection:
        if axes.known_at is not None:
            first = await repo.first_release(connection)
            if first is None or axes.known_at < first:
                raise VersionNotHeld(f"The first release held is of {first or 'no day yet'}.")
        items = await repo.policies(
            connection, filters, sort, after=_after(position, sort), backwards=backwards, limit=limit + 1
        )
        total = await repo.count_policies(connection, filters) if count else None
    more = len(items) > limit
    if more:
        items = items[1:] if backwards else items[:limit]

    def at(item: WorkSummary, *, back: bool) -> str:
        first = item.sort_title if sort == "title" else item.date.isoformat()
        return cursors.encode(Position((first, item.id), back), binding)

    after = at(items[-1], back=False) if items and (more or backwards) else None
    before = at(items[0], back=True) if items and position and (more or not backwards) else None
    return Page(items, after, before, total)


def _after(position: Position | None, sort: repo.Sort) -> tuple[Any, int] | None:
    if position is None:
        return None
    first, work_id = position.values
    return (first if sort == "title" else date.fromisoformat(first)), int(work_id)
