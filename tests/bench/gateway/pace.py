"""An open loop: requests leave at fixed times, whether or not others were answered, and count from those times."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import uvloop

from tests.bench.gateway.measuring import Bench
from tests.bench.load import Target, percentile
from tests.bench.stack import CannotMeasure

PER_SECOND = 500
SECONDS = 5.0
_WARM_UP = 500
_PATIENCE = 30.0
_SLOW_CLIENTS = 100
_SLOW_BYTES = 4096
_SLOW_PAUSE = 0.05
_SLOW_READS = 1_048_576 // _SLOW_BYTES
PATH = "/api/v1/documents/512"
_LARGE = "/api/v1/documents/1048576"
_REFERENCES = ("traefik", "nginx")


class _Named(Protocol):
    @property
    def base(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Paced:
    """Milliseconds from the time a request was due to the end of its answer."""

    times: tuple[float, ...]

    def at(self, share: float) -> float:
        """The time below which this share of requests stayed."""
        return percentile(self.times, share)


def paced(program: _Named, *, per_second: int = PER_SECOND, seconds: float = SECONDS) -> Paced:
    """Ask for 512 bytes again and again at a fixed rate. Raises CannotMeasure when anything but 200 is answered."""
    request = Target(program.base, [PATH]).requests()[0]
    times = uvloop.run(_pace(program.base, request, per_second, int(per_second * seconds) + _WARM_UP))
    return Paced(tuple(times[_WARM_UP:]))


def measure(bench: Bench) -> None:
    """What each proxy adds to the upstream's own time, undisturbed and while slow clients take large answers."""
    bench.report.say(f"{PER_SECOND} requests/s")
    direct = paced(bench.upstream)
    rows: list[list[object]] = [["direct", direct.at(0.5), direct.at(0.99), "", "", ""]]
    for name in ("ours", *(name for name in _REFERENCES if name in bench.rivals)):
        program = bench.proxy(name)
        found = paced(program)
        before = program.resident()
        with slow_clients(program):
            beside = paced(program)
            memory = program.resident() - before
        added = found.at(0.99) - direct.at(0.99)
        rows.append([name, found.at(0.5), found.at(0.99), added, beside.at(0.99), memory])
        if name == "ours":
            bench.report.bar(f"{PER_SECOND} requests/s: p99 added over direct", added, 2, unit=" ms")
            bench.report.bar(
                f"{PER_SECOND} requests/s beside {_SLOW_CLIENTS} slow clients: p99", beside.at(0.99), 100, unit=" ms"
            )
    heads = ("proxy", "p50 ms", "p99 ms", "p99 added ms", "p99 ms beside slow clients", "MiB that those take")
    bench.report.table(f"512 bytes at {PER_SECOND} requests/s, and beside {_SLOW_CLIENTS} slow clients", heads, rows)


@contextmanager
def slow_clients(program: _Named) -> Iterator[None]:
    """A hundred clients that take a megabyte, four kilobytes at a time, and then the next."""
    stopping = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_be_slow(program.base, stopping)), daemon=True)
    thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        stopping.set()
        thread.join()


async def _be_slow(base: str, stopping: threading.Event) -> None:
    request = Target(base, [_LARGE]).requests()[0]
    place = urlsplit(base)

    async def client() -> None:
        while not stopping.is_set():
            wire = socket.socket()
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SLOW_BYTES)  # else the system takes it all at once
            wire.setblocking(False)
            await asyncio.get_running_loop().sock_connect(wire, (place.hostname, place.port))
            reader, writer = await asyncio.open_connection(sock=wire, limit=_SLOW_BYTES)
            try:
                writer.write(request)
                for _ in range(_SLOW_READS):
                    if stopping.is_set() or not await reader.read(_SLOW_BYTES):
                        break
                    await asyncio.sleep(_SLOW_PAUSE)
            finally:
                writer.transport.abort()

    await asyncio.gather(*(client() for _ in range(_SLOW_CLIENTS)), return_exceptions=True)


async def _pace(base: str, request: bytes, per_second: int, count: int) -> list[float]:
    loop = asyncio.get_running_loop()
    place = urlsplit(base)
    idle: list[_Asking] = []
    times: list[float] = []
    done = loop.create_future()

    def back(lane: _Asking) -> None:
        idle.append(lane)
        times.append((time.perf_counter() - lane.due) * 1000)
        if len(times) == count and not done.done():
            done.set_result(None)

    async def ask(due: float) -> None:
        if idle:
            lane = idle.pop()
        else:
            _, lane = await loop.create_connection(lambda: _Asking(back, done), place.hostname or "", place.port or 80)
        lane.ask(request, due)

    started = time.perf_counter()
    asking = []
    for number in range(count):
        due = started + number / per_second
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        asking.append(asyncio.ensure_future(ask(due)))
    try:
        await asyncio.wait_for(done, _PATIENCE)
    except TimeoutError:
        raise CannotMeasure(f"{count - len(times)} of {count} requests were not answered in time") from None
    await asyncio.gather(*asking)
    for lane in idle:
        lane.close()
    return times


class _Answered(Protocol):
    def __call__(self, lane: _Asking, /) -> None: ...


class _Asking(asyncio.Protocol):
    """One connection; an answer of 512 bytes arrives in at most two pieces."""

    def __init__(self, answered: _Answered, failed: asyncio.Future[None]) -> None:
        self._answered = answered
        self._failed = failed
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._is_asking = False
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's does not derive from asyncio.Transport

    def ask(self, request: bytes, due: float) -> None:
        """Send a request that was due then."""
        self.due, self._data, self._is_asking = due, b"", True
        if self._transport is not None:
            self._transport.write(request)
        elif not self._failed.done():
            self._failed.set_exception(CannotMeasure("the connection was closed while it was kept"))

    def close(self) -> None:
        """No more of them."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, mark, body = self._data.partition(b"\r\n\r\n")
        if mark and not head.startswith(b"HTTP/1.1 200") and not self._failed.done():
            self._failed.set_exception(CannotMeasure(f"answered {head[:200].decode('latin-1')!r}"))
        if mark and (len(body) >= 512 or body.endswith(b"0\r\n\r\n")):
            self._is_asking = False
            self._answered(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._is_asking and not self._failed.done():
            self._failed.set_exception(CannotMeasure(f"the connection was lost: {exc}"))
