"""Putting a draft on the text that was published meanwhile."""

from dataclasses import dataclass, replace

from services.policy.editorial import repo
from services.policy.editorial.domain import Actor, Draft, DraftNotFound, DraftProvision, StepRefused, outline_hash
from services.policy.editorial.merge import merge, merge_description
from services.policy.editorial.preconditions import Expected
from services.policy.editorial.record import Entry, record
from services.policy.editorial.steps import step
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Rebased:
    """The draft on its newer base."""

    draft: Draft
    taken: tuple[str, ...]
    """eIds whose text came from the newer base."""
    fields: tuple[str, ...]
    """What the draft and the newer base both say anew of the text as a whole; the draft's words stayed."""
    provisions: list[DraftProvision]


async def rebase(database: Database, actor: Actor, draft_id: str, known: Expected) -> Rebased:
    """Merge the last published text into the draft; raises StepRefused when there is nothing newer, or no base left."""
    async with step(database, actor, draft_id, "edit", known) as opened:
        connection, draft = opened.connection, opened.draft
        key, lang = draft.about.key, draft.about.lang
        latest = await repo.latest(connection, key, lang)
        if latest is None:
            raise StepRefused("No text of this work is published in this language.")
        if latest.id == draft.base_version:
            raise StepRefused("The draft stands on the last published text already.")
        ours = await repo.provisions(connection, draft_id)
        base = None if draft.base_version is None else await repo.version_by_id(connection, draft.base_version, key)
        before = [] if base is None else await repo.based(connection, base.id)
        merged = merge(before, ours, await repo.based(connection, latest.id))
        about, both = merge_description(base.about if base else draft.about, draft.about, latest.about)
        revision = await repo.describe(connection, draft, actor.account, about, latest)
        rows = [replace(row, revision=revision) for row in merged.rows]
        await repo.replace_provisions(connection, draft_id, rows)
        conflicts = [row.eid for row in rows if row.conflict]
        entry = Entry(
            "rebase", before=outline_hash(draft.about, ours), after=outline_hash(about, rows),
            detail=f"onto {latest.date}, {len(merged.taken)} taken, {len(conflicts)} in conflict",
        )  # fmt: skip
        await record(connection, actor, draft, revision, entry)
        found = await repo.draft(connection, draft_id)
        if found is None:
            raise DraftNotFound("No draft is at this address.")
        return Rebased(found, merged.taken, both, rows)
