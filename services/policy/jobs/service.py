"""Uploading an import, watching it, ending it and going on with it."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.policy.acting import System, transaction_of
from services.policy.jobs import repo
from services.policy.jobs.domain import (
    MAX_WAITING,
    Caller,
    Event,
    FileFailure,
    ImportNotFound,
    Job,
    NotNow,
    State,
    Upload,
    check_can_cancel,
    check_can_resume,
)
from shared.db import Database
from shared.errors import FieldError, Forbidden, TooLarge, Unavailable, Unprocessable

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wish:
    """What an upload asks for."""

    importer: str
    release: date | None
    key: str | None
    """The Idempotency-Key."""


async def receive(
    database: Database, caller: Caller, filename: str, chunks: AsyncIterator[bytes], max_bytes: int
) -> Upload:
    """Keep a file that arrives, a megabyte at a time; no connection is held while the client is slow.

    Raises TooLarge, and Unprocessable for an empty file; nothing is kept then.
    """
    async with transaction_of(database, caller) as connection:
        upload_id = await repo.begin_upload(connection, filename)
    digest, size, number, rest = hashlib.sha256(), 0, 0, bytearray()
    complete = False
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > max_bytes:
                raise TooLarge(f"A file may have at most {max_bytes} bytes.")
            digest.update(chunk)
            rest += chunk
            if len(rest) >= _PIECE_BYTES:
                async with transaction_of(database, caller) as connection:
                    await repo.add_piece(connection, upload_id, number, bytes(rest))
                number += 1
                rest.clear()
        if not size:
            raise Unprocessable("The file is empty.", errors=(FieldError("is empty", "#/file"),))
        upload = Upload(upload_id, filename, size, digest.digest())
        async with transaction_of(database, caller) as connection:
            if rest:
                await repo.add_piece(connection, upload_id, number, bytes(rest))
            await repo.end_upload(connection, upload)
        complete = True
    finally:
        if not complete:
            await discard(database, caller, upload_id)
    return upload


async def discard(database: Database, caller: Caller, upload_id: UUID) -> None:
    """Forget a file that nothing came of; where that fails, the worker does it a day later."""
    try:
        async with transaction_of(database, caller) as connection:
            await repo.drop_upload(connection, upload_id)
    except Unavailable:
        return


async def add(database: Database, caller: Caller, wish: Wish, upload: Upload) -> tuple[Job, bool]:
    """Enter the import of an uploaded file; or find the one that a request with the same key made (then True).

    Raises Unprocessable for a key that was used for something else, and NotNow when too many imports wait; the file is
    not kept then.
    """
    added = False
    try:
        job, replayed = await _add(database, caller, wish, upload)
        added = not replayed
    finally:
        if not added:
            await discard(database, caller, upload.id)
    return job, replayed


async def _add(database: Database, caller: Caller, wish: Wish, upload: Upload) -> tuple[Job, bool]:
    async with transaction_of(database, caller) as connection:
        await repo.lock_account(connection, caller.account)
        number = await repo.job_of_key(connection, caller.account, wish.key) if wish.key else None
        replayed = number is not None
        if number is None:
            if await repo.count_waiting(connection, caller.account) >= MAX_WAITING:
                raise NotNow(f"{MAX_WAITING} of your imports have not ended; wait for one, or cancel one.")
            number = await repo.add_job(connection, caller, wish.importer, wish.release, upload, wish.key)
        job = await repo.job(connection, number, caller)
        if job is None:
            raise LookupError(f"import {number} vanished")
        if replayed:
            made_of = (job.importer, job.asked_release, job.source, job.upload_sha256)
            if made_of != (wish.importer, wish.release, upload.filename, upload.sha256):
                detail = "was used before, for another import"
                raise Unprocessable("This Idempotency-Key was used.", errors=(FieldError(detail, "Idempotency-Key"),))
    return job, replayed


async def find(database: Database, caller: Caller, number: int) -> Job:
    """One import. Raises ImportNotFound."""
    async with transaction_of(database, caller) as connection:
        return _there(await repo.job(connection, number, caller))


async def find_all(
    database: Database, caller: Caller, state: State | None, before: int | None, limit: int
) -> tuple[list[Job], int | None]:
    """A page of the imports that `caller` sees, newest first, and the number before which the next page begins."""
    async with transaction_of(database, caller) as connection:
        found = await repo.jobs(connection, caller, state, before, limit + 1)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def find_failures(
    database: Database, caller: Caller, number: int, after: str | None, limit: int
) -> tuple[Job, Sequence[FileFailure], str | None]:
    """The import, a page of its failures by path, and the path after which the next page begins."""
    async with transaction_of(database, caller) as connection:
        job = _there(await repo.job(connection, number, caller))
        found = await repo.failures(connection, number, after, limit + 1)
    return job, found[:limit], found[limit - 1].path if len(found) > limit else None


async def read_report(
    database: Database, caller: Caller, number: int, limit: int
) -> tuple[Job, list[FileFailure], list[Event]]:
    """The import, its first failures by path, and the record of its steps."""
    async with transaction_of(database, caller, readonly=True) as connection:
        job = _there(await repo.job(connection, number, caller))
        return job, await repo.failures(connection, number, None, limit), await repo.events(connection, number)


async def cancel(database: Database, caller: Caller, number: int) -> Job:
    """Have an import end. Raises ImportNotFound, Forbidden, NotNow."""
    async with transaction_of(database, caller) as connection:
        job = _there(await repo.job(connection, number, caller))
        _require_move(job, caller)
        check_can_cancel(job)
        await repo.cancel(connection, number)
        return _there(await repo.job(connection, number, caller))


async def resume(database: Database, caller: Caller, number: int) -> Job:
    """Have an import go on where it ended. Raises ImportNotFound, Forbidden, NotNow."""
    async with transaction_of(database, caller) as connection:
        job = _there(await repo.job(connection, number, caller))
        _require_move(job, caller)
        check_can_resume(job)
        await repo.resume(connection, number, caller)
        return _there(await repo.job(connection, number, caller))


async def check_workers(database: Database) -> None:
    """Raises LookupError when imports wait and nobody takes them up, or when the workers there were fell silent."""
    async with transaction_of(database, System(), readonly=True) as connection:
        present, silent, waiting = await repo.workers(connection)
    if not present and (silent or waiting):
        raise LookupError("no import worker")


def _there(job: Job | None) -> Job:
    if job is None:
        raise ImportNotFound("No import is at this address.")
    return job


def _require_move(job: Job, caller: Caller) -> None:
    if not job.may_be_moved_by(caller):
        raise Forbidden("Only whoever began an import, and administrators, may do this.")
