"""The connections to one replica: kept ones are used again, and never more than a limit are open."""

import asyncio
from collections import deque

from services.gateway.upstreams.connection import Connection

_IDLE_SECONDS = 30.0
_WAITING_PER_CONNECTION = 4


class PoolFull(Exception):
    """So many requests wait for a connection that another would only make it worse."""


class Pool:
    """Connections to `host`:`port`."""

    def __init__(self, host: str, port: int, *, limit: int) -> None:
        self._host = host
        self._port = port
        self._limit = limit
        self._open: set[Connection] = set()
        self._idle: deque[tuple[Connection, float]] = deque()
        self._opening = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is open or about to be."""
        return not (self._open or self._opening or self._waiting)

    def take_idle(self) -> Connection | None:
        """The kept connection that was used last, if there is one that seems open."""
        while self._idle:
            connection, _ = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    async def connect(self, seconds: float) -> Connection:
        """A new connection, once there is room for one. Raises OSError or TimeoutError, and PoolFull."""
        async with asyncio.timeout(seconds):
            while len(self._open) + self._opening >= self._limit and not self._close_idle():
                await self._room()
            self._opening += 1
            try:
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(lambda: Connection(self._lost), self._host, self._port)
            finally:
                self._opening -= 1
            self._open.add(connection)
            return connection

    def give_back(self, connection: Connection, now: float) -> None:
        """The exchange on it is over; it is kept if it can carry another."""
        if connection.finish():
            self._idle.append((connection, now))
        self._wake()

    def sweep(self, now: float) -> None:
        """Give up what is overdue, and close what nobody used for a while."""
        for connection in list(self._open):
            if 0 < connection.deadline <= now:
                connection.give_up()
        while self._idle and self._idle[0][1] <= now - _IDLE_SECONDS:
            self._idle.popleft()[0].abort()

    def close(self) -> None:
        """Close everything, also what is under way."""
        for connection in list(self._open):
            connection.abort()

    def _close_idle(self) -> bool:
        connection = self._idle.popleft()[0] if self._idle else None
        if connection is None:
            return False
        self._open.discard(connection)
        connection.abort()
        return True

    async def _room(self) -> None:
        if len(self._waiting) >= _WAITING_PER_CONNECTION * self._limit:
            raise PoolFull
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._wake()  # it was our turn, and goes to the next
            raise

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._wake()
