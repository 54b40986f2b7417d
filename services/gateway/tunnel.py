"""WebSocket (RFC 6455): once a service agreed to it, bytes pass both ways until one side is done."""

import asyncio

from aiohttp import hdrs

from services.gateway.client.headers import passed_from_service
from services.gateway.client.protocol import GatewayRequest
from services.gateway.exchange import Exchange
from services.gateway.relay import SentAnswer, abort
from services.gateway.upstreams.connection import Connection, ConnectionBroke
from services.gateway.upstreams.upstream import UpstreamResponse
from shared.background import stop
from shared.errors import Unavailable

SWITCH_LINES = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
"""What asks for WebSocket, and what agrees to it; these fields concern one connection and are not passed on."""
_WAITING_BYTES = 65536  # so much may wait for the service before the client is held back


def asks_for_websocket(request: GatewayRequest) -> bool:
    """Whether the client wants to speak WebSocket on its connection."""
    upgrade = request.headers.get(hdrs.UPGRADE)
    if upgrade is None or upgrade.lower() != "websocket" or request.method != "GET" or request.version != (1, 1):
        return False
    nominated = ",".join(request.headers.getall(hdrs.CONNECTION, [])).lower()
    return "upgrade" in [token.strip() for token in nominated.split(",")]


class _FromClient:
    """What the client sends; takes the place of aiohttp's parser."""

    def __init__(self, request: GatewayRequest) -> None:
        self._transport = request.transport
        self._parts: list[bytes] = []
        self._waiting = 0
        self._arrived = asyncio.Event()
        self._is_over = False

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """More of it. aiohttp wants to know whether it was the end, and what was left over."""
        self._parts.append(data)
        self._waiting += len(data)
        if self._waiting > _WAITING_BYTES and self._transport is not None:
            self._transport.pause_reading()
        self._arrived.set()
        return False, b""

    def feed_eof(self) -> None:
        """The client closed."""
        self._is_over = True
        self._arrived.set()

    async def read(self) -> bytes:
        """What arrived since the last time; empty at the end."""
        while not self._parts:
            if self._is_over:
                return b""
            self._arrived.clear()
            await self._arrived.wait()
        data, self._parts = b"".join(self._parts), []
        if self._waiting > _WAITING_BYTES and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        self._waiting = 0
        return data


class Tunnels:
    """The WebSockets that pass through this gateway; no more than `most`, and each for as long as something is said
    on it at least every `idle_seconds`."""

    def __init__(self, *, most: int, idle_seconds: float) -> None:
        self._most = most
        self._idle_seconds = idle_seconds
        self._open = 0

    def require_room(self) -> None:
        """Raise Unavailable when there are too many already."""
        if self._open >= self._most:
            raise Unavailable("Too many WebSockets are open here.", retry_after=30)

    async def carry(self, exchange: Exchange, answer: UpstreamResponse, connection: Connection) -> SentAnswer:
        """Tell the client that its service agreed, and pass bytes until one side closes or both are silent."""
        request = exchange.request
        if request.transport is None:
            raise ConnectionResetError("the client left")
        client = _FromClient(request)
        head = [b"HTTP/1.1 101 Switching Protocols\r\n", SWITCH_LINES]
        for name, value in passed_from_service(answer.headers):
            head += (name, b": ", value, b"\r\n")
        head += (exchange.lines(0), b"\r\n")
        request.transport.write(b"".join(head))
        request.writer.output_size += 1  # nothing else may be written as an answer
        request.protocol.set_parser(client)  # type: ignore[arg-type] # takes whatever has feed_data and feed_eof
        self._open += 1
        try:
            await self._pass(request, client, connection)
        finally:
            self._open -= 1
            connection.abort()
        return SentAnswer(101, keep_alive=False)

    async def _pass(self, request: GatewayRequest, client: _FromClient, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        heard = loop.time()

        async def from_client() -> None:
            nonlocal heard
            while data := await client.read():
                heard = loop.time()
                await connection.write(data)

        async def from_service() -> None:
            nonlocal heard
            try:
                while data := await connection.read():
                    heard = loop.time()
                    if request.transport is None:
                        return
                    request.transport.write(data)
                    await request.writer.drain()
            except ConnectionBroke:
                abort(request)
            except ConnectionError:
                return  # the client left

        ways = [asyncio.create_task(from_client()), asyncio.create_task(from_service())]
        try:
            while True:
                silent = loop.time() - heard
                if silent >= self._idle_seconds:
                    return
                ended, _ = await asyncio.wait(
                    ways, timeout=self._idle_seconds - silent, return_when=asyncio.FIRST_COMPLETED
                )
                if ended:
                    return
        finally:
            await stop(ways)
