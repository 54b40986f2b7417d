"""What goes wrong with a request in the lane goes on as in the ordinary way."""

import asyncio
import socket
from contextlib import AsyncExitStack

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from redis.asyncio import Redis

from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings
from shared.contracts.sessions import ANNOUNCED_KEY, REVOKED_SID_PREFIX
from shared.draining import drain
from tests.bench.gateway.ours import ISSUER, SESSION, jwks, signed_in
from tests.gateway.conftest import KEY, NOWHERE, RunGateway
from tests.gateway.laned import OK, Call, Rider, Service, riding, saying
from tests.gateway.sockets import connect, serving
from tests.waiting import until

_PATH = "/api/v1/thing"


async def test_a_replica_that_breaks_off_is_not_the_end_of_a_request(run_gateway: RunGateway, redis_url: str) -> None:
    is_deadly = False

    async def reply(call: Call) -> None:
        nonlocal is_deadly
        if is_deadly:
            is_deadly = False
            call.writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
            await call.writer.drain()
            call.writer.transport.abort()
            raise ConnectionResetError
        call.writer.write(OK)

    services = Service(reply), Service(reply)
    async with riding(run_gateway, redis_url, *services) as rider:
        while not all(service.calls for service in services):
            await rider.ask(_PATH)
        await rider.warm_up(_PATH)
        handed_over = await rider.taken("handed_over")
        asked = sum(len(service.calls) for service in services)
        while await rider.taken("handed_over") == handed_over:
            is_deadly = True
            head, body = await rider.ask(_PATH)
            assert (head[:12], body) == (b"HTTP/1.1 200", b"ok")
            assert not is_deadly
        assert sum(len(service.calls) for service in services) > asked + 1


async def test_a_failure_is_tried_on_another_replica(run_gateway: RunGateway, redis_url: str) -> None:
    fails = False

    async def reply(call: Call) -> None:
        nonlocal fails
        if fails:
            fails = False
            call.writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops")
        else:
            call.writer.write(OK)

    services = Service(reply), Service(reply)
    async with riding(run_gateway, redis_url, *services) as rider:
        await rider.warm_up(_PATH)
        handed_over = await rider.taken("handed_over")
        while await rider.taken("handed_over") == handed_over:
            fails = True
            head, body = await rider.ask(_PATH)
            assert (head[:12], body) == (b"HTTP/1.1 200", b"ok")


async def test_a_connection_that_was_closed_meanwhile_is_not_the_clients_affair(
    run_gateway: RunGateway, redis_url: str
) -> None:
    """A service that closes after its answer, as it must be met by chance in real life."""
    closes = False

    async def reply(call: Call) -> None:
        if closes:
            raise ConnectionResetError
        call.writer.write(OK)

    service = Service(reply)
    async with riding(run_gateway, redis_url, service) as rider:
        await rider.warm_up(_PATH)
        closes = True
        rider.send(_PATH)
        await service.left.wait()
        closes = False
        head, body = await rider.answer()
        assert (head[:12], body) == (b"HTTP/1.1 200", b"ok")


async def _hanging(rider: Rider, service: Service) -> None:
    """Let a request hang in the lane."""
    await rider.warm_up(_PATH)
    begun = len(service.calls)

    async def hang(call: Call) -> None:
        await call.reader.read()

    service.reply = hang
    rider.send(_PATH)
    await service.reached(begun + 1)


async def test_the_deadline_holds(run_gateway: RunGateway, redis_url: str) -> None:
    service = Service()
    async with riding(run_gateway, redis_url, service, upstream_read_seconds=0.3) as rider:
        handed_over = await rider.taken("handed_over")
        await _hanging(rider, service)
        head, body = await rider.answer()
        assert head.startswith(b"HTTP/1.1 504")
        assert b"gateway-timeout" in body or b"did not answer in time" in body
        assert await rider.taken("handed_over") == handed_over + 1
        await asyncio.wait_for(service.left.wait(), 5)
        service.reply = saying(OK)
        assert (await rider.ask(_PATH))[1] == b"ok"


async def test_a_client_that_leaves_takes_its_request_with_it(run_gateway: RunGateway, redis_url: str) -> None:
    service = Service()
    async with riding(run_gateway, redis_url, service) as rider:
        async with rider.on_another_connection() as other:
            await _hanging(other, service)
        async with asyncio.timeout(5):
            await service.left.wait()

        async def is_over() -> bool:
            async with rider.metrics.get("/metrics") as response:
                text = await response.text()
            return 'upstream_in_flight{service="policy"} 0.0' in text and 'status="499"' in text

        await until(is_over)


async def test_a_long_answer_streams(run_gateway: RunGateway, redis_url: str) -> None:
    service = Service()
    async with riding(run_gateway, redis_url, service) as rider:
        await rider.warm_up(_PATH)
        for size in (40_000, 300_000):
            head = b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n" % size
            service.reply = saying(head + b"x" * size)
            assert (await rider.ask(_PATH))[1] == b"x" * size


