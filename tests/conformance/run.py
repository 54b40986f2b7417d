"""Sends all cases, and the gateway that they are sent to, before a plain upstream."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from aiohttp import web
from pydantic import SecretStr

from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings
from tests.conformance.seen import Case, Seen, send
from tests.conformance.upstream import make_upstream
from tests.serving import running

_MANY = 1_000_000
_TOGETHER = 64


@contextlib.asynccontextmanager
async def before_a_gateway(redis_url: str = "redis://127.0.0.1:1/0") -> AsyncIterator[str]:
    """Its address. Its limits are out of the way, and Redis is away, unless it is given."""
    async with running(make_upstream()) as upstream:
        settings = GatewaySettings(
            internal_key=SecretStr("0123456789abcdefghijklmnopqrstuvwxyz"),
            redis_url=SecretStr(redis_url),
            auth_url=upstream,
            policy_url=upstream,
            web_url=upstream,
            rate_limit_anonymous_per_minute=_MANY,
            rate_limit_anonymous_burst=_MANY,
        )
        async with open_gateway(settings) as server:
            runner = web.ServerRunner(server, shutdown_timeout=0.5)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                host, port = runner.addresses[0][:2]
                yield f"http://{host}:{port}"
            finally:
                await runner.cleanup()


async def run(base: str, cases: Sequence[Case], *, before: int = 0) -> list[Seen]:
    """Some at a time, each on a connection of its own that carried so many plain requests `before`."""
    room = asyncio.Semaphore(_TOGETHER)

    async def one(case: Case) -> Seen:
        async with room:
            return await send(base, case, before=before)

    return await asyncio.gather(*(one(case) for case in cases))
