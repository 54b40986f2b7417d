"""Drafts as a whole: begun, read, listed, described, and given to editors."""

import asyncio
import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from services.policy.acting import transaction_of
from services.policy.editorial import repo
from services.policy.editorial.base import named_version
from services.policy.editorial.bodies import ACCOUNT, DescriptionPatch, NewDraft
from services.policy.editorial.domain import (
    Actor,
    Description,
    Draft,
    DraftNotFound,
    DraftProvision,
    OtherArea,
    outline_hash,
)
from services.policy.editorial.preconditions import Expected
from services.policy.editorial.record import Entry, Event, events, record
from services.policy.editorial.steps import Step, refusals, step
from services.policy.editorial.writing import from_markdown, from_provisions, relanguaged
from shared.db import Connection, Database
from shared.errors import FieldError, Forbidden, Unprocessable
from shared.paging import Cursors, Position


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft with its provisions and what reviewers said."""

    draft: Draft
    provisions: list[DraftProvision]
    notes: list[repo.Note]


@dataclass(frozen=True, slots=True)
class DraftPage:
    """One page of drafts."""

    items: list[Draft]
    next: str | None
    prev: str | None


async def create(connection: Connection, actor: Actor, body: NewDraft) -> DraftView:
    """Begin a draft in the caller's transaction. Raises Unprocessable, naming field and provision."""
    if not actor.may_write:
        raise Forbidden("This needs the permission drafts:write.")
    given = _given(body)
    with refusals():
        if body.base is not None:
            base = await named_version(connection, body.base, "#/base")
            about = replace(base.about, **given)
            _check_area(actor, about)
            draft_id = await repo.add_draft(connection, actor.account, about, base)
            await repo.copy_base(connection, draft_id, base.id)
        else:
            about = Description(**({"date": None} | given))
            _check_area(actor, about)
            await _unless_alias(connection, about)
            if body.provisions is not None:
                rows = await asyncio.to_thread(from_provisions, body.provisions, about.lang)
            else:
                rows = await asyncio.to_thread(from_markdown, body.text or "", about.title, about.lang)
            draft_id = await repo.add_draft(connection, actor.account, about, None)
            await repo.put_provisions(connection, draft_id, rows)
        view = await _view(connection, draft_id)
        entry = Entry("create", after=outline_hash(about, view.provisions), detail=body.base or "")
        await record(connection, actor, view.draft, 1, entry)
        return await _view(connection, draft_id)


async def read(database: Database, actor: Actor, draft_id: str, *, provisions: bool = True) -> DraftView:
    """A draft that the actor may see; raises DraftNotFound."""
    async with transaction_of(database, actor, readonly=True) as connection:
        found = await repo.draft(connection, draft_id)
        if found is None or not found.is_read_by(actor):
            raise DraftNotFound("No draft is at this address.")
        rows = await repo.provisions(connection, draft_id) if provisions else []
        return DraftView(found, rows, await repo.notes(connection, draft_id))


async def list_drafts(
    database: Database, cursors: Cursors, actor: Actor, filters: repo.Filters, *, cursor: str | None, limit: int
) -> DraftPage:
    """One page of the drafts that the actor may see, newest first."""
    if not (actor.may_write or actor.may_read_all):
        raise Forbidden("This needs the permission drafts:read or drafts:write.")
    binding = f"drafts|{actor.account}|{filters}"
    position = None if cursor is None else cursors.decode(cursor, binding)
    backwards = position is not None and position.backwards
    at = None if position is None else int(position.values[0])
    async with transaction_of(database, actor, readonly=True) as connection:
        items = await repo.drafts(
            connection, actor.account, actor.areas, all_of_them=actor.may_read_all, filters=filters, at=at,
            backwards=backwards, limit=limit + 1,
        )  # fmt: skip
    more = len(items) > limit
    if more:
        items = items[1:] if backwards else items[:limit]
    after = cursors.encode(Position((items[-1].seq,)), binding) if items and (more or backwards) else None
    before = (
        cursors.encode(Position((items[0].seq,), backwards=True), binding)
        if items and position and (more or not backwards)
        else None
    )
    return DraftPage(items, after, before)


