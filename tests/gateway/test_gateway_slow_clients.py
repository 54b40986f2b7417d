"""Clients that dawdle over headers or bodies, or break their bodies, are given up in time."""

import asyncio

import pytest

from tests.gateway.answers import problem, status_lines
from tests.gateway.conftest import Front, RunGateway
from tests.gateway.sockets import ask, connect, read_all, read_head, serving


@pytest.mark.parametrize("part", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow:"])
async def test_slow_headers_are_closed(front: Front, part: bytes) -> None:
    started = asyncio.get_running_loop().time()
    assert await ask(front.base, part, seconds=3) == b""
    assert 0.3 < asyncio.get_running_loop().time() - started < 2


async def test_headers_dripping_in_are_closed_all_the_same(front: Front) -> None:
    reader, writer = await connect(front.base)
    loop = asyncio.get_running_loop()
    started = loop.time()
    ended = asyncio.create_task(read_all(reader))
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n")
    while not ended.done() and loop.time() - started < 5:
        writer.write(b"X-A: 1\r\n")
        await asyncio.sleep(0.1)
    assert loop.time() - started < 2
    assert await ended == b""
    writer.close()


async def test_slow_headers_of_a_later_request_are_closed(front: Front) -> None:
    reader, writer = await connect(front.base)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await read_head(reader)
    await reader.readexactly(2)
    await asyncio.sleep(0.8)  # idle longer than headers may take: that is allowed
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await read_head(reader)
    await reader.readexactly(2)
    writer.write(b"GET / HT")
    async with asyncio.timeout(2):
        assert await read_all(reader) == b""
    writer.close()


async def test_a_body_that_drips_is_given_up(run_gateway: RunGateway) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_head(reader)).startswith(b"POST"):
            await read_all(reader)

    async with serving(swallow) as url, run_gateway(web_url=url, client_idle_seconds=0.6) as base:
        reader, writer = await connect(base)
        writer.write(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        ended = asyncio.create_task(read_head(reader))
        loop = asyncio.get_running_loop()
        started = loop.time()
        while not ended.done() and loop.time() - started < 5:
            writer.write(b"x")
            await asyncio.sleep(0.1)
        assert 0.5 < loop.time() - started < 2
        assert (await ended).startswith(b"HTTP/1.1 400")
        writer.close()


async def test_a_body_that_stops_is_given_up(front: Front) -> None:
    answer = await ask(front.base, b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", seconds=9)
    assert status_lines(answer) <= 1


@pytest.mark.parametrize(
    "chunk", [b"zz\r\nabc\r\n", b"3\r\nabcdef\r\n", b"-1\r\n", b"3;\n\r\nabc\r\n", b"ffffffffffffffff1\r\n"]
)
@pytest.mark.parametrize("pause", [0, 0.2], ids=["with the head", "later"])
async def test_malformed_chunks_end_the_request_at_once(run_gateway: RunGateway, chunk: bytes, pause: float) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_head(reader)).startswith(b"POST"):
            await read_all(reader)

    async with serving(swallow) as url, run_gateway(web_url=url, client_idle_seconds=5) as base:
        reader, writer = await connect(base)
        writer.write(b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        await asyncio.sleep(pause)
        writer.write(chunk)
        async with asyncio.timeout(2):
            answer = await read_all(reader)
        writer.close()
    assert problem(answer)[0] == 400
