"""Calling a service: the request streams in, the response streams out. Nothing above this module knows the client."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from services.gateway.client.body import RequestBody
from services.gateway.settings import GatewaySettings
from services.gateway.upstreams.connection import Connection, ConnectionBroke, RawHeaders
from services.gateway.upstreams.pool import Pool, PoolFull
from services.gateway.upstreams.replicas import Replica, Replicas
from shared import errors
from shared.background import stop

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_SWEEP_SECONDS = 0.1


class UpstreamBroke(Exception):
    """The response ended before its end; its headers may already be with the client."""


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What a service is asked. `head` makes the request's head for a Host."""

    method: str
    head: Callable[[str], bytes]
    body: RequestBody | None
    may_switch: bool = False
    """Whether it asks for another protocol on its connection, so that 101 may be the answer."""


class UpstreamResponse(Protocol):
    """What a service answers: the head at once, the body as it comes. `close` must be called."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> RawHeaders:
        """The header fields with duplicates, as received."""

    @property
    def length(self) -> int | None:
        """How long the body is going to be, if the service says it."""

    @property
    def whole(self) -> bytes | None:
        """The body, when all of it is here; it is then not to be had from `chunks`."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as received, not decoded. Raises UpstreamBroke when it is cut off."""

    @property
    def switched(self) -> Connection | None:
        """The connection, once the service switched to another protocol on it."""

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else drop it."""


class Upstream(Protocol):
    """One service."""

    @property
    def name(self) -> str:
        """The service's name, as in internal tokens and logs."""

    async def send(self, request: UpstreamRequest) -> UpstreamResponse:
        """Forward the request. Raises Unavailable (not reached), BadGateway (broke off) or GatewayTimeout before the
        response's head, or the client's own failure when its body broke off."""


class PooledUpstream:
    """A service over all its replicas, with a pool of connections to each.

    Requests that can be repeated use kept connections and are repeated once when such a connection turns out dead, or
    its replica does. The others get a connection of their own: on a kept one nobody can tell whether they were carried
    out. Any request whose connection was refused surely never left, and goes to another replica.
    """

    def __init__(self, name: str, replicas: Replicas, settings: GatewaySettings) -> None:
        self._name = name
        self._replicas = replicas
        self._settings = settings
        self._pools: dict[str, Pool] = {}
        self._sweeper = asyncio.create_task(self._sweep())

    @property
    def name(self) -> str:
        """The service's name."""
        return self._name

    async def close(self) -> None:
        """Close all connections."""
        await stop([self._sweeper])
        for pool in self._pools.values():
            pool.close()

    async def send(self, request: UpstreamRequest) -> "_Response":
        """Forward the request; see Upstream."""
        repeatable = request.body is None and request.method in _IDEMPOTENT
        first = self._replicas.choose()
        if first is None:
            raise self._unreachable()
        try:
            return await self._send_to(first, request, repeatable)
        except errors.PlatformError as error:
            never_left = isinstance(error, errors.Unavailable)
            if never_left:
                first.refused()
            other = self._replicas.choose(but=first)
            if other is None or not (never_left or (repeatable and isinstance(error, errors.BadGateway))):
                raise
            return await self._send_to(other, request, repeatable)

    async def _send_to(self, replica: Replica, request: UpstreamRequest, repeatable: bool) -> "_Response":
        pool = self._pool(replica)
        replica.in_flight += 1
        response = None
        try:
            kept = pool.take_idle() if repeatable else None
            if kept is not None:
                try:
                    response = await self._ask(kept, pool, replica, request)
                except ConnectionBroke as error:
                    if not error.untouched:
                        raise
                    # It was closed while nobody used it, which says nothing about the service.
            if response is None:
                response = await self._ask(await self._connect(pool), pool, replica, request)
            return response
        except ConnectionBroke as error:
            raise errors.BadGateway(f"The {self._name} service broke off.") from error
        finally:
            if response is None:
                replica.in_flight -= 1

    async def _connect(self, pool: Pool) -> Connection:
        try:
            return await pool.connect(self._settings.upstream_connect_seconds)
        except (OSError, TimeoutError, PoolFull) as error:
            raise self._unreachable() from error

    async def _ask(self, connection: Connection, pool: Pool, replica: Replica, request: UpstreamRequest) -> "_Response":
        settings, loop = self._settings, asyncio.get_running_loop()
        pump = None
        is_answered = False
        try:
            connection.start(
                request.head(replica.host), is_head=request.method == "HEAD", may_switch=request.may_switch
            )
            connection.deadline = loop.time() + settings.upstream_response_seconds
            if request.body is not None:
                pump = asyncio.create_task(_send_body(request.body, connection, settings.upstream_response_seconds))
            await connection.answered()
            connection.deadline = 0.0
            is_answered = True
        except ConnectionBroke as error:
            if request.body is not None and request.body.failure is not None:
                raise request.body.failure from error
            if connection.timed_out:
                raise errors.GatewayTimeout(f"The {self._name} service did not answer in time.") from error
            raise
        finally:
            if not is_answered:
                connection.abort()
                if pump is not None:
                    pump.cancel()
        return _Response(connection, pool, replica, pump, settings.upstream_idle_seconds)

    def _pool(self, replica: Replica) -> Pool:
        pool = self._pools.get(replica.url)
        if pool is None:
            parts = urlsplit(replica.url)
            pool = Pool(parts.hostname or "", parts.port or 80, limit=self._settings.upstream_connections)
            self._pools[replica.url] = pool
        return pool

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            known = {replica.url for replica in self._replicas.all}
            for url, pool in list(self._pools.items()):
                pool.sweep(loop.time())
                if url not in known and pool.is_empty:
                    del self._pools[url]

    def _unreachable(self) -> errors.Unavailable:
        return errors.Unavailable(f"The {self._name} service cannot be reached.", retry_after=2)


class _Response:
    """An UpstreamResponse on a connection."""

    def __init__(
        self, connection: Connection, pool: Pool, replica: Replica, pump: "asyncio.Task[None] | None", seconds: float
    ) -> None:
        self._connection = connection
        self._pool = pool
        self._replica: Replica | None = replica
        self._pump = pump
        self._seconds = seconds
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
            raise UpstreamBroke(str(error)) from error

    @property
    def switched(self) -> Connection | None:
        """See UpstreamResponse."""
        return self._connection if self.status == 101 else None

    def close(self) -> None:
        """Drop the connection, unless the exchange on it was completed."""
        if self._replica is None:
            return
        self._replica.in_flight -= 1
        self._replica = None
        if self._pump is not None and not self._pump.done():
            self._pump.cancel()
            self._connection.abort()  # what was sent of the request has no end
        self._pool.give_back(self._connection, asyncio.get_running_loop().time())


async def _send_body(body: RequestBody, connection: Connection, seconds: float) -> None:
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
