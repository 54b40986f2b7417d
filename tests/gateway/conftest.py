"""A gateway on a real socket, in front of services that a test makes up."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager as Context
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
NOWHERE = "http://127.0.0.1:1"  # connections are refused at once
ISSUER = "http://platform.test"

RunGateway = Callable[..., Context[str]]


@contextlib.asynccontextmanager
async def _run(**settings: Any) -> AsyncIterator[str]:
    values: dict[str, Any] = {
        "internal_key": SecretStr(KEY),
        "redis_url": SecretStr("redis://127.0.0.1:1/0"),
        "auth_url": NOWHERE,
        "policy_url": NOWHERE,
        "web_url": NOWHERE,
        "public_url": ISSUER,
        "port": 0,
        **settings,
    }
    async with open_gateway(GatewaySettings(**values)) as server:
        runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()


@pytest.fixture
def run_gateway() -> RunGateway:
    """`async with run_gateway(policy_url=..., **settings) as base`; without redis_url, Redis is away."""
    return _run
