"""Requests taken from a shared quota ahead of their coming: never more than the limit, and what is spared goes back."""

import asyncio
import re

import aiohttp
from pydantic import SecretStr
from redis.asyncio import Redis

from tests.gateway.conftest import RunGateway
from tests.gateway.test_gateway_limits import ok_app
from tests.serving import running

BURST = 160
SLOW = {"rate_limit_anonymous_per_minute": 1, "rate_limit_anonymous_burst": BURST, "redis_seconds": 10}


async def status_of(client: aiohttp.ClientSession, base: str) -> int:
    async with client.get(base) as response:
        return response.status


async def left(client: aiohttp.ClientSession, base: str) -> int:
    async with client.get(base) as response:
        found = re.search(r"r=(\d+)", response.headers["RateLimit"])
        assert found
        return int(found[1])


async def test_two_busy_gateways_grant_the_burst_and_not_one_more(run_gateway: RunGateway, redis_url: str) -> None:
    async with (
        running(ok_app()) as url,
        run_gateway(web_url=url, redis_url=SecretStr(redis_url), **SLOW) as one,
        run_gateway(web_url=url, redis_url=SecretStr(redis_url), **SLOW) as other,
        aiohttp.ClientSession() as client,
    ):
        statuses: list[int] = []
        for _ in range(20):
            statuses += await asyncio.gather(*(status_of(client, base) for _ in range(6) for base in (one, other)))
        assert statuses.count(200) == BURST
        assert statuses[-1] == 429


async def test_what_was_taken_ahead_and_not_used_goes_back(run_gateway: RunGateway, redis_url: str) -> None:
    async with (
        running(ok_app()) as url,
        run_gateway(web_url=url, redis_url=SecretStr(redis_url), **SLOW) as one,
        run_gateway(web_url=url, redis_url=SecretStr(redis_url), **SLOW) as other,
        aiohttp.ClientSession() as client,
    ):
        await asyncio.gather(*(status_of(client, one) for _ in range(50)))
        asked = 0
        async with asyncio.timeout(10):
            while True:
                asked += 1
                if await left(client, other) == BURST - 50 - asked:
                    break
                await asyncio.sleep(0.2)


async def test_a_busy_client_does_not_cost_redis_a_call_each_time(run_gateway: RunGateway, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    async with (
        running(ok_app()) as url,
        run_gateway(web_url=url, redis_url=SecretStr(redis_url), **SLOW) as base,
        aiohttp.ClientSession() as client,
    ):

        async def calls() -> int:
            stats = await redis.info("commandstats")
            return sum(stats.get(name, {}).get("calls", 0) for name in ("cmdstat_evalsha", "cmdstat_eval"))

        before = await calls()
        for _ in range(100):
            assert await status_of(client, base) == 200
        assert await calls() - before < 50
    await redis.aclose()