async def list_events(
    database: Database, cursors: Cursors, actor: Actor, draft_id: str, *, cursor: str | None, limit: int
) -> tuple[list[Event], str | None]:
    """A page of a draft's record, oldest first, and where the next one starts."""
    binding = f"events|{draft_id}"
    after = 0 if cursor is None else int(cursors.decode(cursor, binding).values[0])
    async with transaction_of(database, actor, readonly=True) as connection:
        found = await repo.draft(connection, draft_id)
        if found is None or not found.is_read_by(actor):
            raise DraftNotFound("No draft is at this address.")
        items = await events(connection, draft_id, after, limit + 1)
    more = len(items) > limit
    return items[:limit], cursors.encode(Position((items[limit - 1].id,)), binding) if more else None


async def describe(
    database: Database, actor: Actor, draft_id: str, known: Expected, body: DescriptionPatch
) -> DraftView:
    """Write over what the draft says of its text as a whole."""
    given = _given(body)
    async with step(database, actor, draft_id, "edit", known) as opened:
        found = opened.draft
        if found.base_version is not None and (fixed := set(given) & {"jurisdiction", "kind", "number", "lang"}):
            detail = "is that of the version it began from"
            raise Unprocessable(
                "Some fields are not valid.", errors=tuple(FieldError(detail, f"#/{n}") for n in sorted(fixed))
            )
        about = replace(found.about, **given)
        _check_area(actor, about)
        await _unless_alias(opened.connection, about)
        revision = await repo.describe(opened.connection, found, actor.account, about)
        entry = Entry("describe", before=_digest(found.about), after=_digest(about), detail=", ".join(sorted(given)))
        await record(opened.connection, actor, found, revision, entry)
        if about.lang != found.about.lang:
            await _respell(opened, about.lang, revision)
        return await _view(opened.connection, draft_id)


async def assign(
    database: Database, actor: Actor, draft_id: str, known: Expected, account: str, *, assigned: bool
) -> DraftView:
    """Let another account write the draft, or no longer."""
    if not ACCOUNT.fullmatch(account):
        raise Unprocessable(
            "This cannot be an account.", errors=(FieldError("is not the id of an account", "account"),)
        )
    async with step(database, actor, draft_id, "assign", known) as opened:
        await repo.set_editor(opened.connection, draft_id, account, assigned=assigned)
        await opened.take(Entry("assign" if assigned else "unassign", detail=account))
        return await _view(opened.connection, draft_id)


async def _view(connection: Connection, draft_id: str) -> DraftView:
    found = await repo.draft(connection, draft_id)
    if found is None:
        raise DraftNotFound("No draft is at this address.")
    return DraftView(found, await repo.provisions(connection, draft_id), await repo.notes(connection, draft_id))


async def _respell(opened: Step, lang: str, revision: int) -> None:
    """Another language is another hash for each provision that had the draft's own."""
    from_lang = opened.draft.about.lang
    rows = [row for row in await repo.provisions(opened.connection, opened.draft.id) if row.lang == from_lang]
    await repo.put_provisions(opened.connection, opened.draft.id, [relanguaged(row, lang, revision) for row in rows])


def _check_area(actor: Actor, about: Description) -> None:
    if not actor.works_in(about.jurisdiction):
        raise OtherArea(f"You work in other jurisdictions than {about.jurisdiction}.")


async def _unless_alias(connection: Connection, about: Description) -> None:
    if await repo.is_alias(connection, about.key):
        detail = "leads to a work that has another number by now"
        raise Unprocessable("Some fields are not valid.", errors=(FieldError(detail, "#/number"),))


def _given(body: DescriptionPatch) -> dict[str, Any]:
    """Only what was sent, as the fields of a Description."""
    names = body.model_fields_set & set(DescriptionPatch.model_fields)
    values = {name: getattr(body, name) for name in names}
    if "status" in values:
        values["status"] = values["status"].value
    return values


def _digest(about: Description) -> bytes:
    return hashlib.sha256(repr(asdict(about)).encode()).digest()