async def test_a_long_answer_has_the_length_that_it_said(run_gateway: RunGateway, redis_url: str) -> None:
    """What a service sends beyond it, in a later piece, reaches nobody."""
    size = 200_000

    async def reply(call: Call) -> None:
        call.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % size)
        for part in (b"a" * 150_000, b"b" * 50_000 + b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"):
            call.writer.write(part)
            await call.writer.drain()
            await asyncio.sleep(0.02)

    service = Service()
    async with riding(run_gateway, redis_url, service) as rider:
        await rider.warm_up(_PATH)
        for _ in range(3):
            service.reply = reply
            head, body = await rider.ask(_PATH)
            assert head.startswith(b"HTTP/1.1 200")
            assert body == b"a" * 150_000 + b"b" * 50_000
            service.reply = saying(OK)
            assert (await rider.ask(_PATH))[1] == b"ok"


async def test_an_answer_that_may_be_kept_after_all_is_kept(run_gateway: RunGateway, redis_url: str) -> None:
    service = Service()
    async with riding(run_gateway, redis_url, service) as rider:
        await rider.warm_up(_PATH)
        service.reply = saying(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 3\r\n\r\nnew")
        handed_over = await rider.taken("handed_over")
        head, body = await rider.ask(_PATH)
        assert body == b"new"
        assert b"stored" in head
        assert await rider.taken("handed_over") == handed_over + 1
        asked = len(service.calls)
        head, body = await rider.ask(_PATH)
        assert b"Cache-Status: openpolicy; hit" in head
        assert len(service.calls) == asked


async def test_two_answers_to_one_request_are_one(run_gateway: RunGateway, redis_url: str) -> None:
    """What a service says unasked reaches nobody."""
    service = Service()
    async with riding(run_gateway, redis_url, service) as rider:
        await rider.warm_up(_PATH)
        service.reply = saying(OK + b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nbad")
        assert (await rider.ask(_PATH))[0].startswith(b"HTTP/1.1 200")
        service.reply = saying(OK)
        for _ in range(3):
            head, body = await rider.ask(_PATH)
            assert (head[:12], body) == (b"HTTP/1.1 200", b"ok")


async def test_a_gateway_that_stops_answers_what_is_in_the_lane_and_says_that_it_is_the_last(
    redis_url: str,
) -> None:
    gate = asyncio.Event()
    gate.set()

    async def waiting(call: Call) -> None:
        await gate.wait()
        call.writer.write(OK)

    service = Service(waiting)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(service.serve))
        settings = GatewaySettings(
            internal_key=SecretStr(KEY), redis_url=SecretStr(redis_url), auth_url=NOWHERE, policy_url=url, web_url=url
        )
        server = await stack.enter_async_context(open_gateway(settings))
        runner = web.ServerRunner(server)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        listening = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listening).start()
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        metrics = await stack.enter_async_context(aiohttp.ClientSession(base))
        reader, writer = await connect(base)
        stack.callback(writer.close)
        rider = Rider(reader, writer, base, metrics)
        await rider.warm_up(_PATH)
        handed_over = await rider.taken("handed_over")
        gate.clear()
        begun = len(service.calls)
        rider.send(_PATH)
        await service.reached(begun + 1)
        server.drain()
        assert await rider.taken("handed_over") == handed_over + 1
        drained = asyncio.create_task(drain(runner, [listening], seconds=5))
        await asyncio.sleep(0.05)
        gate.set()
        head, body = await rider.answer()
        assert (head[:12], body) == (b"HTTP/1.1 200", b"ok")
        assert b"Connection: close\r\n" in head
        await drained


async def test_a_revoked_token_is_refused(run_gateway: RunGateway, redis_url: str) -> None:
    """Within a bound that the lane does not stretch: it takes only tokens that were just confirmed."""
    keys = jwks().encode()
    key_set = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(keys) + keys

    async def reply(call: Call) -> None:
        call.writer.write(key_set if call.path.endswith("jwks.json") else OK)

    token = f"Authorization: {signed_in()['Authorization']}"
    async with (
        Redis.from_url(redis_url) as redis,
        riding(run_gateway, redis_url, Service(reply), fields=(token,), public_url=ISSUER) as rider,
    ):
        await redis.set(ANNOUNCED_KEY, "1")
        await rider.warm_up(_PATH)
        await redis.set(f"{REVOKED_SID_PREFIX}{SESSION}", "1")

        async def is_refused() -> bool:
            return (await rider.ask(_PATH))[0].startswith(b"HTTP/1.1 401")

        await until(is_refused)
        passed = await rider.taken("passed")
        assert all([await is_refused() for _ in range(20)])
        assert await rider.taken("passed") == passed
