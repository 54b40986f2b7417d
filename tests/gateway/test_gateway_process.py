"""The gateway as a process: starts, refuses to start, drains."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import http_parser, web

from services.gateway import app as gateway_app
from services.gateway.settings import GatewaySettings
from shared.settings import BadSettings
from tests.gateway.conftest import KEY, NOWHERE
from tests.serving import running

ROOT = Path(__file__).resolve().parents[2]


def environment(**settings: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept, "INTERNAL_KEY": KEY, "REDIS_URL": "redis://127.0.0.1:1/0", "PORT": "0",
        "AUTH_URL": NOWHERE, "POLICY_URL": NOWHERE, "WEB_URL": NOWHERE, **settings,
    }  # fmt: skip


async def start(**settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.gateway", cwd=ROOT, env=environment(**settings), stderr=asyncio.subprocess.PIPE
    )


async def port_of(process: asyncio.subprocess.Process) -> int:
    """Where it listens, once it does."""
    assert process.stderr is not None
    while (line := json.loads(await process.stderr.readline()))["event"] != "listening":
        pass
    return int(line["port"])


def of_kernel(pid: int, name: str) -> Path:
    """A file in which the kernel tells of a process."""
    return Path("/proc", str(pid), name)


async def test_it_drains_on_term() -> None:
    release = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await release.wait()
        return web.Response(text="whole")

    app = web.Application()
    app.router.add_get("/slow", slow)
    async with running(app) as web_url:
        process = await start(WEB_URL=web_url)
        assert process.stderr is not None
        try:
            async with asyncio.timeout(20):
                port = await port_of(process)
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
                waiting = asyncio.create_task(client.get("/slow"))
                await asyncio.sleep(0.3)
                process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.3)
                with pytest.raises(aiohttp.ClientError):
                    await client.get("/livez")
                release.set()
                async with asyncio.timeout(5), await waiting as response:
                    assert await response.text() == "whole"
            async with asyncio.timeout(5):
                rest = await process.stderr.read()
                assert await process.wait() == 0
            assert b"Traceback" not in rest
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def test_an_idle_process_is_small() -> None:
    """With all that development installs beside it, of which it must load nothing."""
    process = await start()
    try:
        async with asyncio.timeout(20):
            port = await port_of(process)
            async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/livez") as response:
                assert response.status == 200
        status = await asyncio.to_thread(of_kernel(process.pid, "status").read_text)
        mapped = await asyncio.to_thread(of_kernel(process.pid, "maps").read_text)
    finally:
        process.kill()
        await process.wait()
    resident = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))
    assert resident < 64e6
    assert "_bcrypt" not in mapped
    assert "_greenlet" not in mapped


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INTERNAL_KEY", "short"), ("MAX_BODY_BYTES", "-1"), ("TRUSTED_PROXIES", "10.0.0.0/8,everyone"),
        ("RATE_LIMIT_ANONYMOUS_BURST", "many"), ("UPSTREAM_CONNECTIONS", "0"), ("LOG_LEVEL", "loud"),
        ("POLICY_URL", "policy:8082"), ("WEB_URL", "http://web:8083/base"),
    ],
)  # fmt: skip
async def test_bad_configuration_is_named_and_refused(name: str, value: str) -> None:
    process = await start(**{name: value})
    async with asyncio.timeout(20):
        _, said = await process.communicate()
    assert process.returncode == 2
    assert name in said.decode()
    assert "Traceback" not in said.decode()
    assert value == "-1" or value not in said.decode(), "values may be secrets"


def test_it_refuses_the_lenient_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_parser, "HttpRequestParser", http_parser.HttpRequestParserPy)
    with pytest.raises(BadSettings, match="C extensions"):
        gateway_app.require_c_extensions()


def test_every_setting_is_described() -> None:
    for name, field in GatewaySettings.model_fields.items():
        assert field.description, name
