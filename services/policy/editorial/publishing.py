"""Publishing: an approved draft becomes a version, in search and in the log of changes with the same commit."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.policy.documents.addresses import version_href
from services.policy.editorial import repo
from services.policy.editorial.domain import (
    Actor,
    Draft,
    DraftNotFound,
    DraftProvision,
    StaleBase,
    StepRefused,
    outline_hash,
)
from services.policy.editorial.markup import references_of
from services.policy.editorial.preconditions import Expected
from services.policy.editorial.record import Entry, record
from services.policy.editorial.steps import persistently, step
from services.policy.imports.prepare import sort_key, split_reference
from services.policy.search.indexer import index_versions
from shared.db import Connection, Database
from shared.errors import FieldError, Unprocessable
from shared.sql import load_queries

_SQL = load_queries(__file__)


@dataclass(frozen=True, slots=True)
class Published:
    """The draft, and the address of the version that came of it."""

    draft: Draft
    href: str
    revision: int
    """More than 1 when it corrects the text of its date."""


@dataclass(frozen=True, slots=True)
class _Text:
    """What is to be written: provisions in order with the places they get, and the day it all stands since."""

    day: date
    provisions: list[DraftProvision]
    parents: list[int | None]
    amended: date | None
    """The day on which what is changed was amended; None when this is a first text or a correction."""


async def publish(
    database: Database, actor: Actor, draft_id: str, known: Expected, day: date | None, note: str, today: date
) -> Published:
    """Write the draft as a version that stands since `day` (None: its own date, or today).

    Raises StaleBase when a later text was published since the draft began, StepRefused when nothing would change,
    OwnWork for one of its authors.
    """
    return await persistently(lambda: _publish(database, actor, draft_id, known, day, note, today))


async def _publish(
    database: Database, actor: Actor, draft_id: str, known: Expected, day: date | None, note: str, today: date
) -> Published:
    async with step(database, actor, draft_id, "review", known) as opened:
        connection, draft = opened.connection, opened.draft
        if "publish" not in draft.actions(replace(actor, account="")):
            raise StepRefused("Only a draft that is approved can be published.")
        stands = day or draft.about.date or today
        work_id = await _work(connection, draft)
        base = await _base(connection, draft, stands)
        rows = await repo.provisions_touched(connection, draft_id)
        amended = stands if draft.base_date is not None and stands != draft.base_date else None
        text = _Text(stands, [_dated(row, amended) for row in rows], parents_of(rows), amended)
        version_id, number = await _write(connection, draft, base, work_id, text, today)
        revision = await repo.mark_published(connection, draft_id, actor.account, version_id, stands)
        digest = outline_hash(draft.about, rows)
        entry = Entry("publish", before=digest, after=digest, detail=note, version_id=version_id)
        found = await _draft(connection, draft_id)
        await record(connection, actor, draft, revision, entry, found.state)
        await index_versions(connection, [version_id], today=today)
        return Published(found, version_href(draft.about.key, draft.about.lang, stands), number)


async def _work(connection: Connection, draft: Draft) -> int:
    """The work, made when this is its first text; locked, so that of two publishers one sees what the other wrote."""
    key = draft.about.key
    if draft.base_version is None:
        if await repo.is_alias(connection, key):
            raise StepRefused("Another work is known under this number by now.")
        await connection.execute(_SQL["add_jurisdiction"], key.jurisdiction)
        uri = f"/akn/{key.jurisdiction}/{key.kind}/{key.number}"
        await connection.execute(_SQL["add_work"], key.jurisdiction, key.kind, key.number, uri)
    work_id = await repo.lock_work(connection, key, draft.about.lang)
    if work_id is None:
        raise StepRefused("Another work has this number by now, in the form that the standard gives it.")
    return work_id


async def _base(connection: Connection, draft: Draft, stands: date) -> repo.Base | None:
    """What the draft began from: the last text, or for a correction that of its own date. Raises StaleBase."""
    about = draft.about
    found = latest = await repo.latest(connection, about.key, about.lang)
    if draft.base_version is not None and (latest is None or latest.id != draft.base_version):
        found = await repo.version_at(connection, about.key, about.lang, stands)
    if (found.id if found else None) == draft.base_version:
        if draft.base_date is not None and stands < draft.base_date:
            detail = f"is before {draft.base_date}, since which the text stands that this one changes"
            raise Unprocessable("Some fields are not valid.", errors=(FieldError(detail, "#/date"),))
        return found
    base = None if draft.base_date is None else version_href(about.key, about.lang, draft.base_date)
    raise StaleBase(
        "Another text was published since this draft began. Return it, rebase it, and have it reviewed again.",
        base, None if latest is None else version_href(about.key, about.lang, latest.date),
    )  # fmt: skip


async def _write(
    connection: Connection, draft: Draft, base: repo.Base | None, work_id: int, text: _Text, today: date
) -> tuple[int, int]:
    """The version's id and revision. Whatever is stored by its content already is only pointed at."""
    about, held = draft.about, base.id if base else None
    amended = text.amended or (base.last_amended if base else None)
    digest = _content_hash(draft, text, amended, await _work_references(connection, held))
    if base is not None and (base.date, base.content_hash) == (text.day, digest):
        raise StepRefused("This text stands there already, word for word.")
    await connection.execute(_SQL["add_provisions"], draft.id)
    row = await connection.fetchrow(
        _SQL["add_version"], work_id, about.lang, text.day, today, about.title, sort_key(about.title), about.long_title,
        list(about.citations), list(about.subjects), about.status, about.in_force_from, amended, digest, held,
    )  # fmt: skip
    if row is None:
        raise LookupError("an insert returned no row")
    version_id = int(row["id"])
    ordinals = list(range(len(text.provisions)))
    eids = [part.eid for part in text.provisions]
    await connection.execute(_SQL["add_placements"], version_id, ordinals, text.parents, eids, text.amended, draft.id)
    await _cite(connection, version_id, draft, text.provisions)
    await connection.execute(_SQL["place_versions"], work_id, about.lang)
    if row["revision"] == 1:
        return version_id, 1
    placed = await repo.version_by_id(connection, version_id, about.key)
    return version_id, placed.revision if placed else int(row["revision"])


