"""Requests for the same thing wait for the answer to the first of them."""

import asyncio
import contextlib
import copy
from collections.abc import Iterator
from enum import Enum, auto

Key = tuple[str, tuple[str, ...]]


class Outcome(Enum):
    """How the first request ended, for those who waited."""

    KEPT = auto()
    """Its answer is kept now."""
    NOT_KEPT = auto()
    """Its answer is its own: everyone has to ask."""
    LEFT = auto()
    """Its client left before the answer came: another one asks."""


class Flight:
    """One request under way."""

    __slots__ = ("_done", "error", "outcome")

    def __init__(self) -> None:
        self.outcome = Outcome.LEFT
        self.error: Exception | None = None
        """Why there is no answer."""
        self._done: asyncio.Future[None] | None = None

    async def wait(self, seconds: float) -> Outcome:
        """Its outcome; after `seconds` nobody waits any longer. Raises what it failed with."""
        if self._done is None:
            self._done = asyncio.get_running_loop().create_future()
        done, _ = await asyncio.wait((self._done,), timeout=seconds)
        if not done:
            return Outcome.NOT_KEPT
        if self.error is not None:
            raise copy.copy(self.error)
        return self.outcome

    def land(self) -> None:
        """It is over."""
        if self._done is not None and not self._done.done():
            self._done.set_result(None)


class Flights:
    """All requests under way that others may wait for."""

    def __init__(self) -> None:
        self._under_way: dict[Key, Flight] = {}

    def find(self, key: Key) -> Flight | None:
        """The one to wait for."""
        return self._under_way.get(key)

    @contextlib.contextmanager
    def flying(self, key: Key) -> Iterator[Flight]:
        """Be the first. What ends the block ends the wait of the others."""
        flight = self._under_way[key] = Flight()
        try:
            yield flight
        except Exception as error:
            flight.error = error
            raise
        finally:
            if self._under_way.get(key) is flight:
                del self._under_way[key]
            flight.land()
