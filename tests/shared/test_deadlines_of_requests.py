"""A request that reads ends at its deadline, in the database as well; what writes or streams goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from pydantic import SecretStr

from infra.db.addresses import DatabaseUrls
from shared.db import Database, open_database
from shared.deadline import HEADER, milliseconds_left
from shared.identity import ANONYMOUS
from shared.settings import ServiceSettings
from shared.tokens import INTERNAL_HEADER, InternalTokens
from shared.web import create_base_app
from tests.serving import running

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
SLEEP = "SELECT pg_sleep(20) /* of a deadline */"


@dataclass
class Service:
    """A service that sleeps in its database, and what it saw."""

    base: str = ""
    database: Database | None = None
    left: list[int] = field(default_factory=list)

    def db(self) -> Database:
        assert self.database is not None
        return self.database


def make_app(service: Service) -> web.Application:
    app = create_base_app(ServiceSettings(internal_key=SecretStr(KEY), redis_url=SecretStr("redis://a")), service="web")

    async def sleep(request: web.Request) -> web.Response:
        service.left.append(milliseconds_left())
        async with service.db().transaction(readonly=True) as connection:
            await connection.execute(SLEEP)
        return web.Response()

    async def quick(request: web.Request) -> web.Response:
        service.left.append(milliseconds_left())
        return web.Response()

    async def stream(request: web.Request) -> web.StreamResponse:
        left = milliseconds_left()
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.sleep(2 * left / 1000)
        async with service.db().connection() as connection:
            await response.write(str(await connection.fetchval("SELECT 1")).encode())
        return response

    app.router.add_get("/sleep", sleep)
    app.router.add_get("/stream", stream)
    app.router.add_get("/quick", quick)
    app.router.add_post("/quick", quick)
    return app


@pytest.fixture
async def service(database: DatabaseUrls) -> AsyncIterator[Service]:
    found = Service()
    async with AsyncExitStack() as stack:
        opened = open_database(database.policy_url, service="test", min_size=1, max_size=2)
        found.database = await stack.enter_async_context(opened)
        found.base = await stack.enter_async_context(running(make_app(found)))
        yield found


@pytest.fixture
async def client(service: Service) -> AsyncIterator[aiohttp.ClientSession]:
    token = InternalTokens(KEY, "gateway").mint(ANONYMOUS, "web")
    async with aiohttp.ClientSession(service.base, headers={INTERNAL_HEADER: token}) as session:
        yield session


async def until_it_sleeps(database: DatabaseUrls, expected: bool) -> None:
    """Return when a statement sleeps in the database, or none does any more."""
    owner = await asyncpg.connect(database.owner_url)
    counted = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $1"
    for _ in range(250):
        if bool(await owner.fetchval(counted, SLEEP)) is expected:
            break
        await asyncio.sleep(0.02)
    else:
        pytest.fail(f"a statement that sleeps: not {expected} within five seconds")
    await owner.close()


async def test_reading_that_takes_too_long_ends_in_the_database_too(
    service: Service, client: aiohttp.ClientSession, database: DatabaseUrls
) -> None:
    async with client.get("/sleep", headers={HEADER: "300"}) as response:
        assert response.status == 503
        assert response.headers["Retry-After"]
    assert 0 < service.left[0] <= 300
    await until_it_sleeps(database, False)
    async with service.db().connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_client_that_leaves_ends_the_statement(
    service: Service, client: aiohttp.ClientSession, database: DatabaseUrls
) -> None:
    asking = asyncio.create_task(client.get("/sleep"))
    await until_it_sleeps(database, True)
    asking.cancel()
    await until_it_sleeps(database, False)


async def test_a_stream_goes_on_after_its_head(client: aiohttp.ClientSession) -> None:
    async with client.get("/stream", headers={HEADER: "100"}) as response:
        assert (response.status, await response.text()) == (200, "1")


@pytest.mark.parametrize("given", ["", "-5", "1e3", "٣", "9" * 10, "soon"])
async def test_what_is_no_deadline_is_none(service: Service, client: aiohttp.ClientSession, given: str) -> None:
    async with client.get("/quick", headers={HEADER: given}) as response:
        assert response.status == 200
    assert service.left == [0]


async def test_what_writes_has_no_deadline(service: Service, client: aiohttp.ClientSession) -> None:
    async with client.post("/quick", headers={HEADER: "1000"}) as response:
        assert response.status == 200
    assert service.left == [0]
