"""WebSockets pass through: agreed between client and service, in both directions, for as long as they are used."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from tests.gateway.answers import problem
from tests.gateway.conftest import RunGateway
from tests.gateway.sockets import ask, connect, read_all, read_head, serving
from tests.serving import running

_HANDSHAKE = (
    b"GET /live HTTP/1.1\r\nHost: platform.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def _echo(heads: list[web.Request] | None = None) -> web.Application:
    async def live(request: web.Request) -> web.WebSocketResponse:
        if heads is not None:
            heads.append(request)
        socket = web.WebSocketResponse(protocols=("policy.v1",), max_msg_size=2**24)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT and message.data == "close":
                await socket.close(code=4000, message=b"as asked")
            elif message.type is WSMsgType.TEXT:
                await socket.send_str(f"heard {message.data}")
            elif message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        return socket

    app = web.Application()
    app.router.add_get("/live", live)
    return app


async def test_messages_pass_both_ways(run_gateway: RunGateway) -> None:
    seen: list[web.Request] = []
    async with (
        running(_echo(seen)) as url,
        run_gateway(web_url=url) as base,
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{base}/live", protocols=("policy.v1",), origin="https://elsewhere.test") as socket,
    ):
        assert socket.protocol == "policy.v1"
        await socket.send_str("one")
        assert await socket.receive_str(timeout=10) == "heard one"
        await socket.send_str("close")
        assert (await socket.receive(timeout=10)).data == 4000
    (request,) = seen
    assert request.headers["Origin"] == "https://elsewhere.test", "which sites may is for the service to decide"
    assert "X-Internal-Token" in request.headers
    assert request.headers["X-Forwarded-For"] == "127.0.0.1"


async def test_large_messages_pass_whole(run_gateway: RunGateway) -> None:
    large = bytes(range(256)) * 16384  # 4 MiB: more than any buffer on the way holds
    async with (
        running(_echo()) as url,
        run_gateway(web_url=url) as base,
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{base}/live", max_msg_size=2**24) as socket,
    ):
        for _ in range(3):
            await socket.send_bytes(large)
        for _ in range(3):
            assert await socket.receive_bytes(timeout=30) == large


async def test_what_follows_the_handshake_at_once_is_not_lost(run_gateway: RunGateway) -> None:
    async def service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await read_head(reader)
        if head.startswith(b"GET /health "):
            return
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst ")
        writer.write(b"you said " + await reader.readexactly(5))
        await writer.drain()

    async with serving(service) as url, run_gateway(web_url=url) as base:
        answer = await ask(base, _HANDSHAKE + b"hello")
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nUpgrade: websocket" in head
    assert rest == b"first you said hello"


async def test_a_service_that_declines_is_heard(run_gateway: RunGateway) -> None:
    async def decline(_: web.Request) -> web.Response:
        return web.Response(status=403, text="not for you")

    app = web.Application()
    app.router.add_get("/live", decline)
    async with running(app) as url, run_gateway(web_url=url) as base:
        answer = await ask(base, _HANDSHAKE.replace(b"keep-alive, Upgrade", b"Upgrade, close"))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert answer.endswith(b"not for you")


@pytest.mark.parametrize(
    ("of", "by"),
    [
        (b"Upgrade: websocket", b"Upgrade: h2c"),
        (b"keep-alive, Upgrade", b"close"),
        (b"GET /live", b"POST /live"),
    ],
    ids=["another protocol", "not nominated", "another method"],
)
async def test_nothing_else_switches(run_gateway: RunGateway, of: bytes, by: bytes) -> None:
    heads = []

    async def service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await read_head(reader)
        if not head.startswith(b"GET /health "):
            heads.append(head.lower())
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            await reader.read()

    async with serving(service) as url, run_gateway(web_url=url) as base:
        reader, writer = await connect(base)
        writer.write(_HANDSHAKE.replace(of, by))
        async with asyncio.timeout(10):
            assert (await read_head(reader)).startswith(b"HTTP/1.1 502 "), "nobody asked the service to switch"
        writer.close()
    assert heads
    assert not [head for head in heads if b"upgrade" in head]


async def _ended(service_side: asyncio.Future[None]) -> None:
    async with asyncio.timeout(10):
        await service_side


@contextlib.asynccontextmanager
async def _silent(ended: "asyncio.Future[None]") -> AsyncIterator[str]:
    """A service that agrees and then only listens until the other side closes."""

    async def service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_head(reader)).startswith(b"GET /health "):
            return
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        await read_all(reader)
        ended.set_result(None)

    async with serving(service) as url:
        yield url


async def test_a_client_that_leaves_ends_it_at_the_service(run_gateway: RunGateway) -> None:
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    async with _silent(ended) as url, run_gateway(web_url=url) as base:
        reader, writer = await connect(base)
        writer.write(_HANDSHAKE)
        await read_head(reader)
        writer.close()
        await _ended(ended)


async def test_a_silent_one_is_closed(run_gateway: RunGateway) -> None:
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    async with _silent(ended) as url, run_gateway(web_url=url, websocket_idle_seconds=0.2) as base:
        assert (await ask(base, _HANDSHAKE)).startswith(b"HTTP/1.1 101 ")
        await _ended(ended)


async def test_a_service_that_breaks_off_breaks_it(run_gateway: RunGateway) -> None:
    async def service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_head(reader)).startswith(b"GET /health "):
            return
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        await writer.drain()
        writer.transport.abort()

    async with serving(service) as url, run_gateway(web_url=url) as base:
        assert (await ask(base, _HANDSHAKE)).startswith(b"HTTP/1.1 101 ")


async def test_one_too_many_is_told_to_come_again(run_gateway: RunGateway) -> None:
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    async with _silent(ended) as url, run_gateway(web_url=url, max_websockets=1) as base:
        reader, writer = await connect(base)
        writer.write(_HANDSHAKE)
        await read_head(reader)
        status, told = problem(await ask(base, _HANDSHAKE.replace(b"keep-alive, Upgrade", b"Upgrade, close")))
        assert (status, told["detail"]) == (503, "Too many WebSockets are open here.")
        writer.close()
        await _ended(ended)
