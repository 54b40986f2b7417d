"""What search needs while the service runs: a pool of its own, and a task that keeps the index on today's texts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from services.policy.keys import POLICY_SETTINGS
from services.policy.search.indexer import index_pending
from services.policy.search.service import Search
from shared.db import DATABASE_FAILED, Database, open_database
from shared.log import get_logger

SEARCH = web.AppKey("SEARCH", Search)
SEARCH_DATABASE = web.AppKey("SEARCH_DATABASE", Database)

STATEMENT_SECONDS = 3.0
SESSION = {
    "max_parallel_workers_per_gather": "0",
    # Every statement has indexes to go by, whatever is asked; planning it anew would take as long as doing it.
    "enable_seqscan": "off",
    # From a few keys or places to their passages: a generic plan that guesses "many" would read the whole index.
    "enable_mergejoin": "off",
    "enable_hashjoin": "off",
    "plan_cache_mode": "force_generic_plan",
    # What is read lies in the system's cache nearly always, a page here and a page there. To ask another process for it
    # and wait takes many times as long as reading it.
    "effective_io_concurrency": "0",
    "client_min_messages": "error",  # a query of stop words only is worth no notice
    "pg_trgm.similarity_threshold": "0.25",
    "pg_trgm.word_similarity_threshold": "0.5",
}
_REFRESH_SECONDS = 3600.0
"""How often texts are looked for that became current; looking costs a few milliseconds."""
_log = get_logger(__name__)


def setup(app: web.Application) -> None:
    """Register the resources of search; call before the service's health is watched."""
    app.cleanup_ctx.append(_pool)
    app.cleanup_ctx.append(_refresh)


async def _pool(app: web.Application) -> AsyncIterator[None]:
    url = app[POLICY_SETTINGS].database_url.get_secret_value()
    async with open_database(
        url, service="policy-search", min_size=2, max_size=8, statement_seconds=STATEMENT_SECONDS,
        server_settings=SESSION, keeps_state=False,
    ) as database:  # fmt: skip
        app[SEARCH_DATABASE] = database
        app[SEARCH] = Search(database)
        yield


async def _refresh(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(_keep_current(app[POLICY_SETTINGS].database_url.get_secret_value()))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _keep_current(database_url: str) -> None:
    while True:
        try:
            await index_pending(database_url, wait=False)
        except DATABASE_FAILED as error:
            _log.warning("index_not_refreshed", error=type(error).__name__)
        await asyncio.sleep(_REFRESH_SECONDS)
