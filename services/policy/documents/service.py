"""What can be asked of the documents: works, the text that stood on a day, one provision of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.policy.documents import exact, repo
from services.policy.documents.akn_facts import read_facts
from services.policy.documents.domain import (
    Axes,
    Expression,
    ProvisionNotFound,
    ProvisionRow,
    Tombstone,
    Version,
    Work,
    WorkKey,
)
from services.policy.documents.earlier import Given, Missing, all_earlier, earlier
from services.policy.documents.parts import part_of
from services.policy.documents.standing import (
    Alias,
    Elsewhere,
    find_expression,
    find_work,
    first_after,
    not_held,
    standing,
    version_of,
)
from shared.db import Connection, Database

__all__ = [
    "Alias",
    "Elsewhere",
    "Partial",
    "ProvisionView",
    "Wanted",
    "WorkView",
    "read_partial",
    "read_provision",
    "read_version",
    "read_work",
    "read_work_on",
]


@dataclass(frozen=True, slots=True)
class Partial:
    """What is known of a day before the first text held."""

    first: Expression
    """The first text held, with its provisions."""
    day: date
    provisions: tuple[Given | Missing, ...]


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
    axes: Axes
    withdrawn: tuple[Tombstone, ...] = ()


@dataclass(frozen=True, slots=True)
class ProvisionView:
    """One provision in its surroundings."""

    expression: Expression
    provision: ProvisionRow
    path: tuple[str, ...]
    """The headings it stands under, outermost first."""
    asked: date | None = None
    """A day before the first text held, on which the provision stood in these words; else None."""
    since: date | None = None
    """For such a day: since when, at the latest, it stands unchanged."""


async def read_work(database: Database, key: WorkKey, today: date, known_at: date | None = None) -> WorkView | Alias:
    """The work at `key`, perhaps as known at an earlier day; raises WorkNotFound, VersionNotHeld, VersionWithdrawn."""
    return await read_work_on(database, key, Axes(today, known_at=known_at))


async def read_work_on(database: Database, key: WorkKey, axes: Axes) -> WorkView | Alias:
    """The work at `key` by the text that stood on the day asked for.

    Raises WorkNotFound, VersionWithdrawn, and VersionNotHeld when nothing held stood or was known then.
    """
    async with database.transaction(readonly=True) as connection:
        work = await find_work(connection, key, axes)
        if isinstance(work, Alias):
            return work
        lead = next((head for head in work.versions if head.is_current), work.versions[0])
        if axes.as_of is not None and lead.date > axes.as_of:
            lead = standing(work, lead.lang, axes.as_of)
        return WorkView(
            work, await version_of(connection, lead, axes), axes, await repo.tombstones(connection, work.id)
        )


async def read_partial(
    database: Database, key: WorkKey, lang: str, day: date, axes: Axes, wanted: Wanted
) -> Partial | None:
    """What is known of a day before the first text held; None for a day of which a text is held, or none at all."""
    async with database.transaction(readonly=True) as connection:
        first = await first_after(connection, key, lang, day, axes)
        if first is None:
            return None
        rows = await repo.provisions(connection, first.version.id, content=wanted.content, text=wanted.text)
        held = await repo.wordings(connection, first.version.id, None, axes.known_at)
        return Partial(replace(first, provisions=rows), day, all_earlier(rows, held, day))


async def read_version(
    database: Database, key: WorkKey, lang: str, day: date | None, axes: Axes, wanted: Wanted
) -> Expression | Alias | Elsewhere:
    """The version of exactly `day`, or where the one that stood on `day` (None: by `axes`) has its address."""
    if wanted.written and day is not None and axes.known_at is None:
        async with database.connection() as connection:
            places = [exact.Place(key, lang, day)]
            (row,) = await exact.version_rows(connection, places, axes.today, text=wanted.text)
        if row is not None:
            return exact.expression_in(row, key, axes.today)
    async with database.transaction(readonly=True) as connection:
        found = await find_expression(connection, key, lang, day, axes)
        if isinstance(found, Expression):
            rows = await repo.provisions(connection, found.version.id, content=wanted.content, text=wanted.text)
            facts = await read_facts(connection, found.version.id) if wanted.facts else None
            return replace(found, provisions=rows, facts=facts)
        return found


async def read_provision(
    database: Database, key: WorkKey, lang: str, day: date | None, eid: str, axes: Axes
) -> ProvisionView | Alias | Elsewhere:
    """One provision, or a part inside of one; raises ProvisionNotFound.

    Before the first text held: the provision as it stood in the same words, if that is known. Else VersionNotHeld, or
    ProvisionNotFound for what came into force only later.
    """
    if day is not None and axes.known_at is None:
        places = [exact.Place(key, lang, day, above) for above in _eids_above(eid)[: exact.MOST]]
        async with database.connection() as connection:
            rows = await exact.provision_rows(connection, places, axes.today, content=True)
        innermost = next((row for row in reversed(rows) if row is not None), None)
        if innermost is not None:
            return _view(exact.expression_in(innermost, key, axes.today), *exact.provision_in(innermost), eid)
    async with database.transaction(readonly=True) as connection:
        first = None if day is None else await first_after(connection, key, lang, day, axes)
        found = first or await find_expression(connection, key, lang, day, axes)
        if not isinstance(found, Expression):
            return found
        view = await _provision(connection, found, eid)
        if first is None or day is None:
            return view
        whole = _eids_above(eid)
        held = await repo.wordings(connection, found.version.id, whole, axes.known_at)
        stands = earlier(view.provision, max(held.values(), key=lambda one: len(one.eid), default=None), day)
    match stands:
        case Given():
            return replace(view, asked=day, since=stands.since)
        case Missing(state="not-in-force"):
            raise ProvisionNotFound(f"As it is held, this provision came into force after {day}.")
        case _:
            raise not_held(found.work, found.head, day)


async def _provision(connection: Connection, found: Expression, eid: str) -> ProvisionView:
    row = await repo.provision(connection, found.version.id, _eids_above(eid))
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


def _eids_above(eid: str) -> list[str]:
    """`eid` and everything that it may stand in, outermost first."""
    parts = eid.split("__")
    return ["__".join(parts[:count]) for count in range(1, len(parts) + 1)]
