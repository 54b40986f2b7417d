"""What can be asked of the documents: works, the text that stood on a day, one provision of it, lists."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.policy.documents import exact, repo
from services.policy.documents.akn_facts import read_facts
from services.policy.documents.domain import (
    Expression,
    ProvisionNotFound,
    ProvisionRow,
    Version,
    Work,
    WorkKey,
    WorkNotFound,
    WorkSummary,
    standing_on,
)
from services.policy.documents.parts import part_of
from shared.db import Connection, Database
from shared.paging import Cursors, Position


@dataclass(frozen=True, slots=True)
class Alias:
    """The address is another number of the work at `key`."""

    key: WorkKey


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The text asked for has its permanent address under another date."""

    key: WorkKey
    lang: str
    date: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of a version's text to load beyond its table of contents."""

    content: bool = False
    text: bool = False
    written: bool = False
    """The provisions as JSON rather than as rows, where the text has just this address."""
    facts: bool = False
    """What an export that can be read back tells beside the text."""


@dataclass(frozen=True, slots=True)
class WorkView:
    """A work and the version a list would show it by."""

    work: Work
    lead: Version


@dataclass(frozen=True, slots=True)
class ProvisionView:
    """One provision in its surroundings."""

    expression: Expression
    provision: ProvisionRow
    path: tuple[str, ...]
    """The headings it stands under, outermost first."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    items: list[WorkSummary]
    next: str | None
    prev: str | None
    total: int | None
    """Only when it was asked for."""


async def read_work(database: Database, key: WorkKey, today: date) -> WorkView | Alias:
    """The work at `key`; raises WorkNotFound."""
    async with database.transaction(readonly=True) as connection:
        work = await _work(connection, key, today)
        if isinstance(work, Alias):
            return work
        lead = next(head for head in work.versions if head.is_current)
        return WorkView(work, await repo.version(connection, lead.id))


async def read_version(
    database: Database, key: WorkKey, lang: str, day: date | None, today: date, wanted: Wanted
) -> Expression | Alias | Elsewhere:
    """The version of exactly `day`, or where the one that stood on `day` (None: today) has its address."""
    if wanted.written and day is not None:
        async with database.connection() as connection:
            exactly = await exact.version(connection, key, lang, day, today, text=wanted.text)
        if exactly is not None:
            return exactly
    async with database.transaction(readonly=True) as connection:
        found = await _expression(connection, key, lang, day, today)
        if isinstance(found, Expression):
            rows = await repo.provisions(connection, found.version.id, content=wanted.content, text=wanted.text)
            facts = await read_facts(connection, found.version.id) if wanted.facts else None
            return replace(found, provisions=rows, facts=facts)
        return found


async def read_provision(
    database: Database, key: WorkKey, lang: str, day: date | None, eid: str, today: date
) -> ProvisionView | Alias | Elsewhere:
    """One provision, or a part inside of one; raises ProvisionNotFound."""
    parts = eid.split("__")
    candidates = ["__".join(parts[:count]) for count in range(1, len(parts) + 1)]
    if day is not None:
        async with database.connection() as connection:
            exactly = await exact.provision(connection, key, lang, day, today, candidates)
        if exactly is not None:
            return _view(*exactly, eid)
    async with database.transaction(readonly=True) as connection:
        found = await _expression(connection, key, lang, day, today)
        if not isinstance(found, Expression):
            return found
        row = await repo.provision(connection, found.version.id, candidates)
        if row is None:
            raise ProvisionNotFound("This version has no such provision.")
        headings = await repo.provision_path(connection, found.version.id, row.ordinal)
    return _view(found, row, headings, eid)


def _view(found: Expression, row: ProvisionRow, headings: Sequence[tuple[str, str]], eid: str) -> ProvisionView:
    """The provision that was asked for by `eid`, which may be a part inside of `row`."""
    above = [" ".join(filter(None, heading)) for heading in headings]
    if row.eid != eid:
        above.append(" ".join(filter(None, (row.num, row.heading or row.note))))
        row = part_of(row, eid)
    return ProvisionView(found, row, tuple(above))


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
    binding = f"policies|{sort}|{filters.jurisdiction}|{filters.kind}|{filters.status}|{filters.lang}"
    position = None if cursor is None else cursors.decode(cursor, binding)
    backwards = position is not None and position.backwards
    async with database.transaction(readonly=True) as connection:
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


async def _work(connection: Connection, key: WorkKey, today: date) -> Work | Alias:
    work = await repo.work(connection, key, today)
    if work is not None and work.versions:
        return work
    canonical = await repo.work_of_alias(connection, key)
    if canonical is None:
        raise WorkNotFound("No policy is at this address.")
    return Alias(canonical)


async def _expression(
    connection: Connection, key: WorkKey, lang: str, day: date | None, today: date
) -> Expression | Alias | Elsewhere:
    work = await _work(connection, key, today)
    if isinstance(work, Alias):
        return work
    current = work.current(lang)
    head = current if day is None and current is not None else standing_on(work.versions, lang, day or today)
    if head.date != day:
        return Elsewhere(work.key, head.lang, head.date)
    held = [other for other in work.versions if other.lang == lang]  # newest first
    at = held.index(head)
    return Expression(
        work,
        await repo.version(connection, head.id),
        is_current=head.is_current,
        previous=held[at + 1] if at + 1 < len(held) else None,
        next=held[at - 1] if at > 0 else None,
    )
