"""What a work cites, what cites it, and what depends on it over several steps."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.policy.citations import repo
from services.policy.citations.domain import DEPENDS, STATES, Citation, Dependant, Filters, Relation, ShownWork, State
from services.policy.documents.domain import WorkKey
from services.policy.documents.service import Alias, read_work
from shared.db import Connection, Database
from shared.paging import Cursors, Position

MOST_DEPENDANTS = 20_000
"""Where following dependants ends, so that one question cannot read everything there may ever be."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of citations."""

    items: list[Citation]
    next: str | None
    states: dict[State, int] | None
    """Every state to its number in the whole list; only when it was asked for."""


@dataclass(frozen=True, slots=True)
class Impact:
    """One page of what depends on a work."""

    levels: list[dict[str, int]]
    """For each step its number of works by kind; over the whole list."""
    complete: bool
    """False where following ended at MOST_DEPENDANTS."""
    items: list[tuple[Dependant, ShownWork, ShownWork]]
    """The dependant, its work, and the work that it depends on."""
    next: str | None


async def read_citations(
    database: Database,
    cursors: Cursors,
    key: WorkKey,
    filters: Filters,
    *,
    cursor: str | None,
    limit: int,
    count: bool,
    as_of: date | None = None,
) -> Page | Alias:
    """One page of the citations from or to the work at `key`; raises WorkNotFound.

    `as_of` is the day in `filters` where somebody asked for it: their cursor holds for that day only.
    """  # fmt: skip
    binding = f"citations|{key}|{filters.direction}|{filters.lang}|{filters.relation}|{filters.state}"
    if as_of is not None:
        binding += f"|{as_of}"
    position = None if cursor is None else cursors.decode(cursor, binding)
    view = await read_work(database, key, filters.day)
    if isinstance(view, Alias):
        return view
    after: repo.Key | None = None
    if position is not None:
        version_id, ordinal, relation, seq = position.values
        after = int(version_id), int(ordinal), str(relation), int(seq)
    async with database.transaction(readonly=True) as connection:
        items = await repo.citations(connection, view.work.id, filters, after=after, limit=limit + 1)
        counted = await repo.counts(connection, view.work.id, filters) if count else None
    following = None
    if len(items) > limit:
        items = items[:limit]
        last = items[-1]
        following = cursors.encode(Position((last.version_id, last.ordinal, last.relation, last.seq)), binding)
    states = None if counted is None else {state: counted.get(state, 0) for state in STATES}
    return Page(items, following, states)


async def read_impact(
    database: Database, cursors: Cursors, key: WorkKey, *,
    depth: int, relation: Relation | None, lang: str | None, today: date, cursor: str | None, limit: int,
) -> Impact | Alias:  # fmt: skip
    """What depends on the work at `key` over up to `depth` steps, nearest first; raises WorkNotFound.

    A work is listed once, at its least depth. Titles are in `lang` where there is one.
    """
    binding = f"impact|{key}|{depth}|{relation}|{lang}"
    position = None if cursor is None else cursors.decode(cursor, binding)
    view = await read_work(database, key, today)
    if isinstance(view, Alias):
        return view
    relations = DEPENDS if relation is None else (relation,)
    root = view.work.id
    async with database.transaction(readonly=True) as connection:
        found, complete = await follow(connection, root, depth, relations, today)
        works = await repo.works_shown(connection, [root, *found], lang or "", today)
    listed = sorted((item for item in found.values() if item.work_id in works), key=lambda item: _place(item, works))
    levels = [Counter[str]() for _ in range(depth)]
    for item in listed:
        levels[item.depth - 1][works[item.work_id].key.kind] += 1
    if position is not None:
        listed = [item for item in listed if _place(item, works) > tuple(position.values)]
    following = None
    if len(listed) > limit:
        listed = listed[:limit]
        following = cursors.encode(Position(_place(listed[-1], works)), binding)
    items = [(item, works[item.work_id], works[item.via]) for item in listed]
    return Impact([dict(sorted(level.items())) for level in levels], complete, items, following)


async def follow(
    connection: Connection, root: int, depth: int, relations: tuple[Relation, ...], day: date, *,
    most: int = MOST_DEPENDANTS,
) -> tuple[dict[int, Dependant], bool]:  # fmt: skip
    """Dependants of work `root` by id, and whether these are all.

    Step by step rather than in one recursive query: a work that was reached is not followed again, which both ends
    circles and reads each citation once. At most `most` works are followed.
    """
    found: dict[int, Dependant] = {}
    edge = [root]
    for step in range(1, depth + 1):
        room = most - len(found)
        reached = await repo.dependants(connection, edge, relations, day, depth=step, limit=most + 2)
        nearest = [item for item in reached if item.work_id != root and item.work_id not in found]
        found.update((item.work_id, item) for item in nearest[:room])
        if len(nearest) > room:
            return found, False
        edge = [item.work_id for item in nearest]
        if not edge:
            break
    return found, True


def _place(item: Dependant, works: dict[int, ShownWork]) -> tuple[Any, ...]:
    return item.depth, works[item.work_id].sort_title, item.work_id
