"""A server that stops cuts nobody off."""

import asyncio
import socket

import pytest
from aiohttp import web

from shared.draining import drain
from shared.listening import bind, listen
from tests.gateway.sockets import read_head


async def _echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def _runner() -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/", _echo)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    return runner


async def test_a_body_that_is_still_arriving_is_taken_to_its_end() -> None:
    runner = await _runner()
    sockets = bind("127.0.0.1", 0)
    await listen(runner, sockets)
    port = sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
    await writer.drain()
    server = runner.server
    assert server is not None
    while not (server.connections and server.connections[0]._current_request):  # noqa: ASYNC110 - no event tells it
        await asyncio.sleep(0.01)
    stopping = asyncio.create_task(drain(runner, sockets, seconds=10))
    await asyncio.sleep(0.05)
    writer.write(b"def")
    async with asyncio.timeout(5):
        assert b"200 OK" in await read_head(reader)
        assert await reader.readexactly(6) == b"abcdef"
        writer.close()
        await stopping
    await runner.cleanup()


async def test_who_connected_before_the_end_is_served_and_who_comes_after_is_refused() -> None:
    runner = await _runner()
    sockets = bind("127.0.0.1", 0)
    await listen(runner, sockets)
    port = sockets[0].getsockname()[1]
    # These are in the kernel's queue: the loop has had no chance to accept them when draining begins.
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    stopping = asyncio.create_task(drain(runner, sockets, seconds=10))
    await asyncio.sleep(0)
    for client in clients:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\na")
        client.setblocking(False)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(5):
        for client in clients:
            assert (await loop.sock_recv(client, 100)).startswith(b"HTTP/1.1 200 OK")
            client.close()
        await stopping
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    await runner.cleanup()


async def test_an_idle_connection_is_closed_in_order() -> None:
    runner = await _runner()
    sockets = bind("127.0.0.1", 0)
    await listen(runner, sockets)
    reader, writer = await asyncio.open_connection("127.0.0.1", sockets[0].getsockname()[1])
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na")
    await read_head(reader)
    assert await reader.readexactly(1) == b"a"
    async with asyncio.timeout(5):
        await drain(runner, sockets, seconds=10)
        assert await reader.read() == b"", "an end, not a reset"
    writer.close()
    await runner.cleanup()
