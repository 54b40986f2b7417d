"""The health of the whole platform, and how fast it tells the truth."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from tests.gateway.conftest import RunGateway
from tests.gateway.sockets import read_head, serving
from tests.serving import running


@dataclass
class Service:
    """A service that says of itself what the test wants."""

    document: dict[str, Any] = field(default_factory=lambda: {"status": "pass", "checks": {}})
    delay: float = 0.0

    def app(self) -> web.Application:
        async def health(request: web.Request) -> web.Response:
            await asyncio.sleep(self.delay)
            status = 503 if self.document["status"] == "fail" else 200
            return web.json_response(self.document, status=status, content_type="application/health+json")

        app = web.Application()
        app.router.add_get("/health", health)
        return app


def with_database(status: str, output: str = "") -> dict[str, Any]:
    entry = {
        "componentType": "datastore",
        "status": status,
        "observedValue": 1.5,
        "observedUnit": "ms",
        "output": output,
    }
    return {"status": status, "checks": {"postgresql:responseTime": [entry]}}


@dataclass
class Platform:
    """The gateway, the services behind it, and what `/health` says."""

    base: str
    client: aiohttp.ClientSession
    services: dict[str, Service]
    stops: dict[str, AsyncExitStack]

    async def health(self) -> tuple[int, dict[str, Any]]:
        async with self.client.get(f"{self.base}/health") as response:
            assert response.content_type == "application/health+json"
            assert response.headers["Cache-Control"] == "no-store"
            return response.status, await response.json()

    async def until(self, seconds: float, holds: Callable[[int, dict[str, Any]], bool]) -> dict[str, Any]:
        """The first document for which `holds`, within `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            status, document = await self.health()
            if holds(status, document):
                return document
            assert time.monotonic() < deadline, document
            await asyncio.sleep(0.05)


@pytest.fixture
async def platform(run_gateway: RunGateway, redis_url: str) -> AsyncIterator[Platform]:
    async with AsyncExitStack() as stack:
        services = {name: Service() for name in ("auth", "policy", "web")}
        services["auth"].document = with_database("pass")
        services["policy"].document = with_database("pass")
        stops, urls = {}, {}
        for name, service in services.items():
            stops[name] = await stack.enter_async_context(AsyncExitStack())
            urls[f"{name}_url"] = await stops[name].enter_async_context(running(service.app()))
        base = await stack.enter_async_context(run_gateway(redis_url=SecretStr(redis_url), **urls))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        yield Platform(base, client, services, stops)


async def test_all_well(platform: Platform) -> None:
    # The first probes also open connections, which takes longer than the budgets on a busy machine.
    document = await platform.until(10, lambda status, document: (status, document["status"]) == (200, "pass"))
    assert set(document["checks"]) == {f"{n}:responseTime" for n in ("auth", "policy", "web", "redis", "postgresql")}
    for entries in document["checks"].values():
        for entry in entries:
            assert (entry["status"], entry["observedUnit"]) == ("pass", "ms")
            assert entry["observedValue"] >= 0
            assert entry["componentId"]
    assert document["checks"]["web:responseTime"][0]["componentType"] == "component"
    assert document["checks"]["redis:responseTime"][0]["time"]


async def test_a_dead_service_shows_within_five_seconds_and_so_does_its_return(platform: Platform) -> None:
    await asyncio.sleep(4)  # long enough for the probes to have become rare
    await platform.stops["policy"].aclose()
    document = await platform.until(5, lambda status, _: status == 503)
    assert document["status"] == "fail"
    entry = document["checks"]["policy:responseTime"][0]
    assert (entry["status"], entry["output"].split()[0]) == ("fail", "Refused")
    assert document["checks"]["auth:responseTime"][0]["status"] == "pass"
    port = int(entry["componentId"].rpartition(":")[2])
    runner = web.AppRunner(platform.services["policy"].app(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await platform.until(5, lambda status, document: (status, document["status"]) == (200, "pass"))
    finally:
        await runner.cleanup()


async def test_a_death_shows_at_once_however_quick_the_restart(platform: Platform) -> None:
    await asyncio.sleep(4)  # long enough for the probes to have become rare
    await platform.stops["policy"].aclose()
    await platform.until(0.5, lambda status, _: status == 503)


async def test_the_database_is_as_its_users_see_it(platform: Platform) -> None:
    platform.services["auth"].document = with_database("fail", "TimeoutError on the last 3 probes")
    document = await platform.until(3, lambda status, _: status == 503)
    worst, other = document["checks"]["postgresql:responseTime"]
    assert (worst["status"], worst["componentId"]) == ("fail", "seen by auth")
    assert (other["status"], other["componentId"]) == ("pass", "seen by policy")
    assert document["checks"]["auth:responseTime"][0]["output"] == "reports fail: postgresql"


async def test_slow_is_a_warning(platform: Platform) -> None:
    platform.services["web"].delay = 0.2
    document = await platform.until(4, lambda _, document: document["status"] == "warn")
    entry = document["checks"]["web:responseTime"][0]
    assert entry["observedValue"] > 190
    assert "budget of 100 ms" in entry["output"]


async def test_no_answer_at_all_becomes_a_failure_after_three_probes(platform: Platform) -> None:
    platform.services["web"].delay = 30
    document = await platform.until(5, lambda _, document: document["status"] != "pass")
    assert document["status"] == "warn"
    await platform.until(9, lambda status, _: status == 503)


async def test_without_redis_it_is_a_warning(run_gateway: RunGateway) -> None:
    service = Service()
    async with (
        running(service.app()) as url,
        run_gateway(auth_url=url, policy_url=url, web_url=url) as base,
        aiohttp.ClientSession() as client,
        client.get(f"{base}/health") as response,
    ):
        document = await response.json()
    assert (response.status, document["status"]) == (200, "warn")
    assert document["checks"]["redis:responseTime"][0]["status"] == "warn"


async def test_health_is_answered_from_what_is_known(platform: Platform) -> None:
    for service in platform.services.values():
        service.delay = 30
    started = time.perf_counter()
    for _ in range(50):
        await platform.health()
    assert time.perf_counter() - started < 1


async def test_live_and_ready_do_not_depend_on_others(run_gateway: RunGateway) -> None:
    async with run_gateway() as base, aiohttp.ClientSession() as client:
        for page in ("/livez", "/readyz"):
            async with client.get(base + page) as response:
                assert (response.status, await response.json()) == (200, {"status": "pass", "serviceId": "gateway"})
            async with client.post(base + page) as response:
                assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")


async def test_a_service_that_answers_nonsense_is_not_well(run_gateway: RunGateway) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    async with (
        serving(handle) as url,
        run_gateway(auth_url=url, policy_url=url, web_url=url) as base,
        aiohttp.ClientSession() as client,
        client.get(f"{base}/health") as response,
    ):
        assert response.status == 503


async def test_metrics_count_requests_by_service(platform: Platform) -> None:
    async with platform.client.get(f"{platform.base}/nothing-here") as response:
        assert response.status == 404
    async with platform.client.get(f"{platform.base}/metrics") as response:
        text = await response.text()
    assert 'http_server_request_duration_seconds_count{method="GET",route="web",status="404"} 1.0' in text
    assert 'dependency_up{dependency="policy"} 1.0' in text
