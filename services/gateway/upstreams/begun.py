"""A request that is on its way to a service although nobody waits for its answer yet."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from services.gateway.upstreams.connection import Connection
from services.gateway.upstreams.incoming import RawHeaders
from services.gateway.upstreams.pool import Pool
from services.gateway.upstreams.replica import Replica
from services.gateway.upstreams.whole import Whole

if TYPE_CHECKING:
    from services.gateway.upstreams.answer import Answer

FAILURES = frozenset({500, 502, 503, 504})


class Sender(Protocol):
    """Who began it."""

    def taken(self, begun: "Begun") -> "Answer":
        """See Begun.take."""

    def finished(self, begun: "Begun") -> None:
        """See Begun.finish."""

    def ended(self, replica: Replica) -> None:
        """See answer.Owner."""


class Begun:
    """The first attempt of a request that only reads and has no body: it was sent over a kept connection.

    Exactly one of three things is to be done with it: `take` when its answer `is_straight`, `abandon`, or handing it to
    the upstream's `send`, which goes on from here as it does from an attempt of its own.
    """

    __slots__ = ("asked_at", "connection", "expires", "pool", "replica", "seconds", "sender", "started")

    def __init__(
        self, sender: Sender, replica: Replica, pool: Pool, connection: Connection, seconds: float, expires: float
    ) -> None:
        self.sender = sender
        self.replica = replica
        self.pool = pool
        self.connection = connection
        self.seconds = seconds
        self.expires = expires
        """When the answer's head must be here, in the loop's time."""
        self.asked_at = time.time()
        self.started = time.monotonic()

    def listen(self, listener: Callable[[], None] | None) -> None:
        """Who is called, once, when there is something to say about it."""
        self.connection.listen(listener)

    @property
    def headers(self) -> RawHeaders:
        """The header fields of the answer, as far as it came."""
        return self.connection.headers

    @property
    def whole(self) -> Whole | None:
        """The answer, if it came in one piece."""
        return self.connection.whole

    def is_straight(self, most: int) -> bool:
        """Whether all of an answer is here, of `most` bytes at most, and no failure."""
        connection = self.connection
        return connection.complete and connection.buffered <= most and connection.status not in FAILURES

    def take(self) -> "Answer":
        """Such an answer, to be closed."""
        return self.sender.taken(self)

    def finish(self) -> None:
        """Such an answer was taken as a whole."""
        self.sender.finished(self)

    def abandon(self) -> None:
        """Nobody wants the answer any more."""
        self.connection.listen(None)
        self.pool.drop(self.connection)
        self.sender.ended(self.replica)
