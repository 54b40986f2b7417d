"""A load generator that is not the bottleneck: raw sockets on uvloop, about 15 microseconds a request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import cast
from urllib.parse import urlsplit

import uvloop

from tests.bench.stack import CannotMeasure

_HEAD_END = b"\r\n\r\n"
_CHUNKS_END = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Load:
    """What a round of requests gave; times in milliseconds."""

    seconds: float
    times: tuple[float, ...]
    received: int
    """Bytes, heads included."""

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return len(self.times) / self.seconds

    def at(self, share: float) -> float:
        """The time below which this share of requests stayed."""
        return percentile(self.times, share)


@dataclass(frozen=True, slots=True)
class Target:
    """Paths of one server that are asked in turn. `headers` are made anew for each round: tokens live shortly."""

    base: str
    paths: Sequence[str]
    headers: Callable[[], Mapping[str, str]] = dict

    def requests(self) -> list[bytes]:
        """Each request as it goes over the wire."""
        host = urlsplit(self.base).netloc
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers().items())
        head = f"Host: {host}\r\nAccept: application/json\r\nUser-Agent: bench\r\n{more}\r\n"
        return [f"GET {path} HTTP/1.1\r\n{head}".encode() for path in self.paths]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def press(target: Target, *, connections: int, seconds: float = 0.0, times: int = 0) -> Load:
    """Ask over kept connections, each its next request when the last was answered, for `seconds` or `times` in all.

    Raises CannotMeasure when anything but 200 is answered.
    """
    return uvloop.run(_press(target, connections, seconds, times))


async def _press(target: Target, connections: int, seconds: float, times: int) -> Load:
    requests = target.requests()
    supply: Iterator[bytes] = islice(cycle(requests), times) if times else cycle(requests)
    loop = asyncio.get_running_loop()
    place = urlsplit(target.base)
    started = time.perf_counter()
    until = started + (seconds or 600.0)
    lanes = []
    for _ in range(connections):
        _, lane = await loop.create_connection(lambda: _Lane(supply, until), place.hostname or "", place.port or 80)
        lanes.append(lane)
    for lane in lanes:
        lane.begin()
    await asyncio.gather(*(lane.done for lane in lanes))
    taken = time.perf_counter() - started
    return Load(taken, tuple(t for lane in lanes for t in lane.times), sum(lane.received for lane in lanes))


class _Lane(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again."""

    def __init__(self, supply: Iterator[bytes], until: float) -> None:
        self._supply = supply
        self._until = until
        self._transport: asyncio.Transport | None = None
        self._sent = 0.0
        self._head = b""
        self._left = -1  # bytes of the body still to come; -1 while the head is read, -2 for chunks
        self._tail = b""
        self.received = 0
        self.times: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's does not derive from it

    def begin(self) -> None:
        """Send the next request, or end."""
        request = next(self._supply, None)
        if request is None or self._transport is None or time.perf_counter() >= self._until:
            if self._transport is not None:
                self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self._head, self._left, self._tail = b"", -1, b""
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self._left == -1:
            self._head += data
            end = self._head.find(_HEAD_END)
            if end < 0:
                return
            data = self._head[end + 4 :]
            if not self._begin_body(self._head[:end].lower()):
                return
        if self._left == -2:
            self._tail = (self._tail + data)[-5:]
            if self._tail != _CHUNKS_END:
                return
        else:
            self._left -= len(data)
            if self._left > 0:
                return
        self.times.append((time.perf_counter() - self._sent) * 1000)
        self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(CannotMeasure(f"the connection was lost: {exc}"))

    def _begin_body(self, head: bytes) -> bool:
        if not head.startswith(b"http/1.1 200"):
            self.done.set_exception(CannotMeasure(f"answered {head[:200].decode('latin-1')!r}"))
            return False
        at = head.find(b"\r\ncontent-length:")
        self._left = -2 if at < 0 else int(head[at + 17 :].split(b"\r\n", 1)[0])
        return True
