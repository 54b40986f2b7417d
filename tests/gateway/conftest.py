"""A gateway on a real socket, in front of services that a test makes up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager as Context
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings
from tests.gateway.sockets import read_head, serving

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


@dataclass
class Front:
    """A gateway, and what reached the service behind it."""

    base: str = ""
    reached: list[bytes] = field(default_factory=list)


@pytest.fixture
async def front(run_gateway: RunGateway) -> AsyncIterator[Front]:
    found = Front()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await read_head(reader)
            if head.startswith(b"GET /health "):
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"status":"pass"}')
                continue
            found.reached.append(head)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            if b"chunked" in head or b"Content-Length" in head:
                found.reached.append(await reader.read())

    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(handle))
        found.base = await stack.enter_async_context(
            run_gateway(
                web_url=url,
                policy_url=url,
                auth_url=url,
                max_body_bytes=100_000,
                header_seconds=0.5,
                client_idle_seconds=1,
            )
        )
        yield found
