"""Redis dies and is back before the next probe is due: it shows all the same."""

import asyncio
import time
from contextlib import ExitStack
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from infra.local.launch import running as running_server
from infra.local.valkey import ValkeyServer
from tests.conftest import free_port
from tests.gateway.conftest import RunGateway


async def _entry(client: aiohttp.ClientSession, base: str) -> str:
    async with client.get(f"{base}/health") as response:
        status: str = (await response.json())["checks"]["redis:responseTime"][0]["status"]
        return status


async def test_a_quick_restart_shows_as_a_warning(run_gateway: RunGateway, server_folder: Path) -> None:
    server = ValkeyServer.locate(server_folder / "killed-valkey", free_port(), "valkey-test-password")
    log = server_folder / "killed-valkey.log"
    with ExitStack() as stack:
        process = stack.enter_context(running_server(server, log))
        async with run_gateway(redis_url=SecretStr(server.url())) as base, aiohttp.ClientSession() as client:
            await asyncio.sleep(4)  # long enough for the probes to have become rare
            assert await _entry(client, base) == "pass"
            process.kill()
            process.wait()
            seen, until = set(), time.monotonic() + 0.8
            while time.monotonic() < until:
                seen.add(await _entry(client, base))
                await asyncio.sleep(0.02)
            assert "warn" in seen
            stack.enter_context(running_server(server, log))
            for _ in range(60):
                if await _entry(client, base) == "pass":
                    break
                await asyncio.sleep(0.1)
            assert await _entry(client, base) == "pass"
