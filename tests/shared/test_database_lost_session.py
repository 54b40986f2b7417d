"""A session that the server ends while it is idle: the next statement is told as Unavailable, whenever it comes."""

import asyncio
import time

import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from shared.db import Database, open_database
from shared.errors import Unavailable


async def use_after_loss(db: Database, owner: "asyncpg.Connection[asyncpg.Record]", turns: int) -> None:
    async with db.connection() as connection:
        await owner.execute("SELECT pg_terminate_backend($1)", await connection.fetchval("SELECT pg_backend_pid()"))
        time.sleep(0.05)  # noqa: ASYNC251 - what the server says lies in the socket until the loop turns
        for _ in range(turns):  # message, end of stream and closing each come in a turn of their own
            await asyncio.sleep(0)
        await connection.fetchval("SELECT 1")


@pytest.mark.parametrize("turns", range(5))
async def test_a_session_ended_by_the_server_is_unavailable(database: DatabaseUrls, turns: int) -> None:
    owner = await asyncpg.connect(database.owner_url)
    async with open_database(database.policy_url, service="test", min_size=1, max_size=1) as db:
        with pytest.raises(Unavailable):
            await use_after_loss(db, owner, turns)
    await owner.close()
