"""Nobody gets past a limit by saying that they are somewhere else."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import aiohttp
import pytest
from redis.asyncio import Redis

from tests.security.security_stack import Platform, running_gateway

_FEW = {"rate_limit_credentials_per_minute": 1, "rate_limit_credentials_burst": 3, "redis_seconds": 10}
_FIELDS = ["X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP",
           "X-Client-IP", "X-Cluster-Client-IP", "Via"]  # fmt: skip
_numbers = itertools.count(1)


async def _guess(session: aiohttp.ClientSession, gateway: str, headers: Mapping[str, str]) -> int:
    body = {"email": f"nobody-{next(_numbers)}@example.org", "password": "a guess"}
    async with session.post(f"{gateway}/api/v1/auth/login", json=body, headers=headers) as response:
        return response.status


def _claims(address: str) -> dict[str, str]:
    return dict.fromkeys(_FIELDS, address) | {"Forwarded": f"for={address}"}


@pytest.fixture
def redis_url(platform: Platform) -> str:
    """A database of Redis in which nobody was counted yet."""
    return platform.redis_url.rpartition("/")[0] + "/4"


async def _emptied(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()


async def test_each_guess_claims_another_address(platform: Platform, redis_url: str) -> None:
    await _emptied(redis_url)
    async with running_gateway(platform.services, redis_url, **_FEW) as gateway:
        answers = [await _guess(platform.session, gateway, _claims(f"203.0.113.{n}")) for n in range(8)]
    assert answers == [401] * 3 + [429] * 5


async def test_behind_a_trusted_proxy_only_its_own_word_counts(platform: Platform, redis_url: str) -> None:
    """What the client wrote stands left of what the proxy added."""
    await _emptied(redis_url)
    async with running_gateway(platform.services, redis_url, trusted_proxies="127.0.0.0/8", **_FEW) as gateway:
        claimed = [{"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.7"} for n in range(6)]
        assert [await _guess(platform.session, gateway, each) for each in claimed] == [401] * 3 + [429] * 3
        assert await _guess(platform.session, gateway, {"X-Forwarded-For": "198.51.100.8"}) == 401


async def test_the_sign_in_page_counts_with_the_api(platform: Platform, redis_url: str) -> None:
    await _emptied(redis_url)
    async with running_gateway(platform.services, redis_url, **_FEW) as gateway:
        for _ in range(3):
            assert await _guess(platform.session, gateway, {}) == 401
        async with platform.session.post(f"{gateway}/login", data={"email": "a", "password": "b"}) as response:
            assert response.status == 429
