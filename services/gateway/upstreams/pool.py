"""The connections to one replica: kept ones are used again, and never more than a limit are open."""

import asyncio
from collections import deque

from services.gateway.upstreams.connection import Connection

_IDLE_SECONDS = 30.0


class PoolFull(Exception):
    """As many connections are open as may be."""


class Pool:
    """Connections to `host`:`port`."""

    def __init__(self, host: str, port: int, *, limit: int) -> None:
        self._host = host
        self._port = port
        self._limit = limit
        self._open: set[Connection] = set()
        self._idle: deque[tuple[Connection, float]] = deque()
        self._opening = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is open or about to be."""
        return not (self._open or self._opening)

    def take_idle(self) -> Connection | None:
        """The kept connection that was used last, if there is one that seems open."""
        while self._idle:
            connection, _ = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    async def connect(self, seconds: float) -> Connection:
        """A new connection; a kept one is closed for it where there is no room. Raises OSError or TimeoutError, and
        PoolFull."""
        if len(self._open) + self._opening >= self._limit and not self._close_one():
            raise PoolFull
        self._opening += 1
        try:
            async with asyncio.timeout(seconds):
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(lambda: Connection(self._lost), self._host, self._port)
        finally:
            self._opening -= 1
        self._open.add(connection)
        return connection

    def give_back(self, connection: Connection, now: float) -> bool:
        """The exchange on it is over; it is kept if it can carry another. Whether it is."""
        if connection.finish():
            self._idle.append((connection, now))
            return True
        self._open.discard(connection)
        return False

    def drop(self, connection: Connection) -> None:
        """The exchange on it failed."""
        self._open.discard(connection)
        connection.abort()

    def sweep(self, now: float) -> None:
        """Give up what is overdue, and close what nobody used for a while."""
        for connection in list(self._open):
            if 0 < connection.deadline <= now:
                connection.give_up()
        while self._idle and self._idle[0][1] <= now - _IDLE_SECONDS:
            self._close_one()

    def close_idle(self) -> None:
        """Close what nobody uses."""
        while self._close_one():
            pass

    def close(self) -> None:
        """Close everything, also what is under way."""
        for connection in list(self._open):
            connection.abort()

    def _close_one(self) -> bool:
        connection = self._idle.popleft()[0] if self._idle else None
        if connection is None:
            return False
        self.drop(connection)
        return True

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
