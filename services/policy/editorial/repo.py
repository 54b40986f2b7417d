"""Drafts, their provisions and who may write them, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from typing import Any

from services.policy.documents.domain import WorkKey
from services.policy.editorial.domain import Description, Draft, DraftProvision, State
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)
Day = date
_ABOUT = tuple(field.name for field in fields(Description))


@dataclass(frozen=True, slots=True)
class Base:
    """The version that a draft begins from, by what it says of itself."""

    id: int
    date: Day
    revision: int
    about: Description
    last_amended: Day | None
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class Filters:
    """Which drafts to list; None is any."""

    state: str | None = None
    jurisdiction: str | None = None
    kind: str | None = None
    number: str | None = None
    lang: str | None = None
    mine: str | None = None
    """`own` or `assigned`."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a reviewer said of a provision, or of the whole (no eid)."""

    revision: int
    eid: str
    text: str
    account: str
    at: datetime


async def draft(connection: Connection, draft_id: str, *, lock: bool = False) -> Draft | None:
    """The draft; with `lock` nobody else writes it until the transaction ends."""
    if lock:
        await connection.execute(_SQL["lock_draft"], draft_id)
    row = await connection.fetchrow(_SQL["draft"], draft_id)
    return None if row is None else _draft(row)


async def drafts(
    connection: Connection,
    account: str,
    areas: str,
    *,
    all_of_them: bool,
    filters: Filters,
    at: int | None,
    backwards: bool,
    limit: int,
) -> list[Draft]:
    """Up to `limit` drafts, newest first, older than `at` (or newer, when `backwards`)."""
    rows = await connection.fetch(_SQL["drafts"], account, all_of_them, *astuple(filters), at, backwards, limit, areas)
    return [_draft(row) for row in (reversed(rows) if backwards else rows)]


async def draft_of_version(connection: Connection, version_id: int) -> str | None:
    """The id of the draft that this version was published from."""
    found = await connection.fetchval(_SQL["draft_of_version"], version_id)
    return None if found is None else str(found)


async def add_draft(connection: Connection, owner: str, about: Description, base: Base | None) -> str:
    """A new draft's id."""
    return str(await connection.fetchval(_SQL["add_draft"], owner, *_about(about), *_base(base)))


async def step(connection: Connection, draft_id: str, account: str, state: State, action: str) -> int:
    """Take it a revision on, perhaps to another state; returns the revision."""
    return int(await connection.fetchval(_SQL["step"], draft_id, account, state, action))


async def describe(
    connection: Connection, found: Draft, account: str, about: Description, base: Base | None = None
) -> int:
    """Give it another description, which is a step; with a `base`, it is put on that one."""
    action = "rebase" if base else "describe"
    kept = _base(base) if base else (found.base_version, found.base_date, found.base_revision)
    return int(await connection.fetchval(_SQL["describe"], found.id, account, action, *_about(about), *kept))


async def mark_published(connection: Connection, draft_id: str, account: str, version_id: int, day: date) -> int:
    """The step to published."""
    return int(await connection.fetchval(_SQL["mark_published"], draft_id, account, version_id, day))


async def notes(connection: Connection, draft_id: str) -> list[Note]:
    """What reviewers said, the last return first."""
    return [Note(**row) for row in await connection.fetch(_SQL["notes"], draft_id)]


async def add_notes(
    connection: Connection, draft_id: str, revision: int, account: str, said: Sequence[tuple[str, str]]
) -> None:
    """(eId or empty, text) of each."""
    rows = [(draft_id, revision, at, eid, text, account) for at, (eid, text) in enumerate(said)]
    await connection.executemany(_SQL["add_note"], rows)


async def set_editor(connection: Connection, draft_id: str, account: str, *, assigned: bool) -> None:
    """Let `account` write it, or no longer."""
    await connection.execute(_SQL["add_editor" if assigned else "remove_editor"], draft_id, account)


async def copy_base(connection: Connection, draft_id: str, version_id: int) -> None:
    """Begin with the provisions of a version."""
    await connection.execute(_SQL["copy_base"], draft_id, version_id)


async def provisions(connection: Connection, draft_id: str) -> list[DraftProvision]:
    """All of them, in order."""
    return [_provision(row) for row in await connection.fetch(_SQL["provisions"], draft_id)]


async def provisions_touched(connection: Connection, draft_id: str) -> list[DraftProvision]:
    """All of them, in order, with markup only where it is not that of the base, and without source and text."""
    return [_provision(row) for row in await connection.fetch(_SQL["provisions_touched"], draft_id)]


async def based(connection: Connection, version_id: int) -> list[DraftProvision]:
    """A version's provisions as those of a draft that has just begun from it."""
    return [_provision(row) for row in await connection.fetch(_SQL["based"], version_id)]


