"""What changed, and everything that is held, part by part."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from services.policy.documents.addresses import version_href
from services.policy.exports import repo
from services.policy.exports.domain import (
    Change,
    ChangeNotFound,
    ChangesPage,
    Manifest,
    Part,
    PartGone,
    PartNotFound,
    PartRange,
    complete_parts,
)
from shared.background import stop
from shared.db import Connection, Database
from shared.errors import FieldError, Invalid
from shared.log import get_logger

_log = get_logger(__name__)


async def read_changes(database: Database, after: int, filters: repo.Filters, limit: int) -> ChangesPage:
    """The changes after `after`. Raises Invalid for a number that the log has not reached."""
    async with database.transaction(readonly=True) as connection:
        last = await repo.last_change(connection)
        if after > last:
            # Only a log that was set back explains it, and then the reader holds what is not so here.
            raise Invalid(
                f"The log of changes ends at {last}. Whoever has read beyond it begins anew, with the bulk export.",
                errors=(FieldError("is beyond the end of the log", "after"),),
            )
        items = await repo.changes(connection, after, last, filters, limit + 1)
    if len(items) > limit:
        return ChangesPage(items[:limit], items[limit - 1].seq, last)
    return ChangesPage(items, last, last)


async def read_change(database: Database, seq: int) -> tuple[Change, bytes | None]:
    """One change, with the whole version as JSON unless it was withdrawn or has changed again since."""
    async with database.transaction(readonly=True) as connection:
        found = await repo.change(connection, seq)
        if found is None:
            raise ChangeNotFound("The log has no change of this number.")
        if found.replaced_by is not None:
            return found, None
        return found, await repo.line(connection, found.version_id, version_href(found.work, found.lang, found.date))


async def find_part(database: Database, sha256: bytes) -> Part:
    """The part with this content. Raises PartNotFound, and PartGone when it has another content by now."""
    async with database.connection() as connection:
        part = await repo.part_of_sha256(connection, sha256)
        if part is None:
            raise PartNotFound("No part of the export has this content. Read the manifest again.")
        if not await _still_stands(connection, part.range):
            raise PartGone("A version in this part has changed since. Read the manifest again.")
        return part


async def part_lines(database: Database, part: PartRange) -> AsyncIterator[bytes]:
    """The lines of a part. One version is in memory at a time, and no connection is kept while the reader is slow.

    Ends early when a version is withdrawn meanwhile; who reads compares the whole with its SHA-256.
    """
    async with database.connection() as connection:
        versions = await repo.part_versions(connection, part)
    for version in versions:
        async with database.connection() as connection:
            line = await repo.line(connection, version.id, version.href)
        if line is None:
            return
        yield line


class Export:
    """Makes manifests. The content of a part is read and hashed when a manifest names it for the first time."""

    def __init__(self, database: Database, *, patience: float) -> None:
        """`patience`: seconds that a manifest waits for parts; after that it tells of those that are ready."""
        self._database = database
        self._patience = patience
        self._building: asyncio.Task[None] | None = None

    async def manifest(self) -> Manifest:
        """The export up to the last change, or as much of it as is ready."""
        last, wanted = await self._wanted()
        found = await self._manifest(last, wanted)
        if found.seq == last:
            return found
        building = self._building
        if building is None or building.done():
            building = self._building = asyncio.create_task(self._build(wanted), name="bulk")
            building.add_done_callback(_tell)
        await asyncio.wait({building}, timeout=self._patience)
        if building.done():
            building.result()  # raises what it failed with
        return await self._manifest(last, wanted)

    async def close(self) -> None:
        """Stop reading; what was read is kept."""
        if self._building is not None:
            await stop([self._building])

    async def _wanted(self) -> tuple[int, list[PartRange]]:
        async with self._database.transaction(readonly=True) as connection:
            last = await repo.last_change(connection)
            return last, await repo.parts(connection, 1, last)

    async def _manifest(self, last: int, wanted: list[PartRange]) -> Manifest:
        async with self._database.transaction(readonly=True) as connection:
            seq, parts = complete_parts(wanted, await repo.built_parts(connection, wanted), last)
            return Manifest(seq, last, await repo.count_works(connection, seq), parts)

    async def _build(self, wanted: list[PartRange]) -> None:
        async with self._database.connection() as connection:
            built = await repo.built_parts(connection, wanted)
        for part in wanted:
            if part.fingerprint not in built:
                await self._read(part)
        async with self._database.connection() as connection:
            await repo.drop_old_parts(connection, wanted)
        _log.info("bulk_parts_read", parts=len(wanted) - len(built))

    async def _read(self, part: PartRange) -> None:
        digest, size, versions = hashlib.sha256(), 0, 0
        async for line in part_lines(self._database, part):
            digest.update(line)
            size += len(line)
            versions += 1
        async with self._database.connection() as connection:
            works = len({version.work for version in await repo.part_versions(connection, part)})
            # Otherwise the lines may be of before and after a change; the next manifest asks for what is there then.
            if await _still_stands(connection, part):
                await repo.add_part(connection, Part(part, versions, works, size, digest.digest()))


def _tell(building: asyncio.Task[None]) -> None:
    """Log a failure, since the manifest that began it may no longer be waiting."""
    if not building.cancelled() and (error := building.exception()) is not None:
        _log.warning("bulk_parts_failed", error=type(error).__name__)


async def _still_stands(connection: Connection, part: PartRange) -> bool:
    """Whether none of the part's versions has changed again."""
    return await repo.parts(connection, part.first_seq, part.last_seq) == [part]
