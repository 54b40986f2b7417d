"""A gateway that never says "too many requests", in front of services of a test."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from pydantic import SecretStr

from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings
from tests.web.web_stack import KEY, NOWHERE, PUBLIC_URL

_PLENTY = 1_000_000


@contextlib.asynccontextmanager
async def roomy_gateway(
    policy_url: str, redis_url: str, *, auth_url: str = NOWHERE, web_url: str = NOWHERE
) -> AsyncIterator[str]:
    """Yields its address."""
    settings = GatewaySettings(
        internal_key=SecretStr(KEY), redis_url=SecretStr(redis_url), public_url=PUBLIC_URL, port=0,
        auth_url=auth_url, policy_url=policy_url, web_url=web_url, redis_seconds=10,
        rate_limit_anonymous_per_minute=_PLENTY, rate_limit_anonymous_burst=_PLENTY,
        rate_limit_account_per_minute=_PLENTY, rate_limit_account_burst=_PLENTY,
        rate_limit_credentials_per_minute=_PLENTY, rate_limit_credentials_burst=_PLENTY,
    )  # fmt: skip
    async with open_gateway(settings) as server:
        runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
