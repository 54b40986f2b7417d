"""The laws of `laws` behind the running service."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import asyncpg
import pytest

from services.policy.documents.withdrawal import withdraw_version
from services.policy.search.indexer import index_texts
from tests.conftest import Databases
from tests.policy.documents.axes.laws import LAWS
from tests.policy.notes import write_notes
from tests.policy.policy_service import import_notes, serving


@pytest.fixture(scope="session")
async def policy(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[aiohttp.ClientSession]:
    """The service over LAWS, of which the last of W-1 and all of X-1 are withdrawn."""
    database = databases.create()
    report = await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("laws"), LAWS))
    assert report.exit_code == 0, report.lines()
    connection: Any = await asyncpg.connect(database.policy_url)
    gone = await connection.fetch(
        "SELECT v.id FROM version v JOIN work w ON w.id = v.work_id"
        " WHERE w.number = 'X-1' OR w.number = 'W-1' AND v.date = '2021-01-01'"
    )
    async with connection.transaction():
        for row in gone:
            buried = await withdraw_version(connection, row["id"], "Published by mistake.", "account")
            await index_texts(connection, [(buried.work_id, buried.lang)])
    await connection.close()
    async with serving(database.policy_url) as session:
        yield session
