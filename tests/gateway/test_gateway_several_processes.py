"""Several gateway processes on one port: one face, one set of figures, and no request that is lost with one of them."""

import asyncio
import contextlib
import json
import os
import re
import resource
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web
from redis.asyncio import Redis

from shared.contracts.changes import LISTENING_KEY
from shared.listening import usable_cores
from tests.gateway.test_gateway_process import start
from tests.serving import running


@dataclass
class Crew:
    """A parent and what it said."""

    process: asyncio.subprocess.Process
    base: str = ""

    @property
    def children(self) -> list[int]:
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [int(pid) for pid in file.read().split()]

    async def hears(self, event: str) -> dict[str, object]:
        """The next log line of that event."""
        assert self.process.stderr is not None
        async with asyncio.timeout(20):
            while True:
                line: dict[str, object] = json.loads(await self.process.stderr.readline())
                if line["event"] == event:
                    return line


@contextlib.asynccontextmanager
async def _crew(count: int, **settings: str) -> AsyncIterator[Crew]:
    crew = Crew(await start(PROCESSES=str(count), **settings))
    try:
        for _ in range(count):
            crew.base = f"http://127.0.0.1:{(await crew.hears('listening'))['port']}"
        yield crew
    finally:
        if crew.process.returncode is None:
            crew.process.kill()
            await crew.process.wait()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - other processes tell no event
            await asyncio.sleep(0.02)


async def _get(url: str) -> str:
    """On a connection of its own, so that any process may answer."""
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as client,
        client.get(url) as response,
    ):
        assert response.status == 200
        return await response.text()


def _counted(exposition: str) -> int:
    pattern = r'^http_server_request_duration_seconds_count\{.*route="web".*\} ([0-9.]+)$'
    return int(sum(float(value) for value in re.findall(pattern, exposition, re.MULTILINE)))


async def _page(_: web.Request) -> web.Response:
    return web.Response(text="whole")


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "pass"})


async def test_a_scrape_tells_of_all_also_of_those_that_ended() -> None:
    app = web.Application()
    app.router.add_get("/page", _page)
    async with running(app) as web_url, _crew(2, WEB_URL=web_url) as crew:
        assert len(crew.children) == 2
        for _ in range(40):
            assert await _get(f"{crew.base}/page") == "whole"

        async def until_counted() -> str:
            async with asyncio.timeout(10):
                while _counted(text := await _get(f"{crew.base}/metrics")) != 40:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.1)
            return text

        assert 'service_info{service="gateway"} 1.0' in await until_counted()
        victim = crew.children[0]
        os.kill(victim, signal.SIGKILL)
        # Nobody is refused meanwhile: the socket of the one that died is the parent's as well.
        for _ in range(20):
            assert await _get(f"{crew.base}/livez")
        await crew.hears("listening")
        assert victim not in crew.children
        await until_counted()


def _gauge(exposition: str, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} ([0-9.]+)$", exposition, re.MULTILINE)
    assert found is not None, series
    return float(found[1])


async def test_what_all_look_at_is_told_once(redis_url: str) -> None:
    """Each process has the same replicas, and hears the same news: two that see one replica do not see two."""
    app = web.Application()
    app.router.add_get("/health", _health)
    expected = {
        "gateway_cache_hears_changes": 1,
        'dependency_up{dependency="redis"}': 1,
        'upstream_replicas{service="web",state="in_use"}': 1,
        'upstream_replicas{service="auth",state="unreachable"}': 1,
    }
    async with (
        running(app) as web_url,
        Redis.from_url(redis_url) as redis,
        _crew(2, WEB_URL=web_url, REDIS_URL=redis_url) as crew,
    ):
        await redis.set(LISTENING_KEY, 1)  # for good, as if a policy service were there
        async with asyncio.timeout(10):
            while {name: _gauge(text := await _get(f"{crew.base}/metrics"), name) for name in expected} != expected:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)
        assert _gauge(text, "process_max_fds") == 2 * resource.getrlimit(resource.RLIMIT_NOFILE)[0], "added up"


async def test_term_ends_all_of_them_once_their_requests_are_answered() -> None:
    asked, release = asyncio.Event(), asyncio.Event()
    waiting = 0

    async def slow(_: web.Request) -> web.Response:
        nonlocal waiting
        waiting += 1
        if waiting == 6:
            asked.set()
        await release.wait()
        return web.Response(text="whole")

    app = web.Application()
    app.router.add_get("/slow", slow)
    async with running(app) as web_url, _crew(2, WEB_URL=web_url) as crew:
        requests = [asyncio.create_task(_get(f"{crew.base}/slow")) for _ in range(6)]
        await asked.wait()
        children = crew.children
        crew.process.send_signal(signal.SIGTERM)
        await crew.hears("stopping")
        await crew.hears("stopping")
        release.set()
        assert await asyncio.gather(*requests) == ["whole"] * 6
        async with asyncio.timeout(10):
            assert await crew.process.wait() == 0
        assert not any(map(_runs, children))


async def test_they_end_when_their_parent_is_killed() -> None:
    async with _crew(2) as crew:
        children = crew.children
        crew.process.kill()
        await crew.process.wait()
        await _until(lambda: not any(_runs(pid) for pid in children))


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def test_zero_means_one_for_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert 1 <= usable_cores() <= 3
