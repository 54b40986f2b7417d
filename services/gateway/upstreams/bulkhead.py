"""How many requests one service may have at once; a few more wait for a moment, the rest are turned away."""

import asyncio
import contextlib
from collections import deque


class BulkheadFull(Exception):
    """No place became free in time, or too many wait already."""


class Bulkhead:
    """Places for the requests of one service, so that one that hangs takes no more of the gateway than these."""

    def __init__(self, capacity: int, *, queue: int, seconds: float) -> None:
        self.capacity = capacity
        """May be changed at any time; those who are in stay in."""
        self._queue = queue
        self._seconds = seconds
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.taken = 0
        """Requests under way."""
        self.turned_away = 0

    @property
    def waiting(self) -> int:
        """Requests that wait for a place."""
        return len(self._waiting)

    def enter(self) -> bool:
        """Take a place, if one is free and nobody was here before; it is given back by `leave`."""
        if self.taken < self.capacity and not self._waiting:
            self.taken += 1
            return True
        return False

    async def wait(self) -> None:
        """Wait for a place, and take it. Raises BulkheadFull."""
        if len(self._waiting) >= self._queue:
            self.turned_away += 1
            raise BulkheadFull
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                self.leave()  # the place came at the same moment, and goes to the next
            else:
                with contextlib.suppress(ValueError):  # it is no more among them when it was passed over already
                    self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                self.turned_away += 1
                raise BulkheadFull from error
            raise

    def leave(self) -> None:
        """Give the place back; it goes to who waits longest."""
        self.taken -= 1
        self.admit()

    def admit(self) -> None:
        """Let those in for whom there is room now."""
        while self._waiting and self.taken < self.capacity:
            turn = self._waiting.popleft()
            if not turn.done():
                self.taken += 1
                turn.set_result(None)
