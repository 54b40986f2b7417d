"""Rate limits: exact over gateways that share Redis, still there when Redis is not."""

import asyncio
import math
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from infra.local.launch import running as running_server
from infra.local.valkey import ValkeyServer
from services.gateway.limits.gcra import LocalBuckets, Rate
from tests.conftest import free_port
from tests.gateway.conftest import RunGateway
from tests.serving import running

SLOW = {"rate_limit_anonymous_per_minute": 6, "rate_limit_anonymous_burst": 10}


def ok_app() -> web.Application:
    async def ok(request: web.Request) -> web.Response:
        return web.json_response({"status": "pass", "from": request.headers.get("X-Forwarded-For", "")})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", ok)
    return app


async def test_two_gateways_grant_together_exactly_the_burst(run_gateway: RunGateway, redis_url: str) -> None:
    async with (
        running(ok_app()) as url,
        run_gateway(web_url=url, redis_url=SecretStr(redis_url), redis_seconds=10, **SLOW) as one,
        run_gateway(web_url=url, redis_url=SecretStr(redis_url), redis_seconds=10, **SLOW) as other,
        aiohttp.ClientSession() as client,
    ):

        async def ask(base: str) -> int:
            async with client.get(base) as response:
                return response.status

        statuses = await asyncio.gather(*(ask(base) for _ in range(20) for base in (one, other)))
        assert sorted(set(statuses)) == [200, 429]
        assert statuses.count(200) == 10


async def test_every_answer_tells_the_policy_and_what_is_left(run_gateway: RunGateway, redis_url: str) -> None:
    settings = {"redis_url": SecretStr(redis_url), **SLOW}
    async with (
        running(ok_app()) as url,
        run_gateway(web_url=url, **settings) as base,
        aiohttp.ClientSession() as client,
    ):
        for left in (9, 8):
            async with client.get(base) as response:
                assert response.headers["RateLimit-Policy"] == '"default";q=6;w=60'
                assert response.headers["RateLimit"] == f'"default";r={left};t={(10 - left) * 10}'
        async with client.get(f"{base}/api/v9") as response:
            assert (response.status, response.headers["RateLimit"]) == (404, '"default";r=7;t=30')
        for _ in range(7):
            async with client.get(base) as response:
                assert response.status == 200
        async with client.get(base) as response:
            problem = await response.json()
            assert (response.status, problem["type"]) == (429, "/docs/errors#too-many-requests")
            assert 1 <= int(response.headers["Retry-After"]) <= 10
            assert response.headers["RateLimit"].startswith('"default";r=0;t=')


async def test_guessing_secrets_is_limited_more_tightly(run_gateway: RunGateway, redis_url: str) -> None:
    settings = {
        "redis_url": SecretStr(redis_url),
        "rate_limit_credentials_burst": 3,
        "rate_limit_credentials_per_minute": 3,
    }
    async with (
        running(ok_app()) as url,
        run_gateway(auth_url=url, **settings) as base,
        aiohttp.ClientSession() as client,
    ):
        statuses = []
        for path in ("login", "refresh", "login", "register", "login"):
            async with client.post(f"{base}/api/v1/auth/{path}") as response:
                statuses.append(response.status)
                assert '"credentials";q=3;w=60' in response.headers["RateLimit-Policy"]
        assert statuses == [200, 200, 200, 429, 429]
        async with client.get(f"{base}/api/v1/auth/me") as response:
            assert response.status == 200, "a refused attempt costs nothing else"
            assert "credentials" not in response.headers["RateLimit-Policy"]


async def test_the_operators_pages_are_not_limited(run_gateway: RunGateway, redis_url: str) -> None:
    async with run_gateway(redis_url=SecretStr(redis_url), **SLOW) as base, aiohttp.ClientSession() as client:
        for _ in range(30):
            async with client.get(f"{base}/livez") as response:
                assert response.status == 200


async def test_a_forged_address_does_not_escape(run_gateway: RunGateway, redis_url: str) -> None:
    settings = {"redis_url": SecretStr(redis_url), **SLOW}
    async with (
        running(ok_app()) as url,
        run_gateway(web_url=url, **settings) as base,
        aiohttp.ClientSession() as client,
    ):
        statuses = []
        for i in range(12):
            async with client.get(base, headers={"X-Forwarded-For": f"203.0.113.{i}"}) as response:
                statuses.append(response.status)
        assert statuses.count(200) == 10


async def test_a_trusted_proxy_tells_the_address(run_gateway: RunGateway, redis_url: str) -> None:
    settings = {"redis_url": SecretStr(redis_url), "trusted_proxies": "127.0.0.0/8, 10.0.0.0/8"}
    cases = {
        "203.0.113.7": "203.0.113.7",
        "1.1.1.1, 203.0.113.7": "203.0.113.7",
        "203.0.113.7, 10.1.2.3": "203.0.113.7",
        "1.1.1.1, nonsense, 10.1.2.3": "10.1.2.3",
        "::ffff:203.0.113.7": "203.0.113.7",
        "[2001:db8::1]": "2001:db8::1",
        "": "127.0.0.1",
    }
    async with (
        running(ok_app()) as url,
        run_gateway(web_url=url, **settings) as base,
        aiohttp.ClientSession() as client,
    ):
        for given, believed in cases.items():
            async with client.get(base, headers={"X-Forwarded-For": given}) as response:
                assert (await response.json())["from"] == believed


