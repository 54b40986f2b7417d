"""Nothing stays of clients that left before their answer, not even until the collector of reference cycles comes by."""

import asyncio
import gc

from services.gateway.client.protocol import GatewayProtocol
from tests.gateway.conftest import RunGateway
from tests.gateway.sockets import connect, read_all, read_head, serving
from tests.waiting import until


def _connections() -> int:
    return sum(isinstance(known, GatewayProtocol) for known in gc.get_objects())


async def test_connections_of_clients_that_left_are_freed_at_once(run_gateway: RunGateway) -> None:
    arrived = asyncio.Semaphore(0)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_head(reader)).startswith(b"GET /health "):
            return
        arrived.release()
        await read_all(reader)

    async with serving(hang) as url, run_gateway(web_url=url) as base:
        gc.collect()
        gc.disable()
        try:
            before = _connections()
            for number in range(20):
                _, writer = await connect(base)
                writer.write(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)
                async with asyncio.timeout(10):
                    await arrived.acquire()
                writer.transport.abort()

            async def are_gone() -> bool:
                return _connections() <= before

            await until(are_gone)
        finally:
            gc.enable()
