"""One attempt: a request is sent to one replica of a service, and what comes of it is counted."""

import asyncio
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from services.gateway.problems import is_our_own
from services.gateway.settings import GatewaySettings
from services.gateway.upstreams.answer import Answer, send_body, settle
from services.gateway.upstreams.begun import FAILURES, Begun
from services.gateway.upstreams.breaker import Breaker
from services.gateway.upstreams.bulkhead import Bulkhead
from services.gateway.upstreams.connection import Connection, ConnectionBroke
from services.gateway.upstreams.deadlines import deadline_line
from services.gateway.upstreams.pool import Pool, PoolFull
from services.gateway.upstreams.replica import Replica
from services.gateway.upstreams.replicas import Replicas
from services.gateway.upstreams.upstream import UpstreamRequest
from shared import errors

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


class Attempts:
    """Asks the replicas of one service, over a pool of connections to each. Places in the bulkhead are taken by whoever
    makes an attempt, but for `begin`, and given back here."""

    def __init__(
        self, name: str, replicas: Replicas, breaker: Breaker, bulkhead: Bulkhead, settings: GatewaySettings
    ) -> None:
        self._name = name
        self._replicas = replicas
        self._breaker = breaker
        self._bulkhead = bulkhead
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._pools: dict[str, Pool] = {}
        self.failures = dict.fromkeys(("connect", "broke", "timeout", "status"), 0)
        """Attempts that failed, by what went wrong."""

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    def sweep(self, now: float, urls: Collection[str]) -> None:
        """Give up what is overdue, and forget replicas that are not at `urls` any more."""
        for url, pool in list(self._pools.items()):
            pool.sweep(now)
            if url not in urls:
                pool.close_idle()
                if pool.is_empty:
                    del self._pools[url]

    def begin(self, replica: Replica, head: Callable[[bytes], bytes], seconds: float) -> Begun | None:
        """Send a GET without a body over a kept connection, if there is one, and a place; else None."""
        pool = self._pools.get(replica.url)
        if pool is None or not self._bulkhead.enter():
            return None
        connection = pool.take_idle()
        if connection is None:
            self._bulkhead.leave()
            return None
        replica.in_flight += 1
        expires = self._loop.time() + seconds
        connection.start(head(replica.host_line + deadline_line(int(seconds * 1000))))
        connection.deadline = expires
        return Begun(self, replica, pool, connection, seconds, expires)

    def taken(self, begun: Begun) -> Answer:
        """See Begun.take."""
        self._went_well(begun)
        return Answer(begun.connection, begun.pool, begun.replica, None, self._settings.upstream_idle_seconds, self)

    def finished(self, begun: Begun) -> None:
        """See Begun.finish."""
        self._went_well(begun)
        settle(begun.connection, begun.pool, begun.replica, self, self._loop.time())

    def _went_well(self, begun: Begun) -> None:
        begun.connection.deadline = 0.0
        self._breaker.in_a_row = 0
        self._replicas.succeeded(begun.replica)

    async def attempt(
        self,
        replica: Replica,
        request: UpstreamRequest,
        seconds: float,
        expires: float,
        begun: Begun | None = None,
    ) -> Answer:
        """Ask this replica, once; on a kept connection that turns out closed, and then on a new one. Gives back the
        place in the bulkhead when it fails."""
        pool = self._pools.get(replica.url) or self._new_pool(replica)
        if begun is None:
            replica.in_flight += 1
            kept = pool.take_idle() if is_repeatable(request) else None
        else:
            kept = begun.connection
        answer = None
        try:
            if kept is not None:
                try:
                    answer = await self._ask(kept, pool, replica, request, seconds, expires, is_sent=begun is not None)
                except ConnectionBroke as error:
                    if not error.untouched:
                        raise
                    # It was closed while nobody used it, which says nothing about the service.
            if answer is None:
                connection = await self._connect(pool, replica)
                answer = await self._ask(connection, pool, replica, request, seconds, expires)
        except ConnectionBroke as error:
            self.broke_off(replica, timed_out=False)
            raise errors.BadGateway(f"The {self._name} service broke off.") from error
        finally:
            replica.being_tried = False
            if answer is None:
                self.ended(replica)
        self._breaker.in_a_row = 0
        if answer.status in FAILURES:
            self.failures["status"] += 1
            self._replicas.failed(replica, self._loop.time())
        else:
            self._replicas.succeeded(replica)
        return answer

    async def _connect(self, pool: Pool, replica: Replica) -> Connection:
        try:
            return await pool.connect(self._settings.upstream_connect_seconds)
        except PoolFull as error:
            raise busy(self._name) from error
        except (OSError, TimeoutError) as error:
            self.failures["connect"] += 1
            if not is_our_own(error):
                self._replicas.lost(replica)
            raise unreachable(self._name) from error

    async def _ask(
        self,
        connection: Connection,
        pool: Pool,
        replica: Replica,
        request: UpstreamRequest,
        seconds: float,
        expires: float,
        *,
        is_sent: bool = False,
    ) -> Answer:
        pump, now = None, self._loop.time()
        is_answered = False
        try:
            if not is_sent:
                first = replica.host_line
                if request.body is None:
                    first += deadline_line(int((expires - now) * 1000))
                connection.start(request.head(first), is_head=request.method == "HEAD", may_switch=request.may_switch)
                connection.deadline = expires
            if request.body is not None:
                connection.deadline = now + seconds
                pump = asyncio.create_task(send_body(request.body, connection, seconds))
            await connection.answered()
            connection.deadline = 0.0
            is_answered = True
        except ConnectionBroke as error:
            if request.body is not None and request.body.failure is not None:
                raise request.body.failure from error
            if connection.timed_out:
                self.broke_off(replica, timed_out=True)
                raise errors.GatewayTimeout(f"The {self._name} service did not answer in time.") from error
            raise
        finally:
            if not is_answered:
                pool.drop(connection)
                if pump is not None:
                    pump.cancel()
        return Answer(connection, pool, replica, pump, self._settings.upstream_idle_seconds, self)

    def _new_pool(self, replica: Replica) -> Pool:
        parts = urlsplit(replica.url)
        pool = Pool(parts.hostname or "", parts.port or 80, limit=self._settings.upstream_connections)
        self._pools[replica.url] = pool
        return pool

    # What answers tell.

    def broke_off(self, replica: Replica, *, timed_out: bool) -> None:
        """No answer came from it, or not all of one."""
        now = self._loop.time()
        self.failures["timeout" if timed_out else "broke"] += 1
        self._breaker.failed(now)
        self._replicas.failed(replica, now)

    def said_goodbye(self, replica: Replica) -> None:
        """It may be about to stop, which its health page knows."""
        self._replicas.on_doubt(replica.url)

    def ended(self, replica: Replica) -> None:
        """An exchange with it is over."""
        replica.in_flight -= 1
        self._bulkhead.leave()


def is_repeatable(request: UpstreamRequest) -> bool:
    """Whether it may be sent again when its connection broke off: carried out twice, it does no more than once."""
    return request.body is None and request.method in _IDEMPOTENT


def unreachable(name: str) -> errors.Unavailable:
    """Nobody answers for the service."""
    return errors.Unavailable(f"The {name} service cannot be reached.", retry_after=2)


def busy(name: str) -> errors.Unavailable:
    """There is no place for one more request."""
    return errors.Unavailable(f"The {name} service has too much to do.", retry_after=1)
