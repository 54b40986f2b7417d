"""Writing one batch of prepared versions, in one transaction, so that a killed import loses at most a batch.

Whatever is stored already is found by its content and left alone.
"""

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import asyncpg

from services.policy.imports.connection import Connection
from services.policy.imports.prepare import PreparedVersion, ProvisionTuple
from services.policy.imports.works import Names, name_jurisdictions, work_address, works_of
from shared.sql import load_queries

_SQL = load_queries(__file__)
_ATTEMPTS = 6
_COLLIDED = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError,
             asyncpg.ForeignKeyViolationError)  # fmt: skip
"""What two batches may do to each other when they meet; the second attempt finds what the other wrote."""
_VERSION_COLUMNS = (
    "id", "work_id", "lang", "date", "revision", "published", "title", "sort_title", "long_title", "citations",
    "subjects", "status", "in_force_from", "last_amended", "source_ids", "content_hash",
)  # fmt: skip
_PLACEMENT_COLUMNS = (
    "version_id", "ordinal", "parent", "level", "eid", "hash", "status", "in_force_from", "in_force_to",
    "last_amended", "source_id", "terms",
)  # fmt: skip
_CITATION_COLUMNS = ("version_id", "ordinal", "relation", "seq", "target_uri", "target_eid", "label")

Place = tuple[int, str]
"""Work and language."""
REMOVED = "removed/"
"""The folder of a source that holds what its release no longer carries."""


class Outcome(StrEnum):
    """What a file's import came to."""

    ADDED = "added"  # the first text held of this work in this language
    CHANGED = "changed"  # a further version or revision of it
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What was read of a file in one release."""

    release: date
    parser_version: int
    sha256: bytes
    version_id: int


@dataclass(frozen=True, slots=True)
class FileToStore:
    """A file that was read. `path` is without its dated folder.

    `prepared` is None when its bytes are those of `known_version`, which another release brought.
    `reread` is the version that an older parser made of the same bytes, and which is to be corrected.
    """

    path: str
    release: date
    sha256: bytes
    prepared: PreparedVersion | None
    known_version: int | None = None
    reread: int | None = None


@dataclass(slots=True)
class _Held:
    id: int
    date: date
    revision: int
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class _Withdrawn:
    date: date
    content_hash: bytes
    sources: tuple[bytes, ...]


@dataclass(slots=True)
class _Place:
    """What is held of a work in a language, and what was withdrawn of it."""

    versions: list[_Held] = field(default_factory=list)
    withdrawn: list[_Withdrawn] = field(default_factory=list)


@dataclass(slots=True)
class _Plan:
    """What a transaction is going to write."""

    versions: list[tuple[Any, ...]] = field(default_factory=list)
    texts: list[tuple[int, PreparedVersion]] = field(default_factory=list)
    touched: set[Place] = field(default_factory=set)
    confirmed: dict[int, date] = field(default_factory=dict)
    taken_out: set[tuple[int, date]] = field(default_factory=set)
    remembered: list[tuple[str, date, bytes, int]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


async def known_files(connection: Connection, importer: str, paths: Sequence[str]) -> dict[str, list[KnownFile]]:
    """What was read of `paths` (without dated folders) before, newest release first."""
    known: dict[str, list[KnownFile]] = {}
    for row in await connection.fetch(_SQL["known_files"], importer, list(paths)):
        known.setdefault(row["path"], []).append(
            KnownFile(row["release"], row["parser_version"], row["sha256"], row["version_id"])
        )
    return known


async def store(
    connection: Connection,
    importer: str,
    parser_version: int,
    files: Sequence[FileToStore],
    names: Names,
) -> list[Outcome]:
    """Write `files` and say what each came to. Raises asyncpg's errors; nothing is written then."""
    releases: dict[str, date] = {}
    for file in files:
        if file.prepared is not None:
            jurisdiction = file.prepared.work.jurisdiction
            releases[jurisdiction] = max(file.release, releases.get(jurisdiction, date.min))
    await name_jurisdictions(connection, releases, names)
    for attempt in range(_ATTEMPTS):
        try:
            async with connection.transaction():
                return await _write(connection, importer, parser_version, files)
        except _COLLIDED:
            if attempt == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - parts two workers, guards nothing
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _write(
    connection: Connection, importer: str, parser_version: int, files: Sequence[FileToStore]
) -> list[Outcome]:
    prepared = [file.prepared for file in files if file.prepared]
    works = await works_of(connection, prepared)
    held = await _held(connection, {(works[work_address(version)], version.lang) for version in prepared})
    reserved = await connection.fetch(_SQL["reserve_versions"], len(prepared))
    ids = [row["id"] for row in reversed(reserved)]
    plan = _Plan()
    orphans: list[int] = []
    for file in files:
        version_id, outcome = file.known_version, Outcome.UNCHANGED
        if file.prepared is not None:
            place = works[work_address(file.prepared)], file.prepared.lang
            version_id, outcome = await _place(connection, plan, file, file.prepared, place, held[place], ids)
        plan.outcomes.append(outcome)
        if version_id is None:
            continue
        if outcome is Outcome.UNCHANGED:
            plan.confirmed[version_id] = min(file.release, plan.confirmed.get(version_id, file.release))
        if file.reread is not None and file.reread != version_id:
            orphans.append(file.reread)
        if file.path.startswith(REMOVED):
            plan.taken_out.add((version_id, file.release))
        plan.remembered.append((file.path, file.release, file.sha256, version_id))
    await _write_texts(connection, plan)
    if plan.remembered:
        await _remember(connection, plan, importer, parser_version)
    for orphan in orphans:
        plan.touched.update(_places(await connection.fetch(_SQL["drop_orphan"], orphan)))
    if plan.touched:
        await connection.execute(_SQL["place_versions"], *map(list, zip(*sorted(plan.touched), strict=True)))
    return plan.outcomes


