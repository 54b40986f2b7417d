"""The largest limit that can be set is kept as any other, and a larger one is refused by its name."""

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from services.gateway.limits.gcra import Rate
from services.gateway.settings import GatewaySettings
from shared.plans import MOST_REQUESTS
from shared.settings import BadSettings
from tests.gateway.conftest import KEY, RunGateway
from tests.serving import running

LIMITS = [name for name in GatewaySettings.model_fields if name.startswith("rate_limit_")]


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_above_the_ceiling_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("INTERNAL_KEY", KEY)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv(name.upper(), str(MOST_REQUESTS))
    assert getattr(GatewaySettings.load(), name) == MOST_REQUESTS
    monkeypatch.setenv(name.upper(), str(MOST_REQUESTS + 1))
    with pytest.raises(BadSettings, match=f"{name.upper()}.*{MOST_REQUESTS}"):
        GatewaySettings.load()


def test_at_the_ceiling_there_is_time_between_two_requests() -> None:
    assert Rate(MOST_REQUESTS, MOST_REQUESTS).interval > 0


@pytest.mark.parametrize("per_minute", [1, MOST_REQUESTS])
async def test_the_largest_burst_is_counted(run_gateway: RunGateway, redis_url: str, per_minute: int) -> None:
    async def ok(request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/", ok)
    settings = {"rate_limit_anonymous_per_minute": per_minute, "rate_limit_anonymous_burst": MOST_REQUESTS}
    async with (
        running(app) as url,
        run_gateway(web_url=url, redis_url=SecretStr(redis_url), redis_seconds=10, **settings) as base,
        aiohttp.ClientSession() as client,
    ):
        for _ in range(2):
            async with client.get(base) as response:
                assert response.status == 200, await response.text()
                assert "RateLimit" in response.headers