async def provision(connection: Connection, draft_id: str, eid: str) -> DraftProvision | None:
    """One of them."""
    row = await connection.fetchrow(_SQL["provision"], draft_id, eid)
    return None if row is None else _provision(row)


async def outline(connection: Connection, draft_id: str) -> list[tuple[str, Any, int]]:
    """eId, position and level of each, in order."""
    return [tuple(row) for row in await connection.fetch(_SQL["outline"], draft_id)]


async def theirs(connection: Connection, digest: bytes) -> Mapping[str, Any] | None:
    """What the newer base has in place of a provision in conflict; None when nothing, or no longer."""
    row = await connection.fetchrow(_SQL["theirs"], digest)
    return None if row is None else dict(row)


async def put_provisions(connection: Connection, draft_id: str, rows: Sequence[DraftProvision]) -> None:
    """Write provisions, new ones or over those of the same eIds."""
    await connection.executemany(_SQL["put_provision"], [_columns(draft_id, row) for row in rows])


async def remove_provision(connection: Connection, draft_id: str, eid: str) -> None:
    """Take one out."""
    await connection.execute(_SQL["remove_provision"], draft_id, eid)


async def replace_provisions(connection: Connection, draft_id: str, rows: Sequence[DraftProvision]) -> None:
    """Write all anew."""
    await connection.execute(_SQL["clear_provisions"], draft_id)
    await put_provisions(connection, draft_id, rows)


async def move_provisions(
    connection: Connection, draft_id: str, revision: int, places: Sequence[tuple[str, Any, int]]
) -> None:
    """(eId, position, level) of each that moves."""
    rows = [(draft_id, eid, position, level, revision) for eid, position, level in places]
    await connection.executemany(_SQL["move_provision"], rows)


async def version_at(connection: Connection, key: WorkKey, lang: str, day: date) -> Base | None:
    """The text in `lang` since exactly `day`."""
    place = (key.jurisdiction, key.kind, key.number)
    return _found(await connection.fetchrow(_SQL["version_at"], *place, lang, day), key)


async def version_by_id(connection: Connection, version_id: int, key: WorkKey) -> Base | None:
    """A version that may have been withdrawn since."""
    return _found(await connection.fetchrow(_SQL["version_by_id"], version_id), key)


async def latest(connection: Connection, key: WorkKey, lang: str) -> Base | None:
    """The last text of a work in a language."""
    return _found(await connection.fetchrow(_SQL["latest"], key.jurisdiction, key.kind, key.number, lang), key)


async def is_alias(connection: Connection, key: WorkKey) -> bool:
    """Whether this address leads to a work of another number."""
    return bool(await connection.fetchval(_SQL["is_alias"], key.jurisdiction, key.kind, key.number))


async def lock_work(connection: Connection, key: WorkKey, lang: str) -> int | None:
    """The id of a work, to which nobody else writes texts in `lang` until the transaction ends; None: not held."""
    found = await connection.fetchval(_SQL["lock_work"], key.jurisdiction, key.kind, key.number, lang)
    return None if found is None else int(found)


def _draft(row: Any) -> Draft:
    about = Description(**_fields({name: row[name] for name in _ABOUT}))
    return Draft(
        str(row["id"]), row["seq"], State(row["state"]), row["revision"], row["owner"], row["acted_by"],
        row["created_at"], row["changed_at"], about, row["base_version"], row["base_date"], row["base_revision"],
        row["published_version"], row["published_date"], tuple(row["editors"]), tuple(row["authors"]),
        tuple(row["conflicts"]),
    )  # fmt: skip


def _provision(row: Any) -> DraftProvision:
    return DraftProvision(**_fields(row))


def _fields(row: Any) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _found(row: Any, key: WorkKey) -> Base | None:
    if row is None:
        return None
    about = Description(
        key.jurisdiction, key.kind, key.number, row["lang"], None, row["title"], row["long_title"],
        tuple(row["citations"]), tuple(row["subjects"]), row["status"], row["in_force_from"],
    )  # fmt: skip
    return Base(row["id"], row["date"], row["revision"], about, row["last_amended"], row["content_hash"])


def _about(about: Description) -> tuple[Any, ...]:
    return tuple(list(value) if isinstance(value, tuple) else value for value in (getattr(about, n) for n in _ABOUT))


def _base(base: Base | None) -> tuple[Any, ...]:
    return (None, None, None) if base is None else (base.id, base.date, base.revision)


def _columns(draft_id: str, row: DraftProvision) -> tuple[Any, ...]:
    return (
        draft_id, row.eid, row.position, row.level, row.revision, row.kind, row.num, row.heading, row.note, row.lang,
        row.format, row.source, row.content, row.text, row.hash, row.status, row.in_force_from, row.in_force_to,
        row.last_amended, row.source_id, list(row.terms), row.base_ordinal, row.base_eid, row.base_hash, row.conflict,
        row.theirs,
    )  # fmt: skip
