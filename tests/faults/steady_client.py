"""An independent client under constant load: it asks at a steady rate, whatever becomes of the answers, and counts.

It keeps connections as browsers do. A kept connection that turns out closed before a byte of an answer is normal
(RFC 9112, 9.3.1): the request is asked anew on a fresh connection if it may be repeated. Everything else counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.faults.wire import Wire

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_MOST_OPEN = 2000  # connections; a request that finds no room counts as failed


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `mark` is its own name, which the upstream notes when it carries the request out."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    mark: str = ""
    expect: bytes = b""
    """What each byte of a good answer's body is, where that is known: then a head within a body is seen."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request; times in seconds, `began` of the loop's clock."""

    ask: Ask
    began: float
    seconds: float
    status: int = 0
    failure: str = ""
    """refused, closed, reset, cut, timeout, not HTTP, second head, wrong body, no room; empty when it was answered."""
    headers: dict[str, str] = field(default_factory=dict)
    received: int = 0
    """Bytes of the body."""
    fresh: bool = True
    """Whether its connection was a new one."""


@dataclass(slots=True)
class Tally:
    """The outcomes of a load."""

    outcomes: list[Outcome] = field(default_factory=list)
    stale: int = 0
    """Kept connections that were found closed; their requests were asked anew."""
    unasked: int = 0
    """Kept connections on which more came than the answers."""

    def since(self, began: float, until: float = float("inf")) -> Tally:
        """Those of requests that began within a time."""
        return Tally([o for o in self.outcomes if began <= o.began < until])

    def where(self, wanted: Callable[[Outcome], bool]) -> Tally:
        """Those that are wanted."""
        return Tally([o for o in self.outcomes if wanted(o)])

    @property
    def sent(self) -> int:
        """How many requests."""
        return len(self.outcomes)

    @property
    def kinds(self) -> Counter[str]:
        """How many of each status and of each failure."""
        return Counter(o.failure or str(o.status) for o in self.outcomes)

    def failed(self, *, but: Sequence[int] = ()) -> int:
        """How many were not answered, or with 500 and more other than `but`."""
        return sum(bool(o.failure) or (o.status >= 500 and o.status not in but) for o in self.outcomes)

    def at(self, share: float) -> float:
        """The milliseconds within which this share of the requests had their outcome."""
        ordered = sorted(o.seconds for o in self.outcomes)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    @property
    def slowest(self) -> float:
        """Milliseconds."""
        return 1000 * max((o.seconds for o in self.outcomes), default=0.0)

    def words(self) -> str:
        """`1200 requests: 1190 x 200, 10 x 503`."""
        kinds = ", ".join(f"{count} x {kind}" for kind, count in self.kinds.most_common())
        return f"{self.sent} requests: {kinds}"


class SteadyClient:
    """Asks `base` for what `asks` yields, `rate` times a second. `patience` is how long it waits for one answer."""

    def __init__(
        self, base: str, asks: Callable[[int], Ask], *, rate: float, patience: float = 10.0, keep: bool = True
    ) -> None:
        parts = urlsplit(base)
        self._place = (parts.hostname or "", parts.port or 80)
        self._host = parts.netloc
        self._asks = asks
        self._rate = rate
        self._patience = patience
        self._keep = keep
        self._idle: deque[Wire] = deque()
        self._open = 0
        self._running: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self.tally = Tally()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Tally]:
        """Ask for as long as the block lasts; at its end the last answers are waited for."""
        task = asyncio.create_task(self.go())
        try:
            yield self.tally
        finally:
            self._stop.set()
            await task

    async def go(self, times: int = 0) -> Tally:
        """Ask `times` times, or until told to stop."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in itertools.count():
            if self._stop.is_set() or (times and number >= times):
                break
            pause = began + number / self._rate - loop.time()
            if pause > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._stop.wait()
            task = asyncio.create_task(self._one(self._asks(number)))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if self._running:
            await asyncio.wait(self._running)
        while self._idle:
            wire = self._idle.pop()
            self.tally.unasked += wire.spoke_unasked
            wire.close()
        return self.tally

    async def _one(self, ask: Ask) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._patience):
                outcome = await self._asked(ask, began)
        except TimeoutError:
            outcome = Outcome(ask, began, loop.time() - began, failure="timeout")
        self.tally.outcomes.append(outcome)

    async def _asked(self, ask: Ask, began: float) -> Outcome:
        repeatable = ask.method in _REPEATABLE
        while repeatable and self._idle:
            wire = self._idle.pop()
            if not wire.is_open:
                self.tally.unasked += wire.spoke_unasked
                continue
            outcome = await self._on(wire, ask, began, fresh=False)
            if outcome.failure in ("closed", "reset"):
                self.tally.stale += 1
                break
            return outcome
        if self._open >= _MOST_OPEN:
            return Outcome(ask, began, 0.0, failure="no room")
        loop = asyncio.get_running_loop()
        try:
            _, wire = await loop.create_connection(Wire, *self._place)
        except OSError as error:
            kind = "refused" if isinstance(error, ConnectionRefusedError) else "reset"
            return Outcome(ask, began, loop.time() - began, failure=kind)
        return await self._on(wire, ask, began, fresh=True)

    async def _on(self, wire: Wire, ask: Ask, began: float, *, fresh: bool) -> Outcome:
        self._open += 1
        try:
            failure = await wire.exchange(self._bytes(ask), is_head=ask.method == "HEAD")
        finally:
            self._open -= 1
            if not wire.may_be_kept:
                wire.close()
        if wire.may_be_kept and self._keep:
            self._idle.append(wire)
        else:
            wire.close()
        if not failure and ask.expect and wire.status == 200 and wire.body.strip(ask.expect):
            failure = "second head" if b"HTTP/1." in wire.body else "wrong body"
        seconds = asyncio.get_running_loop().time() - began
        status = 0 if failure else wire.status
        return Outcome(ask, began, seconds, status, failure, dict(wire.headers), len(wire.body), fresh)

    def _bytes(self, ask: Ask) -> bytes:
        lines = [f"{ask.method} {ask.path} HTTP/1.1", f"Host: {self._host}", "User-Agent: faults"]
        lines += [f"{name}: {value}" for name, value in ask.headers]
        if ask.body or ask.method == "POST":
            lines.append(f"Content-Length: {len(ask.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + ask.body


async def until(reached: Callable[[], bool], seconds: float) -> float | None:
    """The seconds until something holds; None when it does not within `seconds`."""
    began = time.monotonic()
    while not reached():
        if time.monotonic() - began > seconds:
            return None
        await asyncio.sleep(0.01)
    return time.monotonic() - began