async def test_an_ipv6_customer_is_one_whatever_the_address(run_gateway: RunGateway, redis_url: str) -> None:
    settings = {"redis_url": SecretStr(redis_url), "trusted_proxies": "127.0.0.1/32", **SLOW}
    async with (
        running(ok_app()) as url,
        run_gateway(web_url=url, **settings) as base,
        aiohttp.ClientSession() as client,
    ):
        statuses = []
        for i in range(12):
            async with client.get(base, headers={"X-Forwarded-For": f"2001:db8:1:2::{i:x}"}) as response:
                statuses.append(response.status)
        assert statuses.count(200) == 10
        async with client.get(base, headers={"X-Forwarded-For": "2001:db8:1:3::1"}) as response:
            assert response.status == 200


@pytest.fixture
def own_valkey(server_folder: Path) -> Iterator[tuple[ValkeyServer, Callable[[], subprocess.Popen[bytes]]]]:
    """A Valkey of this test alone, and the way to start it (again)."""
    server = ValkeyServer.locate(server_folder / "own-valkey", free_port(), "valkey-test-password")
    with ExitStack() as stack:
        yield server, lambda: stack.enter_context(running_server(server, server_folder / "own-valkey.log"))


async def test_redis_killed_paused_and_back(
    run_gateway: RunGateway, own_valkey: tuple[ValkeyServer, Callable[[], subprocess.Popen[bytes]]]
) -> None:
    server, start = own_valkey
    process = start()
    slowest = 0.0

    async def count(base: str, times: int, who: str = "203.0.113.1") -> list[int]:
        nonlocal slowest
        statuses = []
        for _ in range(times):
            started = time.perf_counter()
            async with client.get(base, headers={"X-Forwarded-For": who}) as response:
                statuses.append(response.status)
            slowest = max(slowest, time.perf_counter() - started)
        return statuses

    settings = {
        "redis_url": SecretStr(server.url()),
        "redis_seconds": 1,
        "trusted_proxies": "127.0.0.1/32",
        **SLOW,
    }
    async with (
        running(ok_app()) as url,
        run_gateway(web_url=url, **settings) as base,
        aiohttp.ClientSession() as client,
    ):
        assert (await count(base, 10)) == [200] * 10
        assert (await count(base, 1)) == [429]
        process.kill()
        process.wait()
        # The gateway counts by itself from here on. Who had the burst of Redis gets no second one of it.
        assert (await count(base, 4)) == [429] * 4
        assert (await count(base, 14, who="203.0.113.2")) == [200] * 10 + [429] * 4
        assert slowest < 3
        process = start()
        for _ in range(50):
            if (await count(base, 1)) == [200]:
                break
            await asyncio.sleep(0.1)
        # Redis lost its memory and counts anew; what is granted now is granted by it.
        assert (await count(base, 11)).count(200) == 9
        slowest = 0
        process.send_signal(signal.SIGSTOP)
        try:
            answers = await asyncio.gather(*(count(base, 1, who="203.0.113.3") for _ in range(20)))
            assert slowest < 3, "one call's patience, however many wait"
            assert [a[0] for a in answers].count(200) == 10
            slowest = 0
            await count(base, 5)
            assert slowest < 0.9, "nobody waits for what is known to be away"
        finally:
            process.send_signal(signal.SIGCONT)


def test_the_local_arithmetic_grants_the_rate_and_no_more() -> None:
    buckets, rate = LocalBuckets(), Rate(quota=60, burst=5)
    granted = [now for tick in range(3000) if buckets.take(["k"], [rate], now := tick / 100)[0]]
    assert len([now for now in granted if now == 0]) == 1
    assert len(granted) == 5 + math.floor(29.99)
    for first in granted:
        assert len([now for now in granted if first <= now < first + 10]) <= 5 + 10


def test_local_limits_are_taken_all_or_none() -> None:
    buckets, wide, narrow = LocalBuckets(), Rate(600, 100), Rate(6, 1)
    assert buckets.take(["a", "b"], [wide, narrow], 0.0)[0] == 1
    for _ in range(5):
        refused = buckets.take(["a", "b"], [wide, narrow], 0.0)
        assert (refused[0], refused[1], refused[3]) == (0, 99, 0)
        assert refused[6] == 10_000_000


def test_what_redis_granted_is_known_when_it_is_lost() -> None:
    buckets, rate = LocalBuckets(), Rate(quota=60, burst=5)
    buckets.granted("k", rate, 5, 0.0)
    assert buckets.take(["k"], [rate], 0.5)[0] == 0
    buckets.granted("k", rate, -2, 0.5)
    assert [buckets.take(["k"], [rate], 0.5)[0] for _ in range(3)] == [1, 1, 0]


def test_local_memory_is_bounded() -> None:
    buckets, rate = LocalBuckets(), Rate(1, 1)
    for i in range(60_000):
        buckets.take([f"k{i}"], [rate], i / 1000)
    assert len(buckets._arrivals) <= 50_001
    assert buckets.take(["k59999"], [rate], 60.0)[0] == 0, "the most recent are remembered"
