"""The record of import runs, written only when there is something to tell; and the lock that keeps two apart."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from services.policy.imports.connection import Connection
from services.policy.imports.outcome import counts
from services.policy.imports.store import Outcome
from services.policy.imports.worker import Failure
from shared.sql import load_queries

_SQL = load_queries(__file__)
_TABLES = ("jurisdiction", "work", "work_alias", "version", "provision", "version_provision", "citation", "import_file")


class ImportRunning(Exception):
    """Another import holds the lock."""


@dataclass(slots=True)
class Journal:
    """One run in `import_run`; there is no row until the run changed something or a file failed."""

    connection: Connection
    importer: str
    source: Path
    release: date
    started_at: datetime
    run_id: int | None = None

    async def open(self) -> None:
        """Take the lock; raises ImportRunning. Runs that were killed are closed."""
        if not await self.connection.fetchval(_SQL["lock_imports"]):
            raise ImportRunning("another import is running on this database; wait for its end, or stop it")
        await self.connection.execute(_SQL["close_abandoned_runs"])

    async def note(self, failures: Sequence[Failure]) -> None:
        """Something was written, or `failures` happened."""
        if self.run_id is None:
            self.run_id = await self.connection.fetchval(
                _SQL["start_run"], self.importer, str(self.source), self.release, self.started_at
            )
        if failures:
            columns = zip(*((f.path, f.line, f.message) for f in failures), strict=True)
            await self.connection.execute(_SQL["add_failures"], self.run_id, *map(list, columns))

    async def close(self, state: str, outcomes: Counter[Outcome]) -> None:
        """Write the end of a run that has a row."""
        if self.run_id is not None:
            await self.connection.execute(_SQL["finish_run"], self.run_id, state, json.dumps(counts(outcomes)))

    async def analyze(self) -> None:
        """Bring the planner's statistics up to date after much was written, where the role may."""
        for table in _TABLES:
            try:
                await self.connection.execute(f"ANALYZE {table}")  # a name of the fixed list above
            except asyncpg.InsufficientPrivilegeError:
                return


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
