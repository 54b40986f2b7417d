"""Clients that are slow, greedy, or gone."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

from tests.faults.processes_under_test import Started
from tests.faults.promises import Options, Row, Seen
from tests.faults.steady_client import Ask, SteadyClient, until

_READ = "/api/v1/kinds"
_SLOW_CLIENTS = 40  # of each kind
_TIMEOUT = 2.0
_MEGABYTES_EACH = 2.0  # what a client that does not read may cost: buffers on both sides, however long the answer
_GONE = 10_000
_TOGETHER = 100


async def _slow_clients(options: Options) -> Seen:
    """Forty clients send heads a byte at a time, forty send bodies so, and forty do not read their answers."""
    seen = Seen()
    settings: dict[str, object] = {"header_seconds": _TIMEOUT, "client_idle_seconds": _TIMEOUT}
    # Good traffic has an upstream of its own: a plain one is held up by handing out forty times 8 MB.
    async with (
        options.workshop.upstream("well") as well,
        options.workshop.upstream("one") as upstream,
        options.workshop.gateway(upstream.base, web_url=well.base, **settings) as gateway,
    ):
        good = SteadyClient(gateway.base, lambda n: Ask("GET", "/about", expect=b"x"), rate=options.rate)
        async with good.running() as before:
            await asyncio.sleep(3)
        memory = gateway.megabytes
        kinds: dict[str, Callable[[Started, set[int]], Coroutine[None, None, None]]] = {
            "heads": _slow_head, "bodies": _slow_body, "readers": _slow_reader,
        }  # fmt: skip
        lasted: dict[str, float] = {}
        good = SteadyClient(gateway.base, lambda n: Ask("GET", "/about", expect=b"x"), rate=options.rate)
        async with good.running() as during:
            for name, one in kinds.items():
                ports: set[int] = set()
                clients = []
                for _ in range(_SLOW_CLIENTS):
                    clients.append(asyncio.create_task(one(gateway, ports)))
                    await asyncio.sleep(0.05)
                seen.require(len(ports) == _SLOW_CLIENTS, f"slow {name} did not come: nothing was shown")
                lasted[name] = await until(partial(_none_open, gateway, ports), 30) or 30.0
                for client in clients:
                    client.cancel()
                await asyncio.gather(*clients, return_exceptions=True)
        grown = gateway.megabytes - memory
    told = ", ".join(f"the last slow {name} closed after {seconds:.1f} s" for name, seconds in lasted.items())
    seen.note(f"{_SLOW_CLIENTS} of each, timeouts of {_TIMEOUT:g} s: {told}; memory +{grown:.1f} MB")
    seen.note(f"good traffic {during.words()}, p99 {before.at(0.99):.0f} ms before, {during.at(0.99):.0f} ms meanwhile")
    for name, seconds in lasted.items():
        seen.require(seconds < 2 * _TIMEOUT + 4, f"slow {name} held on for {seconds:.1f} s")
    seen.require(during.kinds.keys() <= {"200"}, f"good traffic: {during.words()}")
    seen.require(during.at(0.99) < max(100, 2 * before.at(0.99)), f"good traffic's p99 {during.at(0.99):.0f} ms")
    seen.require(grown < _MEGABYTES_EACH * _SLOW_CLIENTS, f"memory grew by {grown:.0f} MB")
    return seen


def _none_open(gateway: Started, ports: set[int]) -> bool:
    """Whether the gateway closed its side of all connections from these ports.

    A client that does not read learns nothing of that: the kernel goes on offering what it has taken of the answer.
    """
    established = "01"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if state == established and int(local[-4:], 16) == gateway.port and int(remote[-4:], 16) in ports:
            return False
    return True


async def _slow_head(gateway: Started, ports: set[int]) -> None:
    await _dribble(gateway, ports, b"GET /api/v1/kinds HTTP/1.1\r\nHost: x\r\n", b"X")


async def _slow_body(gateway: Started, ports: set[int]) -> None:
    head = b"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n"
    await _dribble(gateway, ports, head, b"a")


async def _dribble(gateway: Started, ports: set[int], begin: bytes, byte: bytes) -> None:
    """Send a byte now and then, until the gateway closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    ports.add(writer.get_extra_info("sockname")[1])
    reading = asyncio.create_task(_read_all(reader))
    try:
        with contextlib.suppress(OSError):
            writer.write(begin)
            while not reading.done():
                writer.write(byte)
                await asyncio.wait({reading}, timeout=0.4)
    finally:
        reading.cancel()
        writer.transport.abort()


