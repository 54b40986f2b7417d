"""What a work cites, and what cites it."""

from dataclasses import dataclass
from datetime import date

from services.policy.citations import repo
from services.policy.citations.domain import Citation
from services.policy.documents.domain import WorkKey
from services.policy.documents.service import Alias, read_work
from shared.db import Database
from shared.paging import Cursors, Position


@dataclass(frozen=True, slots=True)
class Page:
    """One page of citations."""

    items: list[Citation]
    next: str | None


async def read_citations(
    database: Database, cursors: Cursors, key: WorkKey, direction: repo.Direction, *,
    lang: str | None, today: date, cursor: str | None, limit: int,
) -> Page | Alias:  # fmt: skip
    """One page of the citations from or to the work at `key`; raises WorkNotFound."""
    binding = f"citations|{key}|{direction}|{lang}"
    position = None if cursor is None else cursors.decode(cursor, binding)
    view = await read_work(database, key, today)
    if isinstance(view, Alias):
        return view
    after: repo.Key | None = None
    if position is not None:
        version_id, ordinal, relation, seq = position.values
        after = int(version_id), int(ordinal), str(relation), int(seq)
    async with database.connection() as connection:
        items = await repo.citations(
            connection, view.work.id, direction, lang=lang, day=today, after=after, limit=limit + 1
        )
    following = None
    if len(items) > limit:
        items = items[:limit]
        last = items[-1]
        following = cursors.encode(Position((last.version_id, last.ordinal, last.relation, last.seq)), binding)
    return Page(items, following)
