"""Reading works, versions and provisions from PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import asyncpg

from services.policy.documents.domain import (
    Axes,
    ProvisionRow,
    Tombstone,
    Version,
    VersionHead,
    Work,
    WorkKey,
    WorkSummary,
)
from services.policy.documents.earlier import Wordings
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)
Sort = Literal["title", "date"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which works to list; None is any. `axes` decide which versions are current."""

    axes: Axes
    jurisdiction: str | None = None
    kind: str | None = None
    status: str | None = None
    lang: str | None = None

    def parameters(self) -> tuple[object, ...]:
        """In the order the queries take them."""
        return self.jurisdiction, self.kind, self.status, self.lang, self.axes.day

    def known(self) -> tuple[object, ...]:
        """What the queries take last: the day by which texts were known, the day by which they had begun."""
        return self.axes.known_at, self.axes.as_of


@dataclass(frozen=True, slots=True)
class Held:
    """The size of what is held, and how fresh it is."""

    works: int
    versions: int
    provisions: int
    latest_release: date | None
    source_checked_at: datetime | None
    languages: Mapping[str, int]


async def work(connection: Connection, key: WorkKey, day: date, known_at: date | None = None) -> Work | None:
    """The work at this address with its versions, perhaps as known at an earlier day; None when there is none."""
    row = await connection.fetchrow(_SQL["work"], key.jurisdiction, key.kind, key.number)
    if row is None:
        return None
    if known_at is None:
        rows = await connection.fetch(_SQL["version_heads"], row["id"], day)
    else:
        rows = await connection.fetch(_SQL["version_heads_known"], row["id"], day, known_at)
    heads = tuple(VersionHead(**head) for head in rows)
    return Work(
        row["id"],
        WorkKey(row["jurisdiction"], row["kind"], row["number"]),
        row["frbr_uri"],
        row["names"],
        tuple(row["aliases"]),
        tuple(head for head in heads if not head.withdrawn),
        known_at,
        tuple(head for head in heads if head.withdrawn),
    )


async def revisions(
    connection: Connection, work_id: int, lang: str, day: date, known_at: date | None
) -> tuple[VersionHead, ...]:
    """Every text held in one language, oldest date first, each before what corrected it."""
    rows = await connection.fetch(_SQL["revisions"], work_id, lang, known_at, day)
    return tuple(VersionHead(**row) for row in rows)


async def tombstones(
    connection: Connection, work_id: int, lang: str | None = None, day: date | None = None
) -> tuple[Tombstone, ...]:
    """What was withdrawn of a work, of any or one language and date; the last withdrawn first."""
    rows = await connection.fetch(_SQL["tombstones"], work_id, lang, day)
    return tuple(Tombstone(**row) for row in rows)


async def first_published(connection: Connection, work_id: int, lang: str | None) -> date | None:
    """The first release held of a work; None when nothing of it is."""
    found: date | None = await connection.fetchval(_SQL["first_published"], work_id, lang)
    return found


async def first_release(connection: Connection) -> date | None:
    """The first release held of anything."""
    found: date | None = await connection.fetchval(_SQL["first_release"])
    return found


async def wordings(
    connection: Connection, version_id: int, eids: Sequence[str] | None, known_at: date | None
) -> dict[str, Wordings]:
    """For provisions of a version (None: all), by eId: their dates, and how many wordings are held of each."""
    rows = await connection.fetch(_SQL["wordings"], version_id, None if eids is None else list(eids), known_at)
    return {row["eid"]: Wordings(**row) for row in rows}


async def work_of_alias(connection: Connection, key: WorkKey) -> WorkKey | None:
    """The address of the work that `key` is another number of."""
    row = await connection.fetchrow(_SQL["work_of_alias"], key.jurisdiction, key.kind, key.number)
    return None if row is None else WorkKey(**row)


async def version(connection: Connection, version_id: int) -> Version:
    """One version that is known to exist."""
    row = await connection.fetchrow(_SQL["version"], version_id)
    if row is None:
        raise LookupError(f"version {version_id} vanished")
    return Version(**_tuples(row))


async def provisions(connection: Connection, version_id: int, *, content: bool, text: bool) -> tuple[ProvisionRow, ...]:
    """All provisions of a version in document order, with markup and plain text only where asked for."""
    rows = await connection.fetch(_SQL["provisions"], version_id, content, text)
    return tuple(ProvisionRow(**row) for row in rows)


async def provision(connection: Connection, version_id: int, eids: Sequence[str]) -> ProvisionRow | None:
    """The provision with the longest of `eids`."""
    row = await connection.fetchrow(_SQL["provision"], version_id, list(eids))
    return None if row is None else ProvisionRow(**row)


async def provision_path(connection: Connection, version_id: int, ordinal: int) -> tuple[tuple[str, str], ...]:
    """(num, heading) of everything the provision stands in, outermost first."""
    rows = await connection.fetch(_SQL["provision_path"], version_id, ordinal)
    return tuple((row["num"], row["heading"]) for row in rows)


async def policies(
    connection: Connection,
    filters: Filters,
    sort: Sort,
    *,
    after: tuple[Any, int] | None,
    backwards: bool,
    limit: int,
) -> list[WorkSummary]:
    """Up to `limit` works in order, after the key (title or date, work id), or before it when `backwards`."""
    name = f"policies_by_{sort}" + ("_back" if backwards else "")
    rows = await connection.fetch(_SQL[name], *filters.parameters(), *(after or (None, None)), limit, *filters.known())
    return [
        WorkSummary(
            id=row["id"],
            key=WorkKey(row["jurisdiction"], row["kind"], row["number"]),
            frbr_uri=row["frbr_uri"],
            title=row["title"],
            sort_title=row["sort_title"],
            lang=row["lang"],
            date=row["date"],
            status=row["status"],
            citations=tuple(row["citations"]),
            languages=tuple(row["languages"]),
        )
        for row in (reversed(rows) if backwards else rows)
    ]


async def count_policies(connection: Connection, filters: Filters) -> int:
    """How many works the list has."""
    return int(await connection.fetchval(_SQL["count_policies"], *filters.parameters(), *filters.known()))


async def jurisdictions(connection: Connection) -> list[dict[str, Any]]:
    """Each jurisdiction with its names and number of works."""
    return [dict(row) for row in await connection.fetch(_SQL["jurisdictions"])]


async def kinds(connection: Connection) -> list[dict[str, Any]]:
    """Each kind with its number of works."""
    return [dict(row) for row in await connection.fetch(_SQL["kinds"])]


async def held(connection: Connection) -> Held:
    """Counts over everything."""
    row = await connection.fetchrow(_SQL["stats"])
    languages = await connection.fetch(_SQL["languages"])
    if row is None:
        raise LookupError("a select of counts gave no row")
    return Held(**row, languages={line["lang"]: line["works"] for line in languages})


def _tuples(row: asyncpg.Record) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