async def _slow_reader(gateway: Started, ports: set[int]) -> None:
    """Asks for 8 MB and reads nothing of it: the gateway must not hold it all, nor wait for ever."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", gateway.port))
        ports.add(client.getsockname()[1])
        await loop.sock_sendall(client, _long_answer(len(ports)))
        await asyncio.sleep(3600)


def _long_answer(number: int) -> bytes:
    return f"GET {_READ}?size=8000000&n={number} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    received = b""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            received += data
    return received


def _oversized() -> list[tuple[str, bytes, tuple[int, ...]]]:
    host = b" HTTP/1.1\r\nHost: x\r\n"
    chunked = b"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [
        ("target of 20 kB", b"GET /api/v1/" + b"a" * 20_000 + host + b"\r\n", (414,)),
        ("target of 2 MB", b"GET /api/v1/" + b"a" * 2_000_000 + host + b"\r\n", (414,)),
        ("header of 40 kB", b"GET /api/v1/kinds" + host + b"X-A: " + b"a" * 40_000 + b"\r\n\r\n", (431,)),
        ("header of 2 MB", b"GET /api/v1/kinds" + host + b"X-A: " + b"a" * 2_000_000 + b"\r\n\r\n", (431,)),
        ("5,000 headers", b"GET /api/v1/kinds" + host + b"X-A: b\r\n" * 5_000 + b"\r\n", (431,)),
        ("a length of 10 GB", b"POST /api/v1/imports" + host + b"Content-Length: 10000000000\r\n\r\nabc", (413,)),
        ("chunks beyond the limit", chunked + b"10000\r\n" + b"a" * 65_536 + b"\r\n10000\r\n" + b"a" * 65_536, (413,)),
        ("a chunk size of 2^64", chunked + b"FFFFFFFFFFFFFFFFF\r\nabc", (400,)),
        ("a chunk extension of 1 MB", chunked + b"1;" + b"a" * 1_000_000 + b"\r\na\r\n0\r\n\r\n", (400, 413, 431)),
        (
            "10,000 chunks of one byte, each with an extension",
            chunked + b"1;aaaaaaaaaaaaaaaa\r\na\r\n" * 10_000,
            (400, 413),
        ),
        ("trailers of 1 MB", chunked + b"0\r\n" + b"X-T: aaaaaaaaaaaaaaaa\r\n" * 50_000 + b"\r\n", (400, 413, 431)),
    ]


async def _too_large(options: Options) -> Seen:
    """Everything that is too large, each on a connection of its own, beside good traffic."""
    seen = Seen()
    async with (
        options.workshop.upstream() as upstream,
        options.workshop.gateway(upstream.base, max_body_bytes=100_000, client_idle_seconds=2) as gateway,
    ):
        good = SteadyClient(gateway.base, lambda n: Ask("GET", f"{_READ}?mark=good", expect=b"x"), rate=options.rate)
        memory = gateway.megabytes
        async with good.running() as during:
            statuses = {}
            for name, request, allowed in _oversized():
                status = await _status(gateway, request)
                statuses[name] = status
                seen.require(status in allowed, f"{name}: {status} rather than {' or '.join(map(str, allowed))}")
        grown = gateway.megabytes - memory
        carried_out = [mark for what, mark, _ in upstream.noted() if what == "done" and mark != "good"]
        said = gateway.log.read_text()
    seen.note(", ".join(f"{name}: {status}" for name, status in statuses.items()))
    seen.note(f"good traffic {during.words()}; memory +{grown:.1f} MB")
    seen.require(not carried_out, f"the upstream carried out {len(carried_out)} of them")
    seen.require("Traceback" not in said, "a traceback in the gateway's log")
    seen.require(during.kinds.keys() <= {"200"}, f"good traffic: {during.words()}")
    seen.require(grown < 30, f"memory grew by {grown:.0f} MB")
    return seen


async def _status(gateway: Started, request: bytes) -> int:
    """The status of the first answer; 0 when there was none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    reading = asyncio.create_task(reader.read(12))
    with contextlib.suppress(OSError):
        writer.write(request)
        await writer.drain()
    answer = b""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(15):
            answer = await reading
    writer.transport.abort()
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.") else 0


