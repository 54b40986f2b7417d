"""The proxy of `make faults` does what it is told, or a row would show nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.faults.fault_proxy import FaultProxy, Mode
from tests.faults.steady_client import Ask, SteadyClient
from tests.gateway.sockets import read_head, serving

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + b"x" * 400


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_head(reader)
            writer.write(_ANSWER)

    async with serving(handle) as base, FaultProxy(int(base.rpartition(":")[2])).running() as made:
        yield made


async def _seen(proxy: FaultProxy, patience: float = 5) -> str:
    client = SteadyClient(f"http://127.0.0.1:{proxy.port}", lambda n: Ask("GET", "/"), rate=50, patience=patience)
    (kind,) = (await client.go(1)).kinds
    return kind


async def test_each_mode_is_another_fault_and_passing_is_none(proxy: FaultProxy) -> None:
    assert await _seen(proxy) == "200"
    proxy.mode = Mode.CUT
    assert await _seen(proxy) in ("closed", "reset")
    proxy.mode = Mode.HALF
    assert await _seen(proxy) == "cut"
    proxy.mode = Mode.HANG
    assert await _seen(proxy, patience=0.3) == "timeout"
    proxy.mode = Mode.PASS
    await proxy.refuse()
    assert await _seen(proxy) == "refused"
    await proxy.accept()
    assert await _seen(proxy) == "200"


async def test_a_delay_is_added_to_the_answer(proxy: FaultProxy) -> None:
    proxy.delay = 0.5
    client = SteadyClient(f"http://127.0.0.1:{proxy.port}", lambda n: Ask("GET", "/"), rate=50)
    tally = await client.go(1)
    assert tally.kinds == {"200": 1}
    assert tally.slowest > 500
