"""What runs beside the policy service for its trail: refusals are written, and the log hears how far it has reached."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial

from aiohttp import web

from services.policy.keys import DATABASE
from services.policy.trail import repo
from shared.background import stop
from shared.db import Database
from shared.refusals import REFUSALS, Refusal, Refusals
from shared.trail.heads import tell_head


def setup(app: web.Application) -> None:
    """Call after the database was added to `cleanup_ctx`."""
    app.cleanup_ctx.append(_running)


async def _running(app: web.Application) -> AsyncIterator[None]:
    database = app[DATABASE]
    app[REFUSALS] = Refusals(partial(_write, database))
    telling = asyncio.create_task(tell_head(database, repo.TRAIL))
    async with app[REFUSALS].running():
        try:
            yield
        finally:
            await stop([telling])


async def _write(database: Database, refused: Sequence[Refusal]) -> None:
    async with database.transaction() as connection:
        await repo.add_refusals(connection, refused)
