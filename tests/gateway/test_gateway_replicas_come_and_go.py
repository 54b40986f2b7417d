"""Replicas that start, stop and move: new ones get requests, those that leave end theirs, and nobody notices."""

import asyncio
import contextlib
import os
import resource
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from services.gateway.settings import GatewaySettings
from services.gateway.upstreams.balanced import BalancedUpstream
from services.gateway.upstreams.replicas import Replicas
from services.gateway.upstreams.upstream import UpstreamRequest
from shared.errors import Unavailable
from tests.conftest import free_port
from tests.gateway.conftest import KEY, RunGateway
from tests.gateway.copies import Copy, figure, new_read, serve_copies, until


@contextlib.asynccontextmanager
async def serve_at(copy: Copy, url: str) -> AsyncIterator[None]:
    """Run it where another one ran."""
    parts = urlsplit(url)
    runner = web.AppRunner(copy.app(), access_log=None, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, parts.hostname or "", parts.port or 80).start()
        yield
    finally:
        await runner.cleanup()


class Load:
    """Clients that read and write all the time."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self._client = client
        self.statuses: Counter[int] = Counter()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for method in ("GET", "GET", "POST"):
                group.create_task(self._go_on(method, stop))
            yield
            stop.set()

    async def _go_on(self, method: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            async with self._client.request(method, new_read()) as response:
                self.statuses[response.status] += 1


async def test_a_rolling_restart_fails_no_request(run_gateway: RunGateway) -> None:
    urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    async with contextlib.AsyncExitStack() as stack:
        copies, running = [Copy(), Copy()], []
        for copy, url in zip(copies, urls, strict=True):
            running.append(await stack.enter_async_context(contextlib.AsyncExitStack()))
            await running[-1].enter_async_context(serve_at(copy, url))
        settings = {"policy_url": ",".join(urls), "rate_limit_anonymous_burst": 1_000_000}
        base = await stack.enter_async_context(run_gateway(**settings))
        client = await stack.enter_async_context(aiohttp.ClientSession(base))

        async def one_is(state: str) -> bool:
            return await figure(client, "upstream_replicas", service="policy", state=state) == 1

        async def both_are_used() -> bool:
            return await figure(client, "upstream_replicas", service="policy", state="in_use") == 2

        load = Load(client)
        async with load.running():
            for number, url in enumerate(urls):
                copies[number].is_ready = False
                await until(lambda: one_is("unready"))
                await running[number].aclose()
                await until(lambda: one_is("unreachable"), seconds=10)
                copies[number] = Copy()
                await running[number].enter_async_context(serve_at(copies[number], url))
                await until(both_are_used)
                seen = copies[number].seen

                async def gets_requests(seen: list[str] = seen) -> bool:
                    return bool(seen)

                await until(gets_requests)
    assert set(load.statuses) == {200}
    assert load.statuses[200] > 20, "or there was no load to speak of"


@pytest.mark.parametrize("is_only_one", [True, False])
async def test_one_that_is_not_ready_is_asked_only_when_there_is_no_other(
    run_gateway: RunGateway, is_only_one: bool
) -> None:
    unready, other = Copy(is_ready=False), Copy()
    async with contextlib.AsyncExitStack() as stack:
        copies = [unready] if is_only_one else [unready, other]
        urls = await stack.enter_async_context(serve_copies(*copies))
        base = await stack.enter_async_context(run_gateway(policy_url=urls))
        client = await stack.enter_async_context(aiohttp.ClientSession(base))
        for _ in range(20):
            async with client.get(new_read()) as response:
                assert response.status == 200
        assert await figure(client, "upstream_replicas", service="policy", state="unready") == 1
    assert (len(unready.seen), len(other.seen)) == ((20, 0) if is_only_one else (0, 20))


GET = UpstreamRequest("GET", lambda first: b"GET /x HTTP/1.1\r\n" + first + b"\r\n", None)


class Names:
    """What a name stands for."""

    def __init__(self, *numbers: str) -> None:
        self.numbers = list(numbers)

    async def __call__(self, name: str, port: int) -> list[str]:
        if not self.numbers:
            raise OSError(f"{name}:{port} is not known")
        return self.numbers


def settings(**values: Any) -> GatewaySettings:
    return GatewaySettings(internal_key=SecretStr(KEY), redis_url=SecretStr("redis://127.0.0.1:1/0"), **values)


async def test_a_name_is_looked_up_again_and_who_left_it_ends_what_is_under_way(run_gateway: RunGateway) -> None:
    port = free_port()
    old, new, names = Copy(), Copy(), Names("127.0.0.1")
    old.gate.clear()
    replicas = Replicas(f"http://policy.test:{port}", look_up=names)
    async with (
        serve_at(old, f"http://127.0.0.1:{port}"),
        serve_at(new, f"http://127.0.0.2:{port}"),
        replicas.running(),
    ):
        upstream = BalancedUpstream("policy", replicas, settings())
        try:
            slow = asyncio.create_task(upstream.send(GET))

            async def has_arrived() -> bool:
                return bool(old.seen)

            await until(has_arrived)
            names.numbers = ["127.0.0.2"]

            async def has_moved() -> bool:
                return replicas.addresses() == [f"http://127.0.0.2:{port}"]

            await until(has_moved)
            for _ in range(5):
                (await upstream.send(GET)).close()
            assert (len(old.seen), len(new.seen)) == (1, 5)
            old.gate.set()
            answer = await slow
            assert answer.status == 200
            answer.close()
            assert upstream.figures().in_flight == 0
        finally:
            await upstream.close()


async def test_a_name_that_is_lost_keeps_its_replicas_and_what_is_known_of_them() -> None:
    names = Names("10.0.0.1", "10.0.0.2")
    replicas = Replicas("http://policy.test:80", look_up=names)
    await replicas.resolve()
    known = replicas.all
    names.numbers = []
    await replicas.resolve()
    assert replicas.all == known
    names.numbers = ["10.0.0.2", "10.0.0.3"]
    await replicas.resolve()
    assert replicas.all[0] is known[1]
    assert replicas.addresses() == ["http://10.0.0.2:80", "http://10.0.0.3:80"]
    assert {replicas.choose() for _ in range(50)} == set(replicas.all)


async def test_want_of_descriptors_here_is_not_held_against_a_replica() -> None:
    replicas = Replicas("http://127.0.0.1:1")
    await replicas.resolve()
    upstream = BalancedUpstream("policy", replicas, settings())
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(map(int, os.listdir("/proc/self/fd"))), hard))
        try:
            with pytest.raises(Unavailable):
                await upstream.send(GET)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert replicas.in_use == 1
        with pytest.raises(Unavailable):
            await upstream.send(GET)
        assert replicas.in_use == 0, "it was the other side this time"
    finally:
        await upstream.close()
