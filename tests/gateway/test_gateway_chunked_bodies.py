"""What surrounds the data of a chunked body is bounded: the parser skips chunk extensions, however long they are."""

import asyncio

import pytest

from tests.gateway.answers import problem, status_lines
from tests.gateway.conftest import RunGateway
from tests.gateway.sockets import connect, read_all, read_head, serving

HEAD = b"PUT /api/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
GREEDY = {
    "one long extension": b"1;" + b"a" * 1_000_000 + b"\r\nx\r\n",
    "a long extension of the last chunk": b"1\r\nx\r\n0;" + b"a" * 1_000_000 + b"\r\n\r\n",
    "an extension behind much data": b"%x\r\n%b\r\n1;%b\r\nx\r\n" % (300_000, b"x" * 300_000, b"a" * 500_000),
    "a kilobyte for each byte": (b"1;" + b"a" * 1000 + b"\r\nx\r\n") * 500,
}
MODEST = {
    "a byte a chunk, each with an extension": b"1;abc=de\r\nx\r\n" * 20_000,
    "large chunks with extensions": (b"4000;signature=" + b"a" * 64 + b"\r\n" + b"x" * 0x4000 + b"\r\n") * 50,
}


@pytest.fixture
async def bodies() -> list[bytes]:
    """What services got of bodies."""
    return []


@pytest.mark.parametrize("body", GREEDY.values(), ids=GREEDY.keys())
@pytest.mark.parametrize("pause", [0, 0.05], ids=["at once", "after the head"])
async def test_chunk_framing_that_outgrows_its_data_is_refused(
    run_gateway: RunGateway, bodies: list[bytes], body: bytes, pause: float
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_head(reader)).startswith(b"PUT"):
            bodies.append(await read_all(reader))

    async with serving(handle) as url, run_gateway(policy_url=url) as base:
        reader, writer = await connect(base)
        writer.write(HEAD)
        if pause:
            await asyncio.sleep(pause)  # so that the service is being asked when the body comes
        async with asyncio.timeout(10):
            writer.write(body + (b"" if b"0;" in body else END))
            await writer.drain()
            assert problem(await read_all(reader))[0] == 400, "told, also to a client that sends all before it reads"
        writer.close()
    assert not any(found.endswith(END) for found in bodies), "a service must not take it for a whole body"


@pytest.mark.parametrize("body", MODEST.values(), ids=MODEST.keys())
async def test_ordinary_extensions_and_small_chunks_pass(run_gateway: RunGateway, body: bytes) -> None:
    """Also to a service that takes its time, for which the gateway stops reading in between."""
    data = body.count(b"x")
    got = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal got
        if not (await read_head(reader)).startswith(b"PUT"):
            return
        await asyncio.sleep(0.2)
        while not (received := await reader.read(65536)).endswith(END):
            got += received.count(b"x")
        got += received.count(b"x")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async with serving(handle) as url, run_gateway(policy_url=url) as base:
        reader, writer = await connect(base)
        reading = asyncio.create_task(read_all(reader))
        writer.write(HEAD + body + END + b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(10):
            answer = await reading
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert status_lines(answer) == 2, "the request behind the body is answered, too"
    assert got == data
