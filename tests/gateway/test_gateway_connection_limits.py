"""Connections are counted, in all and from one address; one too many is told so and closed."""

import asyncio
import json

from tests.gateway.conftest import RunGateway
from tests.gateway.sockets import ask, connect, read_all, read_head, serving

_ONE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
_LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def _service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await read_head(reader)
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"status":"pass"}')


async def _refused(base: str) -> dict[str, object]:
    """What a connection that is one too many reads, whether or not it asks something."""
    reader, writer = await connect(base)
    async with asyncio.timeout(10):
        head, _, body = (await read_all(reader)).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nConnection: close" in head
    assert b"\r\nRetry-After: 5" in head
    told: dict[str, object] = json.loads(body)
    assert f"X-Request-ID: {told['request_id']}".encode() in head
    return told


async def test_one_connection_too_many_from_an_address_is_refused(run_gateway: RunGateway) -> None:
    async with serving(_service) as url, run_gateway(web_url=url, max_connections_of_one=2) as base:
        kept = [await connect(base) for _ in range(2)]
        for reader, writer in kept:
            writer.write(_ONE)
            assert (await read_head(reader)).startswith(b"HTTP/1.1 200 ")
        told = await _refused(base)
        assert (told["type"], told["detail"]) == ("/docs/errors#unavailable", "Too many connections are open here.")
        assert (await ask(base, _LAST)).startswith(b"HTTP/1.1 503 "), "also when it asks at once"
        for reader, writer in kept:
            writer.write(_LAST)
            assert b"HTTP/1.1 200 " in await read_all(reader), "those that were there go on"
            writer.close()
        assert (await ask(base, _LAST)).startswith(b"HTTP/1.1 200 "), "their places are free again"


async def test_all_connections_together_are_bounded(run_gateway: RunGateway) -> None:
    async with serving(_service) as url, run_gateway(web_url=url, max_connections=10) as base:
        kept = [await connect(base) for _ in range(10)]
        for reader, writer in kept:
            writer.write(_ONE)
            await read_head(reader)
        await _refused(base)
        for _, writer in kept:
            writer.close()


async def test_a_trusted_proxy_brings_many(run_gateway: RunGateway) -> None:
    async with (
        serving(_service) as url,
        run_gateway(web_url=url, max_connections_of_one=1, trusted_proxies="127.0.0.0/8") as base,
    ):
        kept = [await connect(base) for _ in range(3)]
        for reader, writer in kept:
            writer.write(_ONE)
            assert (await read_head(reader)).startswith(b"HTTP/1.1 200 ")
        for _, writer in kept:
            writer.close()
