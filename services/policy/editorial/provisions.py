"""Writing a draft provision by provision: over, in, elsewhere, out. A provision's own ETag guards it, so that two
editors who write different sections do not meet; the draft's guards what moves others."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from typing import Any

from services.policy.acting import transaction_of
from services.policy.editorial import repo
from services.policy.editorial.bodies import MOST_PROVISIONS, Insertion, Move, ProvisionBody, ProvisionPatch
from services.policy.editorial.domain import (
    Actor,
    Draft,
    DraftNotFound,
    DraftProvision,
    DraftProvisionNotFound,
    StepRefused,
)
from services.policy.editorial.preconditions import Expected
from services.policy.editorial.record import Entry
from services.policy.editorial.steps import step
from services.policy.editorial.writing import new_eid, new_row, refused, written_over
from shared.db import Database
from shared.errors import FieldError, Unprocessable

_DEEPEST = 30
Place = tuple[str, Any, int]
"""eId, position, level."""


@dataclass(frozen=True, slots=True)
class ProvisionView:
    """A provision with its draft, and what the newer base has in its place when they are in conflict."""

    draft: Draft
    row: DraftProvision
    theirs: Mapping[str, Any] | None


async def read_provision(database: Database, actor: Actor, draft_id: str, eid: str) -> ProvisionView:
    """One provision; raises DraftNotFound or DraftProvisionNotFound."""
    async with transaction_of(database, actor, readonly=True) as connection:
        draft = await repo.draft(connection, draft_id)
        if draft is None or not draft.is_read_by(actor):
            raise DraftNotFound("No draft is at this address.")
        row = await repo.provision(connection, draft_id, eid)
        if row is None:
            raise DraftProvisionNotFound("This draft has no such provision.")
        return ProvisionView(draft, row, None if row.theirs is None else await repo.theirs(connection, row.theirs))


async def write_provision(
    database: Database,
    actor: Actor,
    draft_id: str,
    eid: str,
    known: Expected,
    body: ProvisionBody | ProvisionPatch,
    given: Collection[str],
) -> ProvisionView:
    """Write the fields `given` of `body` over a provision. Raises StaleDraft with the provision as it is now."""
    async with step(database, actor, draft_id, "edit") as opened:
        row = await opened.provision(eid)
        if not known.meets(row.etag):
            raise await opened.stale(known, row)
        written = await asyncio.to_thread(written_over, row, body, given)
        new = replace(written, revision=opened.draft.revision + 1)
        await repo.put_provisions(opened.connection, draft_id, [new])
        await opened.take(Entry("write", eid, row.hash, new.hash))
    return await read_provision(database, actor, draft_id, eid)


async def remove_provision(database: Database, actor: Actor, draft_id: str, eid: str, known: Expected) -> Draft:
    """Take a provision out. Raises StepRefused while others stand below it."""
    async with step(database, actor, draft_id, "edit") as opened:
        row = await opened.provision(eid)
        if not known.meets(row.etag):
            raise await opened.stale(known, row)
        outline = await repo.outline(opened.connection, draft_id)
        if len(_branch(outline, eid)) > 1:
            raise StepRefused("Provisions stand below this one: move or remove them first.")
        await repo.remove_provision(opened.connection, draft_id, eid)
        await opened.take(Entry("remove", eid, row.hash))
    return await _draft(database, actor, draft_id)


async def insert_provision(
    database: Database, actor: Actor, draft_id: str, known: Expected, body: Insertion
) -> ProvisionView:
    """Put a new provision before or after another, or at the end; raises Unprocessable."""
    async with step(database, actor, draft_id, "edit", known) as opened:
        outline = await repo.outline(opened.connection, draft_id)
        taken = {eid for eid, _, _ in outline}
        if len(outline) >= MOST_PROVISIONS:
            raise refused([FieldError(f"the draft has {MOST_PROVISIONS} provisions, which is the most", "#")])
        eid = body.eid or new_eid(body.kind, body.num, taken)
        if eid in taken:
            raise refused([FieldError(f"{eid}: is the eId of another provision", "#/eid")])
        at = _place(outline, body.before, body.after)
        level = body.level if body.level is not None else _beside(outline, body.before or body.after)
        _check_level(outline, at, level, eid)
        position = _between(outline, at, 1)[0]
        row = await asyncio.to_thread(new_row, eid, position, level, opened.draft.about.lang, body)
        row = replace(row, revision=opened.draft.revision + 1)
        await repo.put_provisions(opened.connection, draft_id, [row])
        await opened.take(Entry("insert", eid, None, row.hash))
    return await read_provision(database, actor, draft_id, eid)


async def move_provision(
    database: Database, actor: Actor, draft_id: str, eid: str, known: Expected, body: Move
) -> ProvisionView:
    """Put a provision, and all below it, before or after another that is none of them."""
    async with step(database, actor, draft_id, "edit", known) as opened:
        row = await opened.provision(eid)
        outline = await repo.outline(opened.connection, draft_id)
        branch = _branch(outline, eid)
        moving = {name for name, _, _ in branch}
        if (body.before or body.after) in moving:
            pointer = "#/before" if body.before else "#/after"
            raise refused([FieldError(f"{eid}: cannot stand beside itself or what is below it", pointer)])
        rest = [place for place in outline if place[0] not in moving]
        at = _place(rest, body.before, body.after)
        level = body.level if body.level is not None else _beside(rest, body.before or body.after)
        _check_level(rest, at, level, eid)
        depths = [depth - row.level + level for _, _, depth in branch]
        if max(depths) > _DEEPEST:
            raise refused(
                [FieldError(f"{eid}: what stands below it would be deeper than {_DEEPEST} levels", "#/level")]
            )
        positions = _between(rest, at, len(branch))
        places = [
            (name, position, depth) for (name, _, _), position, depth in zip(branch, positions, depths, strict=True)
        ]
        await repo.move_provisions(opened.connection, draft_id, opened.draft.revision + 1, places)
        beside = f"before {body.before}" if body.before else f"after {body.after}"
        await opened.take(Entry("move", eid, row.hash, row.hash, beside))
    return await read_provision(database, actor, draft_id, eid)


def _branch(outline: list[Place], eid: str) -> list[Place]:
    """A provision and all that stands below it."""
    at = next(number for number, place in enumerate(outline) if place[0] == eid)
    end = next((n for n in range(at + 1, len(outline)) if outline[n][2] <= outline[at][2]), len(outline))
    return outline[at:end]


def _place(outline: list[Place], before: str | None, after: str | None) -> int:
    """Where in the outline something comes that stands before one, or after another and all below that."""
    name = before or after
    if name is None:
        return len(outline)
    at = next((number for number, place in enumerate(outline) if place[0] == name), None)
    if at is None:
        raise DraftProvisionNotFound(f"This draft has no provision {name} to stand beside.")
    return at if before else at + len(_branch(outline, name))


def _beside(outline: list[Place], name: str | None) -> int:
    return next((level for eid, _, level in outline if eid == name), 0)


def _between(outline: list[Place], at: int, count: int) -> list[Decimal]:
    """`count` positions in order before the one at `at`. Halving is exact, so that two never become equal."""
    with localcontext(Context(prec=2 * MOST_PROVISIONS)):
        low = Decimal(outline[at - 1][1]) if at else Decimal(outline[0][1] if outline else 0) - 2
        high = Decimal(outline[at][1]) if at < len(outline) else low + 2
        gap = (high - low) / 2 ** count.bit_length()
        return [low + gap * number for number in range(1, count + 1)]


def _check_level(outline: list[Place], at: int, level: int, eid: str) -> None:
    deepest = outline[at - 1][2] + 1 if at else 0
    if level > deepest:
        raise Unprocessable(
            "Some fields are not valid.",
            errors=(FieldError(f"{eid}: stands deeper than anything above it; at most {deepest}", "#/level"),),
        )


async def _draft(database: Database, actor: Actor, draft_id: str) -> Draft:
    async with transaction_of(database, actor, readonly=True) as connection:
        found = await repo.draft(connection, draft_id)
    if found is None:
        raise DraftNotFound("No draft is at this address.")
    return found