async def _cite(connection: Connection, version_id: int, draft: Draft, rows: Sequence[DraftProvision]) -> None:
    """Untouched provisions cite what they cited; what was written is read again."""
    key = draft.about.key
    own = f"/akn/{key.jurisdiction}/{key.kind}/{key.number}"
    kept: list[tuple[int, int]] = []
    made: list[tuple[int, int, str, str, str]] = []
    for ordinal, row in enumerate(rows):
        if row.base_ordinal is not None and not row.is_changed:
            kept.append((row.base_ordinal, ordinal))
            continue
        for seq, reference in enumerate(references_of(row.content)):
            made.append((ordinal, seq, *split_reference(reference.href, own), reference.label))
    if draft.base_version is not None:
        places = [list(column) for column in zip(*kept, strict=True)] or [[], []]
        await connection.execute(_SQL["carry_citations"], version_id, draft.base_version, *places)
    if made:
        await connection.execute(_SQL["add_citations"], version_id, *map(list, zip(*made, strict=True)))


async def _work_references(connection: Connection, base: int | None) -> list[tuple[str, str]]:
    if base is None:
        return []
    rows = await connection.fetch(_SQL["work_references"], base)
    return [(row["target_uri"] + (f"/~{row['target_eid']}" if row["target_eid"] else ""), row["label"]) for row in rows]


def _content_hash(draft: Draft, text: _Text, amended: date | None, references: list[tuple[str, str]]) -> bytes:
    """As imports have it, and as docs/api.md tells third parties."""
    about = draft.about
    head = [about.title, about.long_title, about.citations, about.subjects, about.status, str(about.in_force_from),
            str(amended), references]  # fmt: skip
    digest = hashlib.sha256(json.dumps(head).encode())
    for row in text.provisions:
        rest: tuple[Any, ...] = (row.level, row.eid, row.status, row.in_force_from, row.in_force_to, row.last_amended)
        digest.update(row.hash)
        digest.update(("\0".join(map(str, rest)) + "\n").encode())
    return digest.digest()


def _dated(row: DraftProvision, amended: date | None) -> DraftProvision:
    return replace(row, last_amended=amended) if amended is not None and row.is_changed else row


def parents_of(rows: Sequence[DraftProvision]) -> list[int | None]:
    """Of each, the ordinal of the nearest earlier one of a lower level."""
    above: list[tuple[int, int]] = []
    parents = []
    for ordinal, row in enumerate(rows):
        while above and above[-1][0] >= row.level:
            above.pop()
        parents.append(above[-1][1] if above else None)
        above.append((row.level, ordinal))
    return parents


async def _draft(connection: Connection, draft_id: str) -> Draft:
    found = await repo.draft(connection, draft_id)
    if found is None:
        raise DraftNotFound("No draft is at this address.")
    return found
