"""A service that is wholly away is answered for at once, and is used again as soon as it is back."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import aiohttp
import pytest
from aiohttp import web

from services.gateway.upstreams.breaker import Breaker, BreakerState
from tests.conftest import free_port
from tests.gateway.conftest import RunGateway
from tests.gateway.copies import Copy, figure, new_read, serve_copies, until


@contextlib.contextmanager
def nobody_accepts() -> Iterator[str]:
    """Where a connection is neither made nor refused: the queue of a socket that never accepts is full."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield f"http://127.0.0.1:{port}"


async def status_of(client: aiohttp.ClientSession, method: str = "GET") -> int:
    async with client.request(method, new_read()) as response:
        if response.status == 503:
            assert int(response.headers["Retry-After"]) >= 1
        return response.status


async def test_only_the_first_request_waits_for_a_connection_that_is_not_made(run_gateway: RunGateway) -> None:
    with nobody_accepts() as url:
        async with (
            run_gateway(policy_url=url, upstream_connect_seconds=0.3) as base,
            aiohttp.ClientSession(base) as client,
        ):
            assert await status_of(client) == 503
            tried = await figure(client, "upstream_failures_total", service="policy", kind="connect")
            assert tried == 1
            assert {await status_of(client, method) for method in ("GET", "POST", "PUT") * 10} == {503}
            assert await figure(client, "upstream_failures_total", service="policy", kind="connect") == tried
            assert await figure(client, "upstream_breaker_state", service="policy") == BreakerState.OPEN


async def test_a_service_that_was_away_is_used_within_five_seconds_of_its_return(run_gateway: RunGateway) -> None:
    port = free_port()
    async with run_gateway(policy_url=f"http://127.0.0.1:{port}") as base, aiohttp.ClientSession(base) as client:
        assert await status_of(client) == 503
        runner = web.AppRunner(Copy().app(), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()

            async def answers() -> bool:
                return await status_of(client) == 200

            await until(answers)
            assert await figure(client, "upstream_breaker_state", service="policy") == BreakerState.CLOSED
        finally:
            await runner.cleanup()


async def test_a_service_that_hangs_gets_single_requests_until_one_is_answered(run_gateway: RunGateway) -> None:
    copy = Copy()
    copy.gate.clear()
    settings = {"upstream_response_seconds": 0.2, "upstream_breaker_failures": 3, "upstream_breaker_seconds": 1}
    async with (
        serve_copies(copy) as url,
        run_gateway(policy_url=url, **settings) as base,
        aiohttp.ClientSession(base) as client,
    ):
        assert [await status_of(client) for _ in range(3)] == [504] * 3
        assert [await status_of(client) for _ in range(3)] == [503] * 3
        assert len(copy.seen) == 3
        assert await figure(client, "upstream_breaker_openings_total", service="policy") == 1

        async def was_tried() -> bool:
            await status_of(client)
            return len(copy.seen) == 4

        await until(was_tried)
        assert await status_of(client) == 503, "it hangs still"
        copy.gate.set()

        async def answers() -> bool:
            return await status_of(client) == 200

        await until(answers)
        assert [await status_of(client) for _ in range(3)] == [200] * 3


async def test_requests_that_surely_never_left_go_to_any_replica_there_is(run_gateway: RunGateway) -> None:
    copy = Copy()
    dead = [f"http://127.0.0.{n}:1" for n in range(1, 6)]
    async with (
        serve_copies(copy) as url,
        run_gateway(policy_url=",".join([*dead, url]), upstream_retry_share=0) as base,
        aiohttp.ClientSession(base) as client,
    ):
        statuses = await asyncio.gather(*(status_of(client, method) for method in ("GET", "POST") * 10))
        assert set(statuses) == {200}
    assert len(copy.seen) == 20


async def test_a_death_while_many_requests_come_costs_no_reading_one(run_gateway: RunGateway) -> None:
    copies = [Copy(), Copy()]
    async with contextlib.AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(serve_copies(copies[0]))]
        dying = await stack.enter_async_context(contextlib.AsyncExitStack())
        urls.append(await dying.enter_async_context(serve_copies(copies[1])))
        base = await stack.enter_async_context(run_gateway(policy_url=",".join(urls)))
        client = await stack.enter_async_context(aiohttp.ClientSession(base))
        for copy in copies:
            copy.gate.clear()
        asking = [asyncio.create_task(status_of(client)) for _ in range(40)]

        async def all_arrived() -> bool:
            return sum(len(copy.seen) for copy in copies) == 40

        await until(all_arrived)
        assert copies[1].seen
        copies[0].gate.set()
        await dying.aclose()  # cuts off what it has under way
        assert set(await asyncio.gather(*asking)) == {200}


def test_the_breaker_counts_only_failures_in_a_row() -> None:
    breaker = Breaker(3, 1.0)
    for now in (1.0, 2.0):
        breaker.failed(now)
    breaker.in_a_row = 0
    for now in (3.0, 4.0):
        breaker.failed(now)
    assert (breaker.is_open, breaker.state(4.0)) == (False, BreakerState.CLOSED)
    breaker.failed(5.0)
    assert (breaker.is_open, breaker.state(5.5)) == (True, BreakerState.OPEN)
    assert not breaker.may_try(5.9)
    assert breaker.state(6.0) is BreakerState.HALF_OPEN
    assert breaker.may_try(6.0)
    assert not breaker.may_try(6.5), "one request each time"
    breaker.in_a_row = 0
    assert breaker.state(6.6) is BreakerState.CLOSED


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
async def test_repeating_is_bounded_by_the_share(run_gateway: RunGateway, share: float) -> None:
    copies = [Copy(lambda _: 500), Copy(lambda _: 500)]
    async with (
        serve_copies(*copies) as urls,
        run_gateway(policy_url=urls, upstream_retry_share=share) as base,
        aiohttp.ClientSession(base) as client,
    ):
        for _ in range(50):
            assert await status_of(client) == 500
        repeated = await figure(client, "upstream_retries_total", service="policy")
    assert repeated == sum(len(copy.seen) for copy in copies) - 50
    assert (repeated == 0) is (share == 0)
    assert repeated <= 50 * share + 10
