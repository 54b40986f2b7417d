"""Requests are spread over all replicas of a service, and go around one that is down."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from services.gateway.upstreams.replicas import Replicas
from tests.gateway.conftest import NOWHERE, RunGateway
from tests.serving import running


def _replica(name: str, seen: Counter[str]) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        if request.path != "/health":
            seen[name] += 1
            await request.read()
        return web.json_response({"status": "pass", "host": request.host})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    return app


@contextlib.asynccontextmanager
async def _three(seen: Counter[str]) -> AsyncIterator[list[str]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(running(_replica(name, seen))) for name in "abc"]


async def test_sequential_and_parallel_requests_are_spread(run_gateway: RunGateway) -> None:
    seen: Counter[str] = Counter()
    async with (
        _three(seen) as urls,
        run_gateway(policy_url=",".join(urls)) as base,
        aiohttp.ClientSession(base) as client,
    ):

        async def get() -> None:
            async with client.get("/api/v1/kinds") as response:
                assert response.status == 200

        for _ in range(60):
            await get()
        await asyncio.gather(*(get() for _ in range(60)))
    assert min(seen[name] for name in "abc") >= 15, seen


async def test_a_replica_that_is_down_costs_no_request_also_no_post(run_gateway: RunGateway) -> None:
    seen: Counter[str] = Counter()
    async with (
        _three(seen) as urls,
        run_gateway(policy_url=",".join([NOWHERE, *urls])) as base,
        aiohttp.ClientSession(base) as client,
    ):
        for _ in range(20):
            async with client.get("/api/v1/kinds") as response:
                assert response.status == 200
            async with client.post("/api/v1/imports", data=b"abc") as response:
                assert response.status == 200
        async with client.get("/health") as response:
            health = await response.json()
    assert seen.total() == 40
    statuses = {entry["componentId"]: entry["status"] for entry in health["checks"]["policy:responseTime"]}
    assert statuses == {NOWHERE: "fail", **dict.fromkeys(urls, "pass")}


async def test_the_upstream_sees_the_services_name(run_gateway: RunGateway) -> None:
    async with running(_replica("a", Counter())) as url:
        named = url.replace("127.0.0.1", "localhost")
        async with run_gateway(policy_url=named) as base, aiohttp.request("GET", f"{base}/api/v1/kinds") as response:
            assert (await response.json())["host"] == named.removeprefix("http://")


@pytest.fixture
async def replicas() -> Replicas:
    found = Replicas("http://10.0.0.1:80,http://10.0.0.2:80")
    await found.resolve()
    return found


async def test_the_less_busy_is_chosen(replicas: Replicas) -> None:
    busy, idle = replicas.all
    busy.in_flight = 5
    assert all(replicas.choose() is idle for _ in range(20))


async def test_one_that_cannot_be_connected_to_is_not_chosen_until_it_can(replicas: Replicas) -> None:
    first, second = replicas.all
    replicas.lost(first)
    assert all(replicas.choose() is second for _ in range(20))
    assert replicas.choose(but=[second]) is None
    replicas.found(first)
    assert replicas.choose(but=[second]) is first


async def test_a_name_that_cannot_be_resolved_is_kept_as_it_was() -> None:
    found = Replicas("http://no-such-name.invalid:8080")
    await found.resolve()
    assert [r.url for r in found.all] == ["http://no-such-name.invalid:8080"]
