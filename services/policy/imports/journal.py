"""The record of one import in `import_run`, which is also its job: begun or claimed, told how far it is, ended.

Its connection holds the lock that keeps two imports apart; the lock ends with the session, however that ends.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import asyncpg

from services.policy.imports.connection import Connection
from services.policy.imports.outcome import counts
from services.policy.imports.store import Outcome
from services.policy.imports.worker import Failure
from shared.sql import load_queries

_SQL = load_queries(__file__)
_TABLES = ("jurisdiction", "work", "work_alias", "version", "provision", "version_provision", "citation", "import_file")

End = Literal["done", "failed", "cancelled", "queued"]
"""`queued`: put back, for another worker to go on."""


class ImportRunning(Exception):
    """Another import holds the lock."""


class UploadDamaged(Exception):
    """The bytes in the database are not those that were sent."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that is ours now."""

    importer: str
    filename: str
    release: date | None
    upload_id: UUID
    sha256: bytes
    areas: str
    """As in shared.areas."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an import is. `done` of `total` is bytes while importing, texts while indexing."""

    phase: str = "reading"
    done: int = 0
    total: int = 0
    files: int = 0
    files_done: int = 0


@dataclass(slots=True)
class Journal:
    """One run. Its methods may be called at the same time; they share one connection in turn."""

    connection: Connection
    run_id: int | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def open(self) -> None:
        """Take the lock; raises ImportRunning. Runs whose program is gone are closed, or put back."""
        if not await self.connection.fetchval(_SQL["lock_imports"]):
            raise ImportRunning("another import is running on this database; wait for its end, or stop it")
        await self.connection.execute(_SQL["close_abandoned_runs"])

    async def begin(self, importer: str, source: Path, release: date) -> None:
        """Enter a run of the command."""
        self.run_id = await self.connection.fetchval(_SQL["start_run"], importer, str(source), release, now())

    async def claim(self) -> Claimed | None:
        """Take the job that has waited longest; None when none waits."""
        async with self.connection.transaction():
            row = await self.connection.fetchrow(_SQL["claim_run"], now())
            if row is None:
                return None
            self.run_id = row["id"]
            await self.connection.execute(_SQL["forget_failures"], self.run_id)
        return Claimed(
            row["importer"], row["source"], row["asked_release"], row["upload_id"], row["upload_sha256"], row["areas"]
        )

    async def fetch_upload(self, job: Claimed, path: Path) -> None:
        """Write the uploaded file to `path`. Raises UploadDamaged, OSError."""
        digest, number = hashlib.sha256(), 0
        with path.open("xb") as file:
            while (data := await self.connection.fetchval(_SQL["upload_piece"], job.upload_id, number)) is not None:
                digest.update(data)
                file.write(data)
                number += 1
        if digest.digest() != job.sha256:
            raise UploadDamaged("the uploaded file is not complete any more; upload it again")

    async def place(self, release: date) -> None:
        """Enter the release date that was found out."""
        await self.connection.execute(_SQL["place_run"], self.run_id, release)

    async def beat(self, standing: Standing, outcomes: Counter[Outcome]) -> bool:
        """Enter how far it is; returns whether somebody wants it to end."""
        async with self._turn:
            asked = await self.connection.fetchval(
                _SQL["beat_run"], self.run_id, standing.phase, standing.done, standing.total, standing.files,
                standing.files_done, json.dumps(counts(outcomes)),
            )  # fmt: skip
        return bool(asked)

    async def note(self, failures: Sequence[Failure]) -> None:
        """Enter files that could not be imported."""
        columns = zip(*((f.path, f.line, f.message) for f in failures), strict=True)
        async with self._turn:
            await self.connection.execute(_SQL["add_failures"], self.run_id, *map(list, columns))

    async def close(self, state: End, outcomes: Counter[Outcome], trouble: str = "") -> None:
        """Enter the end, and give the lock back."""
        async with self._turn, self.connection.transaction():
            await self.connection.execute(_SQL["finish_run"], self.run_id, state, json.dumps(counts(outcomes)), trouble)
            if state == "done":
                await self.connection.execute(_SQL["drop_upload"], self.run_id)
            await self.connection.execute(_SQL["unlock_imports"])

    async def drop(self) -> None:
        """Take the run out of the record, since nothing came of it, and give the lock back."""
        async with self._turn, self.connection.transaction():
            await self.connection.execute(_SQL["drop_run"], self.run_id)
            await self.connection.execute(_SQL["unlock_imports"])

    async def analyze(self) -> None:
        """Bring the planner's statistics up to date after much was written, where the role may."""
        async with self._turn:
            for table in _TABLES:
                try:
                    await self.connection.execute(f"ANALYZE {table}")  # a name of the fixed list above
                except asyncpg.InsufficientPrivilegeError:
                    return


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
