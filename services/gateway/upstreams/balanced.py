"""A service over all its replicas: who is asked, when another is, and when nobody is."""

import asyncio
from urllib.parse import urlsplit

from services.gateway.problems import is_our_own
from services.gateway.settings import GatewaySettings
from services.gateway.upstreams.answer import Answer, send_body
from services.gateway.upstreams.breaker import Breaker, BreakerState
from services.gateway.upstreams.bulkhead import Bulkhead, BulkheadFull
from services.gateway.upstreams.connection import Connection, ConnectionBroke
from services.gateway.upstreams.deadlines import deadline_line
from services.gateway.upstreams.figures import UpstreamFigures
from services.gateway.upstreams.knocking import Knocking
from services.gateway.upstreams.pool import Pool, PoolFull
from services.gateway.upstreams.replica import Replica
from services.gateway.upstreams.replicas import Replicas
from services.gateway.upstreams.retries import RetryBudget
from services.gateway.upstreams.upstream import UpstreamRequest
from shared import errors
from shared.background import stop

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FAILURES = frozenset({500, 502, 503, 504})
_SWEEP_SECONDS = 0.1
_LEAST_SECONDS = 0.1  # with less time left, a second try only makes more work


class BalancedUpstream:
    """A service, with a pool of connections to each replica.

    Requests that can be repeated use kept connections and are repeated once, on another replica, when theirs breaks
    off, or when they only read and are answered with 500, 502, 503 or 504. The others get a connection of their own:
    on a kept one nobody can tell whether they were carried out. Any request whose connection was refused surely never
    left, and goes to other replicas as long as there are any.
    """

    def __init__(self, name: str, replicas: Replicas, settings: GatewaySettings) -> None:
        self._name = name
        self._replicas = replicas
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._pools: dict[str, Pool] = {}
        self._breaker = Breaker(settings.upstream_breaker_failures, settings.upstream_breaker_seconds)
        self._budget = RetryBudget(settings.upstream_retry_share)
        self._bulkhead = Bulkhead(
            self._capacity(), queue=settings.upstream_queue, seconds=settings.upstream_queue_seconds
        )
        self._knocking = Knocking(replicas, settings.upstream_connect_seconds)
        self._failures = dict.fromkeys(("connect", "broke", "timeout", "status"), 0)
        self._sweeper = asyncio.create_task(self._sweep())

    @property
    def name(self) -> str:
        """The service's name."""
        return self._name

    async def close(self) -> None:
        """Close all connections."""
        await stop([self._sweeper])
        await self._knocking.close()
        for pool in self._pools.values():
            pool.close()

    async def send(self, request: UpstreamRequest) -> Answer:
        """Forward the request; see Upstream."""
        self._budget.requests += 1
        now = self._loop.time()
        breaker = self._breaker
        if breaker.in_a_row and breaker.is_open and not breaker.may_try(now):
            raise self._unreachable()
        seconds = request.seconds or self._settings.upstream_response_seconds
        if not self._bulkhead.enter():
            await self._wait_for_place()
        repeatable = request.body is None and request.method in _IDEMPOTENT
        first = self._replicas.choose(may_try=repeatable)
        if first is None:
            self._bulkhead.leave()
            raise self._unreachable()
        try:
            answer = await self._attempt(first, request, repeatable, seconds, now + seconds)
        except (errors.Unavailable, errors.BadGateway) as error:
            return await self._elsewhere(first, request, repeatable, seconds, now + seconds, error)
        if answer.status in _FAILURES and repeatable and request.method in _SAFE:
            return await self._elsewhere(first, request, repeatable, seconds, now + seconds, answer)
        return answer

    async def _elsewhere(
        self,
        first: Replica,
        request: UpstreamRequest,
        repeatable: bool,
        seconds: float,
        expires: float,
        outcome: Answer | errors.PlatformError,
    ) -> Answer:
        """Try other replicas after `outcome` of the first; what the client gets when that does not help."""
        tried, was_repeated, last = [first], False, outcome
        try:
            while True:
                never_left = isinstance(last, errors.Unavailable)
                may_repeat = never_left or (repeatable and not was_repeated)
                other = self._replicas.choose(but=tried) if may_repeat else None
                broke = not isinstance(last, Answer)
                if other is None or not (never_left or self._has_time_and_budget(expires, broke=broke)):
                    break
                tried.append(other)
                was_repeated = was_repeated or not never_left
                self._bulkhead.taken += 1  # the first place was given back, or is about to be
                try:
                    answer = await self._attempt(other, request, repeatable, seconds, expires)
                except (errors.Unavailable, errors.BadGateway) as error:
                    last = error
                    continue
                if isinstance(outcome, Answer):
                    outcome.close()
                return answer
        except BaseException:
            if isinstance(outcome, Answer):
                outcome.close()
            raise
        if isinstance(outcome, Answer):
            return outcome
        raise outcome

    def _has_time_and_budget(self, expires: float, *, broke: bool) -> bool:
        return expires - self._loop.time() > _LEAST_SECONDS and self._budget.take(broke=broke)

    async def _attempt(
        self, replica: Replica, request: UpstreamRequest, repeatable: bool, seconds: float, expires: float
    ) -> Answer:
        """Ask this replica, once; on a kept connection that turns out closed, and then on a new one. Gives back the
        place in the bulkhead when it fails."""
        pool = self._pools.get(replica.url) or self._new_pool(replica)
        replica.in_flight += 1
        answer = None
        try:
            kept = pool.take_idle() if repeatable else None
            if kept is not None:
                try:
                    answer = await self._ask(kept, pool, replica, request, seconds, expires)
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
        if answer.status in _FAILURES:
            self._failures["status"] += 1
            self._replicas.failed(replica, self._loop.time())
        else:
            self._replicas.succeeded(replica)
        return answer

    async def _connect(self, pool: Pool, replica: Replica) -> Connection:
        try:
            return await pool.connect(self._settings.upstream_connect_seconds)
        except PoolFull as error:
            raise self._busy() from error
        except (OSError, TimeoutError) as error:
            self._failures["connect"] += 1
            if not is_our_own(error):
                self._replicas.lost(replica)
            raise self._unreachable() from error

    async def _ask(
        self,
        connection: Connection,
        pool: Pool,
        replica: Replica,
        request: UpstreamRequest,
        seconds: float,
        expires: float,
    ) -> Answer:
        pump, now = None, self._loop.time()
        is_answered = False
        first = replica.host_line
        if request.body is None:
            first += deadline_line(int((expires - now) * 1000))
        try:
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

    # What answers tell.

    def broke_off(self, replica: Replica, *, timed_out: bool) -> None:
        """No answer came from it, or not all of one."""
        now = self._loop.time()
        self._failures["timeout" if timed_out else "broke"] += 1
        self._breaker.failed(now)
        self._replicas.failed(replica, now)

    def said_goodbye(self, replica: Replica) -> None:
        """It may be about to stop, which its health page knows."""
        self._replicas.on_doubt(replica.url)

    def ended(self, replica: Replica) -> None:
        """An exchange with it is over."""
        replica.in_flight -= 1
        self._bulkhead.leave()

    # What nobody waits for.

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now, known = self._loop.time(), self._replicas.all
            self._replicas.tick(now)
            self._budget.tick(now)
            self._knocking.follow(known)
            self._bulkhead.capacity = self._capacity()
            self._bulkhead.admit()
            urls = {replica.url for replica in known}
            for url, pool in list(self._pools.items()):
                pool.sweep(now)
                if url not in urls:
                    pool.close_idle()
                    if pool.is_empty:
                        del self._pools[url]

    def _capacity(self) -> int:
        return self._settings.upstream_connections * max(1, self._replicas.in_use)

    def _new_pool(self, replica: Replica) -> Pool:
        parts = urlsplit(replica.url)
        pool = Pool(parts.hostname or "", parts.port or 80, limit=self._settings.upstream_connections)
        self._pools[replica.url] = pool
        return pool

    async def _wait_for_place(self) -> None:
        try:
            await self._bulkhead.wait()
        except BulkheadFull as error:
            raise self._busy() from error

    def _unreachable(self) -> errors.Unavailable:
        return errors.Unavailable(f"The {self._name} service cannot be reached.", retry_after=2)

    def _busy(self) -> errors.Unavailable:
        return errors.Unavailable(f"The {self._name} service has too much to do.", retry_after=1)

    def figures(self) -> UpstreamFigures:
        """What a scrape shows."""
        replicas = self._replicas.all
        breaker = self._breaker.state(self._loop.time()) if self._replicas.in_use else BreakerState.OPEN
        states = dict.fromkeys(("in_use", "ejected", "on_trial", "unready", "unreachable"), 0)
        for replica in replicas:
            states[replica.state] += 1
        return UpstreamFigures(
            service=self._name,
            requests=self._budget.total,
            failures=dict(self._failures),
            retries=self._budget.spent,
            retries_refused=self._budget.refused,
            ejections=self._replicas.outliers.ejections,
            turned_away=self._bulkhead.turned_away,
            breaker=breaker,
            breaker_openings=self._breaker.openings,
            in_flight=self._bulkhead.taken,
            waiting=self._bulkhead.waiting,
            replicas=states,
        )
