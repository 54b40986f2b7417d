"""Writing one batch of prepared versions, in one transaction, so that a killed import loses at most a batch.

Whatever is stored already is found by its content and left alone.
"""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

import asyncpg

from services.policy.imports.prepare import PreparedVersion, ProvisionTuple
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

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Place = tuple[int, str]
"""Work and language."""


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


@dataclass(slots=True)
class _Plan:
    """What a transaction is going to write."""

    versions: list[tuple[Any, ...]] = field(default_factory=list)
    texts: list[tuple[int, PreparedVersion]] = field(default_factory=list)
    touched: set[Place] = field(default_factory=set)
    confirmed: dict[int, date] = field(default_factory=dict)
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
    names: Mapping[str, Mapping[str, str]],
) -> list[Outcome]:
    """Write `files` and say what each came to. Raises asyncpg's errors; nothing is written then."""
    await _name_jurisdictions(connection, files, names)
    for attempt in range(_ATTEMPTS):
        try:
            async with connection.transaction():
                return await _write(connection, importer, parser_version, files)
        except _COLLIDED:
            if attempt == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - parts two workers, guards nothing
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _name_jurisdictions(
    connection: Connection, files: Sequence[FileToStore], names: Mapping[str, Mapping[str, str]]
) -> None:
    """In a statement of its own, since all batches share these rows and would wait for each other."""
    wanted = {file.prepared.work.jurisdiction for file in files if file.prepared}
    held = {row["id"]: json.loads(row["names"]) for row in await connection.fetch(_SQL["known_jurisdictions"])}
    missing = sorted(j for j in wanted if j not in held or not dict(names.get(j, {})).items() <= held[j].items())
    if missing:
        await connection.execute(
            _SQL["name_jurisdictions"], missing, [json.dumps(dict(names.get(j, {}))) for j in missing]
        )


async def _write(
    connection: Connection, importer: str, parser_version: int, files: Sequence[FileToStore]
) -> list[Outcome]:
    prepared = [file.prepared for file in files if file.prepared]
    works = await _works(connection, prepared)
    held = await _held(connection, list(works.values()))
    reserved = await connection.fetch(_SQL["reserve_versions"], len(prepared))
    ids = [row["id"] for row in reversed(reserved)]
    plan = _Plan()
    orphans: list[int] = []
    for file in files:
        if file.prepared is None:
            version_id, outcome = file.known_version or 0, Outcome.UNCHANGED
        else:
            work_id = works[_key(file.prepared)]
            versions = held.setdefault((work_id, file.prepared.lang), [])
            version_id, outcome = await _place(connection, plan, file, file.prepared, work_id, versions, ids)
        if outcome is Outcome.UNCHANGED:
            plan.confirmed[version_id] = min(file.release, plan.confirmed.get(version_id, file.release))
        if file.reread is not None and file.reread != version_id:
            orphans.append(file.reread)
        plan.remembered.append((file.path, file.release, file.sha256, version_id))
        plan.outcomes.append(outcome)
    await _write_texts(connection, plan)
    await _remember(connection, plan, importer, parser_version)
    for orphan in orphans:
        plan.touched.update(
            (row["work_id"], row["lang"]) for row in await connection.fetch(_SQL["drop_orphan"], orphan)
        )
    if plan.touched:
        places = sorted(plan.touched)
        await connection.execute(_SQL["place_in_time"], [work for work, _ in places], [lang for _, lang in places])
    return plan.outcomes


async def _place(
    connection: Connection,
    plan: _Plan,
    file: FileToStore,
    prepared: PreparedVersion,
    work_id: int,
    versions: list[_Held],
    ids: list[int],
) -> tuple[int, Outcome]:
    """Find the version this file is, or plan a new one."""
    same_date = [version for version in versions if version.date == prepared.date]
    reread = next((version for version in same_date if version.id == file.reread), None)
    if reread is not None:
        changed = reread.content_hash != prepared.content_hash
        await _reread(connection, plan, reread, prepared)
        return reread.id, Outcome.CHANGED if changed else Outcome.UNCHANGED
    for version in same_date:
        if version.content_hash == prepared.content_hash:
            return version.id, Outcome.UNCHANGED
    outcome = Outcome.CHANGED if versions else Outcome.ADDED
    if versions:
        plan.touched.add((work_id, prepared.lang))
    new = _Held(ids.pop(), prepared.date, 1 + max((v.revision for v in same_date), default=0), prepared.content_hash)
    versions.append(new)
    plan.versions.append(
        (new.id, work_id, prepared.lang, new.date, new.revision, file.release, *prepared.columns, new.content_hash)
    )
    plan.texts.append((new.id, prepared))
    return new.id, outcome


async def _reread(connection: Connection, plan: _Plan, version: _Held, prepared: PreparedVersion) -> None:
    """Correct a version in place: the publisher's bytes are the same, only our reading of them got better."""
    await connection.execute(_SQL["clear_version"], version.id)
    await connection.execute(_SQL["rewrite_version"], version.id, *prepared.columns, prepared.content_hash)
    await connection.execute(
        _SQL["correct_texts"], [row[0] for row in prepared.provisions], [row[-1] for row in prepared.provisions]
    )
    version.content_hash = prepared.content_hash
    plan.texts.append((version.id, prepared))


def _key(prepared: PreparedVersion) -> tuple[str, str, str]:
    return prepared.work.jurisdiction, prepared.work.kind, prepared.work.number


async def _works(connection: Connection, prepared: Sequence[PreparedVersion]) -> dict[tuple[str, str, str], int]:
    """Ids of the works, added where they are new."""
    if not prepared:
        return {}
    uris = {_key(version): version.work.frbr_uri for version in prepared}
    columns = tuple(map(list, zip(*uris, strict=True)))
    found = {tuple(row.values())[1:]: row["id"] for row in await connection.fetch(_SQL["works"], *columns)}
    if len(found) < len(uris):
        await connection.execute(_SQL["add_works"], *columns, list(uris.values()))
        found = {tuple(row.values())[1:]: row["id"] for row in await connection.fetch(_SQL["works"], *columns)}
    aliases = {
        (version.work.jurisdiction, version.work.kind, alias): found[_key(version)]
        for version in prepared
        for alias in version.work.aliases
        if alias != version.work.number
    }
    if aliases:
        alias_columns = tuple(map(list, zip(*aliases, strict=True)))
        await connection.execute(_SQL["add_aliases"], *alias_columns, list(aliases.values()))
    return found


async def _held(connection: Connection, work_ids: list[int]) -> dict[Place, list[_Held]]:
    held: dict[Place, list[_Held]] = {}
    for row in await connection.fetch(_SQL["versions_held"], work_ids):
        version = _Held(row["id"], row["date"], row["revision"], row["content_hash"])
        held.setdefault((row["work_id"], row["lang"]), []).append(version)
    return held


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
    if plan.confirmed:
        ids = sorted(plan.confirmed)
        await connection.execute(_SQL["confirm_versions"], ids, [plan.confirmed[version] for version in ids])
    columns = map(list, zip(*plan.remembered, strict=True))
    await connection.execute(_SQL["remember_files"], importer, parser_version, *columns)
