"""What a draft changes of the version it began from, as a redline that is made while it is written."""

import asyncio
from dataclasses import dataclass

from services.policy.acting import transaction_of
from services.policy.diffs import repo as diffs
from services.policy.diffs.compare import changes_of, compare
from services.policy.diffs.domain import Change, Part, Summary
from services.policy.diffs.wording import wording_of
from services.policy.diffs.words import Run, redline
from services.policy.editorial import repo
from services.policy.editorial.domain import Actor, Draft, DraftNotFound, DraftProvision
from services.policy.editorial.publishing import parents_of
from shared.db import Database


@dataclass(frozen=True, slots=True)
class DraftDiff:
    """The redline from its base to a draft; from nothing, when it has none."""

    draft: Draft
    title: tuple[Run, ...]
    changes: tuple[Change, ...]
    summary: Summary


async def read_redline(database: Database, actor: Actor, draft_id: str) -> DraftDiff:
    """The redline of a draft that the actor may see; raises DraftNotFound."""
    async with transaction_of(database, actor, readonly=True) as connection:
        draft = await repo.draft(connection, draft_id)
        if draft is None or not draft.is_read_by(actor):
            raise DraftNotFound("No draft is at this address.")
        rows = await repo.provisions(connection, draft_id)
        base = draft.base_version
        held = None if base is None else await repo.version_by_id(connection, base, draft.about.key)
        old = [] if held is None else (await diffs.parts(connection, [held.id]))[0]
        fresh = {row.hash for row in rows}
        contents = await diffs.contents(connection, {part.hash for part in old} - fresh)

    def compared() -> DraftDiff:
        wordings = {one.hash: wording_of(one.num, one.heading, one.note, one.content) for one in contents}
        wordings |= {row.hash: wording_of(row.num, row.heading, row.note, row.content) for row in rows}
        new = _parts(rows)
        found = compare(old, new, wordings)
        title = redline(held.about.title if held else "", draft.about.title)
        return DraftDiff(draft, title, changes_of(found, wordings), found.summary)

    return await asyncio.to_thread(compared)


def _parts(rows: list[DraftProvision]) -> list[Part]:
    return [
        Part(
            0, ordinal, parent, row.level, row.kind, row.eid, row.num, row.heading, row.note, row.lang, row.status,
            row.source_id, row.hash, row.in_force_from, row.last_amended,
        )
        for ordinal, (row, parent) in enumerate(zip(rows, parents_of(rows), strict=True))
    ]  # fmt: skip