async def _place(
    connection: Connection,
    plan: _Plan,
    file: FileToStore,
    prepared: PreparedVersion,
    place: Place,
    held: _Place,
    ids: list[int],
) -> tuple[int | None, Outcome]:
    """Find the version this file is, or plan a new one; None for a text that was withdrawn here."""
    same_date = [version for version in held.versions if version.date == prepared.date]
    reread = next((version for version in same_date if version.id == file.reread), None)
    if reread is not None:
        changed = reread.content_hash != prepared.content_hash
        await _reread(connection, plan, reread, prepared)
        plan.touched.add(place)
        return reread.id, Outcome.CHANGED if changed else Outcome.UNCHANGED
    for version in same_date:
        if version.content_hash == prepared.content_hash:
            return version.id, Outcome.UNCHANGED
    for text in held.withdrawn:
        same = text.date == prepared.date and text.content_hash == prepared.content_hash
        if same or file.sha256 in text.sources:
            return None, Outcome.UNCHANGED
    outcome = Outcome.CHANGED if held.versions else Outcome.ADDED
    if held.versions or held.withdrawn:
        plan.touched.add(place)
    new = _Held(ids.pop(), prepared.date, 1 + max((v.revision for v in same_date), default=0), prepared.content_hash)
    held.versions.append(new)
    plan.versions.append((new.id, *place, new.date, new.revision, file.release, *_columns(prepared), new.content_hash))
    plan.texts.append((new.id, prepared))
    return new.id, outcome


async def _reread(connection: Connection, plan: _Plan, version: _Held, prepared: PreparedVersion) -> None:
    """Correct a version in place: the publisher's bytes are the same, only our reading of them got better."""
    await connection.execute(_SQL["clear_version"], version.id)
    await connection.execute(_SQL["rewrite_version"], version.id, *_columns(prepared), prepared.content_hash)
    await connection.execute(
        _SQL["correct_texts"], [row[0] for row in prepared.provisions], [row[-1] for row in prepared.provisions]
    )
    version.content_hash = prepared.content_hash
    plan.texts.append((version.id, prepared))


def _columns(prepared: PreparedVersion) -> tuple[Any, ...]:
    """As PreparedVersion has them, without the path: the same text may come from several, each in `import_file`."""
    *columns, source_ids = prepared.columns
    names = {name: value for name, value in json.loads(source_ids).items() if name != "path"}
    return *columns, json.dumps(names, sort_keys=True)


async def _held(connection: Connection, places: set[Place]) -> dict[Place, _Place]:
    held = {place: _Place() for place in places}
    if not places:
        return held
    columns = tuple(map(list, zip(*sorted(places), strict=True)))
    await connection.execute(_SQL["lock_places"], *columns)
    for row in await connection.fetch(_SQL["versions_held"], *columns):
        version = _Held(row["id"], row["date"], row["revision"], row["content_hash"])
        held[row["work_id"], row["lang"]].versions.append(version)
    for row in await connection.fetch(_SQL["tombstones"], *columns):
        text = _Withdrawn(row["date"], row["content_hash"], tuple(row["sources"]))
        held[row["work_id"], row["lang"]].withdrawn.append(text)
    return held


def _places(rows: Sequence[asyncpg.Record]) -> set[Place]:
    return {(row["work_id"], row["lang"]) for row in rows}


async def _write_texts(connection: Connection, plan: _Plan) -> None:
    if plan.versions:
        await connection.copy_records_to_table("version", records=plan.versions, columns=_VERSION_COLUMNS)
    if not plan.texts:
        return
    unique: dict[bytes, ProvisionTuple] = {row[0]: row for _, text in plan.texts for row in text.provisions}
    known = {row["hash"] for row in await connection.fetch(_SQL["provisions_held"], list(unique))}
    new = [row for digest, row in unique.items() if digest not in known]
    if new:
        await connection.execute(_SQL["add_provisions"], *map(list, zip(*new, strict=True)))
    placements = [(version_id, *row) for version_id, text in plan.texts for row in text.placements]
    citations = [(version_id, *row) for version_id, text in plan.texts for row in text.citations]
    await connection.copy_records_to_table("version_provision", records=placements, columns=_PLACEMENT_COLUMNS)
    await connection.copy_records_to_table("citation", records=citations, columns=_CITATION_COLUMNS)


async def _remember(connection: Connection, plan: _Plan, importer: str, parser_version: int) -> None:
    ids = sorted(plan.confirmed)
    if ids:
        await connection.execute(_SQL["confirm_versions"], ids, [plan.confirmed[version] for version in ids])
    columns = map(list, zip(*plan.remembered, strict=True))
    await connection.execute(_SQL["remember_files"], importer, parser_version, *columns)
    if ids:
        plan.touched |= _places(await connection.fetch(_SQL["said_again"], ids))
    if plan.taken_out:
        removed = map(list, zip(*sorted(plan.taken_out), strict=True))
        plan.touched |= _places(await connection.fetch(_SQL["take_out"], *removed))
