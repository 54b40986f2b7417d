"""Reading and moving imports, and keeping uploaded files, in PostgreSQL."""

from datetime import date
from uuid import UUID

import asyncpg

from services.policy.jobs.domain import Caller, Event, FileFailure, Job, State, Upload
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)


async def job(connection: Connection, number: int, caller: Caller) -> Job | None:
    """The import; None when there is none that the caller sees."""
    row = await connection.fetchrow(_SQL["job"], number, caller.account, caller.sees_all, caller.areas)
    return None if row is None else _job(row)


async def jobs(
    connection: Connection, caller: Caller, state: State | None, before: int | None, limit: int
) -> list[Job]:
    """Imports that the caller sees, newest first."""
    rows = await connection.fetch(_SQL["jobs"], caller.account, caller.sees_all, caller.areas, state, before, limit)
    return [_job(row) for row in rows]


async def failures(connection: Connection, number: int, after: str | None, limit: int) -> list[FileFailure]:
    """What could not be imported, by path."""
    return [FileFailure(**row) for row in await connection.fetch(_SQL["failures"], number, after, limit)]


async def events(connection: Connection, number: int) -> list[Event]:
    """The steps of an import, in order; of one that went on very often the last thousand."""
    return [Event(**row) for row in reversed(await connection.fetch(_SQL["events"], number))]


async def begin_upload(connection: Connection, filename: str) -> UUID:
    """Make room for a file."""
    found: UUID = await connection.fetchval(_SQL["begin_upload"], filename)
    return found


async def add_piece(connection: Connection, upload_id: UUID, number: int, data: bytes) -> None:
    """Keep one piece."""
    await connection.execute(_SQL["add_piece"], upload_id, number, data)


async def end_upload(connection: Connection, upload: Upload) -> None:
    """Note that all of it is there."""
    await connection.execute(_SQL["end_upload"], upload.id, upload.size, upload.sha256)


async def drop_upload(connection: Connection, upload_id: UUID) -> None:
    """Forget a file."""
    await connection.execute(_SQL["drop_upload"], upload_id)


async def lock_account(connection: Connection, account: str) -> None:
    """Keep other requests of the account waiting until the transaction ends."""
    await connection.execute(_SQL["lock_account"], account)


async def job_of_key(connection: Connection, account: str, key: str) -> int | None:
    """The import that a request with this Idempotency-Key made."""
    found: int | None = await connection.fetchval(_SQL["job_of_key"], account, key)
    return found


async def count_waiting(connection: Connection, account: str) -> int:
    """Imports of the account that have not ended."""
    return int(await connection.fetchval(_SQL["count_waiting"], account))


async def add_job(
    connection: Connection, caller: Caller, importer: str, release: date | None, upload: Upload, key: str | None
) -> int:
    """Enter an import; returns its number."""
    return int(
        await connection.fetchval(
            _SQL["add_job"],
            importer,
            upload.filename,
            caller.account,
            release,
            upload.id,
            upload.size,
            upload.sha256,
            key,
            caller.areas,
        )
    )


async def cancel(connection: Connection, number: int) -> None:
    """Have it end, unless it has."""
    await connection.execute(_SQL["cancel"], number)


async def resume(connection: Connection, number: int, caller: Caller) -> None:
    """Have it go on, if it can. Whose import it is then works where they do by now."""
    await connection.execute(_SQL["resume"], number, caller.account, caller.areas)


async def workers(connection: Connection) -> tuple[int, int, int]:
    """Workers present, workers silent, imports waiting."""
    row = await connection.fetchrow(_SQL["workers"])
    return (row["present"], row["silent"], row["waiting"]) if row else (0, 0, 0)


def _job(row: asyncpg.Record) -> Job:
    return Job(**{**row, "state": State(row["state"])})