async def _clients_leave(options: Options) -> Seen:
    """Ten thousand clients ask for something that takes long, and leave."""
    seen = Seen()
    async with (
        options.workshop.upstream() as upstream,
        options.workshop.gateway(upstream.base, upstream_connections=4 * _TOGETHER) as gateway,
    ):
        await _leave(gateway, 500, "warm")  # what the first ones make is kept, like buffers and pools
        await asyncio.sleep(1)
        sockets, memory = gateway.sockets, gateway.megabytes
        good = SteadyClient(gateway.base, lambda n: Ask("GET", _READ, expect=b"x"), rate=20)
        async with good.running() as during:
            await _leave(gateway, _GONE, "gone")
        cancelled = await until(lambda: _noted(upstream)["gone"] >= _noted(upstream)["done"], 1.0)
        noted = _noted(upstream)
        settled = await until(lambda: gateway.sockets <= sockets + 5, 10)
        grown, left = gateway.megabytes - memory, gateway.sockets - sockets
        said = gateway.log.read_text()
    seen.note(f"{_GONE} clients left: {noted['done']} reached the upstream, {noted['gone']} of these were cancelled "
              f"{'within 1 s of the last' if cancelled is not None else 'so far'}; sockets {left:+d}, "
              f"memory {grown:+.1f} MB; others {during.words()}")  # fmt: skip
    seen.require(noted["done"] > _GONE / 2, "most clients left before their request came through: nothing was shown")
    seen.require(cancelled is not None, f"{noted['done'] - noted['gone']} upstream requests were not cancelled in 1 s")
    seen.require(settled is not None, f"{left} sockets are left")
    seen.require(grown < 15, f"memory grew by {grown:.0f} MB")
    seen.require(during.kinds.keys() <= {"200"}, f"others: {during.words()}")
    seen.require("Traceback" not in said, "a traceback in the gateway's log")
    return seen


def _noted(upstream: Started) -> Counter[str]:
    return Counter(what for what, mark, _ in upstream.noted() if mark == "gone")


async def _leave(gateway: Started, times: int, mark: str) -> None:
    room = asyncio.Semaphore(_TOGETHER)

    async def one(number: int) -> None:
        # Each asks for something else: requests for the same thing would be one at the upstream.
        request = f"GET {_READ}?wait=60&mark={mark}&n={number} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        async with room:
            _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            writer.write(request)
            await asyncio.sleep(0.4)
            writer.transport.abort()

    await asyncio.gather(*(one(number) for number in range(times)))


ROWS = (
    Row(
        "slow-clients",
        "Slow headers, slow body, slow reader",
        "closed at the timeout; memory flat; good traffic p99 < 100 ms",
        _slow_clients,
    ),
    Row(
        "oversized",
        "Oversized line, header, body; chunked bomb",
        "414 / 431 / 413; no traceback; the upstream never sees it",
        _too_large,
    ),
    Row("clients-leave", "Client leaves", "upstream cancelled ≤ 1 s; no leaked sockets after 10,000", _clients_leave),
)
