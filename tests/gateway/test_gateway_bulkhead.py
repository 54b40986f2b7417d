"""A service that hangs takes only its own places, and those who find them taken are told at once."""

import asyncio

import aiohttp
import pytest

from services.gateway.upstreams.bulkhead import Bulkhead, BulkheadFull
from tests.gateway.conftest import RunGateway
from tests.gateway.copies import Copy, figure, new_read, serve_copies, until


async def get(client: aiohttp.ClientSession, path: str = "") -> int:
    async with client.get(path or new_read()) as response:
        if response.status == 503:
            assert int(response.headers["Retry-After"]) >= 1
        return response.status


async def test_beyond_its_places_a_few_wait_and_the_rest_get_503_at_once(run_gateway: RunGateway) -> None:
    hanging, other = Copy(), Copy()
    hanging.gate.clear()
    settings = {"upstream_connections": 2, "upstream_queue": 1, "upstream_queue_seconds": 30}
    async with (
        serve_copies(hanging) as policy_url,
        serve_copies(other) as web_url,
        run_gateway(policy_url=policy_url, web_url=web_url, **settings) as base,
        aiohttp.ClientSession(base) as client,
    ):
        asking = [asyncio.create_task(get(client)) for _ in range(3)]

        async def one_waits() -> bool:
            return len(hanging.seen) == 2 and await figure(client, "upstream_waiting", service="policy") == 1

        await until(one_waits)
        assert await get(client) == 503
        assert await figure(client, "upstream_turned_away_total", service="policy") == 1
        assert {await get(client, "/about") for _ in range(10)} == {200}, "others are not concerned"
        hanging.gate.set()
        assert await asyncio.gather(*asking) == [200] * 3
        assert await figure(client, "upstream_in_flight", service="policy") == 0
        assert await get(client) == 200


async def test_waiting_is_bounded_in_time(run_gateway: RunGateway) -> None:
    hanging = Copy()
    hanging.gate.clear()
    settings = {"upstream_connections": 1, "upstream_queue": 5, "upstream_queue_seconds": 0.1}
    async with (
        serve_copies(hanging) as url,
        run_gateway(policy_url=url, **settings) as base,
        aiohttp.ClientSession(base) as client,
    ):
        first = asyncio.create_task(get(client))

        async def has_arrived() -> bool:
            return len(hanging.seen) == 1

        await until(has_arrived)
        assert await get(client) == 503
        hanging.gate.set()
        assert await first == 200
        assert len(hanging.seen) == 1


async def test_a_client_that_leaves_the_queue_leaves_its_place_too(run_gateway: RunGateway) -> None:
    hanging = Copy()
    hanging.gate.clear()
    settings = {"upstream_connections": 1, "upstream_queue": 5, "upstream_queue_seconds": 30}
    async with (
        serve_copies(hanging) as url,
        run_gateway(policy_url=url, **settings) as base,
        aiohttp.ClientSession(base) as client,
    ):
        asking = [asyncio.create_task(get(client)) for _ in range(3)]

        async def waiting() -> float:
            return await figure(client, "upstream_waiting", service="policy")

        async def two_wait() -> bool:
            return await waiting() == 2

        async def nobody_waits() -> bool:
            return await waiting() == 0

        await until(two_wait)
        for task in asking[1:]:
            task.cancel()
        await until(nobody_waits)
        hanging.gate.set()
        assert await asking[0] == 200
        assert await get(client) == 200


async def test_places_go_to_who_waits_longest_and_follow_the_capacity() -> None:
    bulkhead, order = Bulkhead(1, queue=10, seconds=30), []
    assert bulkhead.enter()
    assert not bulkhead.enter()

    async def enter(name: str) -> None:
        await bulkhead.wait()
        order.append(name)

    tasks = []
    for name in "abcd":
        tasks.append(asyncio.create_task(enter(name)))
        await asyncio.sleep(0)
    bulkhead.leave()
    await tasks[0]
    assert not bulkhead.enter(), "those who wait come first"
    tasks[1].cancel()
    await asyncio.wait({tasks[1]})
    bulkhead.capacity = 3
    bulkhead.admit()
    await asyncio.gather(*tasks[2:])
    assert (order, bulkhead.taken, bulkhead.waiting) == (["a", "c", "d"], 3, 0)
    bulkhead.capacity = 1
    for _ in range(3):
        bulkhead.leave()
    assert (bulkhead.taken, bulkhead.enter()) == (0, True)


async def test_a_place_that_comes_as_its_client_leaves_goes_to_the_next() -> None:
    bulkhead = Bulkhead(1, queue=10, seconds=30)
    assert bulkhead.enter()
    first, second = asyncio.create_task(bulkhead.wait()), asyncio.create_task(bulkhead.wait())
    await asyncio.sleep(0)
    bulkhead.leave()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await second
    assert (bulkhead.taken, bulkhead.waiting) == (1, 0)


async def test_a_queue_of_none_turns_away_at_once() -> None:
    bulkhead = Bulkhead(1, queue=0, seconds=30)
    assert bulkhead.enter()
    with pytest.raises(BulkheadFull):
        await bulkhead.wait()
    assert (bulkhead.turned_away, bulkhead.taken) == (1, 1)
