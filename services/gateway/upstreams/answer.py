"""What a service answers, on the connection that it came on; and the request's body on its way there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

from services.gateway.client.body import RequestBody
from services.gateway.upstreams.connection import Connection, ConnectionBroke
from services.gateway.upstreams.pool import Pool
from services.gateway.upstreams.replica import Replica
from services.gateway.upstreams.upstream import UpstreamBroke
from shared import errors


class Owner(Protocol):
    """Who is told how the answer went."""

    def broke_off(self, replica: Replica, *, timed_out: bool) -> None:
        """The body ended too early."""

    def said_goodbye(self, replica: Replica) -> None:
        """It answered, and keeps a connection no more although it did before."""

    def ended(self, replica: Replica) -> None:
        """The exchange is over; called once."""


class Answer:
    """An UpstreamResponse on a connection. The service may pause for `seconds` within its body."""

    def __init__(
        self,
        connection: Connection,
        pool: Pool,
        replica: Replica,
        pump: "asyncio.Task[None] | None",
        seconds: float,
        owner: Owner,
    ) -> None:
        self._connection = connection
        self._pool = pool
        self._replica: Replica | None = replica
        self._pump = pump
        self._seconds = seconds
        self._owner = owner
        self.status = connection.status
        self.headers = connection.headers
        self.length = connection.length
        self.whole = connection.take_whole()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body; see UpstreamResponse."""
        connection, loop = self._connection, asyncio.get_running_loop()
        try:
            while True:
                connection.deadline = loop.time() + self._seconds
                chunk = await connection.read()
                connection.deadline = 0.0
                if not chunk:
                    return
                yield chunk
        except ConnectionBroke as error:
            if self._replica is not None:
                self._owner.broke_off(self._replica, timed_out=connection.timed_out)
            raise UpstreamBroke(str(error)) from error

    @property
    def switched(self) -> Connection | None:
        """See UpstreamResponse."""
        return self._connection if self.status == 101 else None

    def close(self) -> None:
        """Drop the connection, unless the exchange on it was completed."""
        replica = self._replica
        if replica is None:
            return
        self._replica = None
        if self._pump is not None and not self._pump.done():
            self._pump.cancel()
            self._connection.abort()  # what was sent of the request has no end
        settle(self._connection, self._pool, replica, self._owner, asyncio.get_running_loop().time())


def settle(connection: Connection, pool: Pool, replica: Replica, owner: Owner, now: float) -> None:
    """An exchange is over: the connection goes back to its pool if it can carry another."""
    if pool.give_back(connection, now):
        replica.keeps_connections = True
    elif replica.keeps_connections and connection.complete and not connection.is_reusable:
        owner.said_goodbye(replica)
    owner.ended(replica)


async def send_body(body: RequestBody, connection: Connection, seconds: float) -> None:
    """Pass the body on. The service's time runs from the last of it that it got."""
    loop = asyncio.get_running_loop()
    chunked = body.declared_length is None

    def extend() -> None:
        if connection.deadline:  # else it answered before the body was complete
            connection.deadline = loop.time() + seconds

    body.on_progress = extend
    try:
        async with contextlib.aclosing(body.chunks()) as chunks:
            async for chunk in chunks:
                await connection.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)
        if chunked:
            await connection.write(b"0\r\n\r\n")
    except errors.PlatformError:
        connection.abort()  # the body recorded what was wrong with it
