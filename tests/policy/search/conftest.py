"""The policy service over a small indexed body of law."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import asyncpg
import pytest
from pydantic import SecretStr

from infra.db.addresses import DatabaseUrls
from services.policy.app import create_app
from services.policy.search.indexer import index_pending
from services.policy.settings import PolicySettings
from shared.identity import ANONYMOUS
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.conftest import Databases
from tests.policy.search.search_corpus import CORPUS, KEY, insert, many_sections
from tests.serving import running

Get = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="session")
async def searched(databases: Databases) -> AsyncIterator[DatabaseUrls]:
    """A database with the corpus, indexed; tests only read it."""
    urls = databases.create()
    connection = await asyncpg.connect(urls.policy_url)
    await insert(connection, *CORPUS, many_sections(30))
    await connection.close()
    await index_pending(urls.policy_url)
    yield urls
    databases.drop(urls)


@pytest.fixture(scope="session")
async def session(searched: DatabaseUrls) -> AsyncIterator[aiohttp.ClientSession]:
    """The policy service's HTTP API, called as the gateway calls it."""
    settings = PolicySettings(
        internal_key=SecretStr(KEY),
        cursor_key=SecretStr(KEY),
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        database_url=SecretStr(searched.policy_url),
    )
    async with running(create_app(settings)) as base, aiohttp.ClientSession(base) as client:
        yield client


@pytest.fixture
def get(session: aiohttp.ClientSession) -> Get:
    """`await get("/api/v1/search", q=…)`: the JSON of a good answer."""

    async def ask(path: str, *, expect: int = 200, **params: str | int) -> Any:
        # The token lives for seconds, the session for the whole run.
        headers = {INTERNAL_HEADER: InternalTokens(KEY, "gateway").mint(ANONYMOUS, "policy")}
        async with session.get(path, params=params, headers=headers) as response:
            body = await response.json(content_type=None)
            assert response.status == expect, body
            return body

    return ask


@pytest.fixture
def search(get: Get) -> Get:
    """`await search("words", lang="en")`: the answer of the search."""

    async def ask(q: str, **params: str | int) -> Any:
        return await get("/api/v1/search", q=q, **params)

    return ask
