"""Importing sources one after the other in this process, and what they leave: to compare orders of imports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg

from services.policy.imports.batches import cut
from services.policy.imports.model import Importer
from services.policy.imports.release import Release
from services.policy.imports.sources import find_source, list_files, opened
from services.policy.imports.worker import Assignment, import_batch
from services.policy.search.indexer import index_pending
from tests.conftest import Databases
from tests.policy.imported import by_meaning

State = list[list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Published:
    """A source with the day on which its publisher released it, and how it names jurisdictions."""

    path: Path
    release: date
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


async def state_after(databases: Databases, importer: Importer, order: tuple[Published, ...]) -> State:
    """What a new database holds after these imports."""
    database = databases.create()
    for published in order:
        await _import(database.policy_url, importer, published)
    await index_pending(database.policy_url)
    state = by_meaning(database.policy_url)
    databases.drop(database)
    return state


async def _import(database_url: str, importer: Importer, published: Published) -> None:
    source = find_source(published.path)
    release = Release(published.release, known=True)
    assignment = Assignment(database_url, source, importer, release, published.names)
    connection: Any = await asyncpg.connect(database_url)
    with opened(source) as reader:
        for batch in cut(importer.select(list_files(source))):
            result = await import_batch(connection, assignment, reader, batch)
            assert not result.failures, result.failures
    await connection.close()
