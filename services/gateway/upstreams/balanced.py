"""A service over all its replicas: who is asked, when another is, and when nobody is."""

import asyncio
from collections.abc import Callable

from services.gateway.settings import GatewaySettings
from services.gateway.upstreams.answer import Answer
from services.gateway.upstreams.attempts import Attempts, busy, is_repeatable, unreachable
from services.gateway.upstreams.begun import FAILURES, Begun
from services.gateway.upstreams.breaker import Breaker, BreakerState
from services.gateway.upstreams.bulkhead import Bulkhead, BulkheadFull
from services.gateway.upstreams.figures import UpstreamFigures
from services.gateway.upstreams.knocking import Knocking
from services.gateway.upstreams.replica import Replica
from services.gateway.upstreams.replicas import Replicas
from services.gateway.upstreams.retries import RetryBudget
from services.gateway.upstreams.upstream import UpstreamRequest
from shared import errors
from shared.background import stop

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
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
        self._breaker = Breaker(settings.upstream_breaker_failures, settings.upstream_breaker_seconds)
        self._budget = RetryBudget(settings.upstream_retry_share)
        self._bulkhead = Bulkhead(
            self._capacity(), queue=settings.upstream_queue, seconds=settings.upstream_queue_seconds
        )
        self._knocking = Knocking(replicas, settings.upstream_connect_seconds)
        self._attempts = Attempts(name, replicas, self._breaker, self._bulkhead, settings)
        self._sweeper = asyncio.create_task(self._sweep())

    @property
    def name(self) -> str:
        """The service's name."""
        return self._name

    async def close(self) -> None:
        """Close all connections."""
        await stop([self._sweeper])
        await self._knocking.close()
        self._attempts.close()

    def begin(self, head: Callable[[bytes], bytes], seconds: float) -> Begun | None:
        """Send a GET without a body at once, if nothing has to be waited for: neither a place, nor a connection, nor a
        service that may be in trouble. None: nothing was done, and `send` is to be asked."""
        if self._breaker.in_a_row or self._replicas.has_trials:
            return None
        replica = self._replicas.choose()
        begun = self._attempts.begin(replica, head, seconds) if replica is not None else None
        if begun is not None:
            self._budget.requests += 1
        return begun

    async def send(self, request: UpstreamRequest) -> Answer:
        """Forward the request; see Upstream."""
        if request.begun is not None:
            return await self._send(request, request.begun.replica, request.begun.seconds, request.begun.expires)
        self._budget.requests += 1
        now = self._loop.time()
        breaker = self._breaker
        if breaker.in_a_row and breaker.is_open and not breaker.may_try(now):
            raise unreachable(self._name)
        seconds = request.seconds or self._settings.upstream_response_seconds
        if not self._bulkhead.enter():
            await self._wait_for_place()
        first = self._replicas.choose(may_try=is_repeatable(request))
        if first is None:
            self._bulkhead.leave()
            raise unreachable(self._name)
        return await self._send(request, first, seconds, now + seconds)

    async def _send(self, request: UpstreamRequest, first: Replica, seconds: float, expires: float) -> Answer:
        try:
            answer = await self._attempts.attempt(first, request, seconds, expires, request.begun)
        except (errors.Unavailable, errors.BadGateway) as error:
            return await self._elsewhere(first, request, seconds, expires, error)
        if answer.status in FAILURES and is_repeatable(request) and request.method in _SAFE:
            return await self._elsewhere(first, request, seconds, expires, answer)
        return answer

    async def _elsewhere(
        self,
        first: Replica,
        request: UpstreamRequest,
        seconds: float,
        expires: float,
        outcome: Answer | errors.PlatformError,
    ) -> Answer:
        """Try other replicas after `outcome` of the first; what the client gets when that does not help."""
        tried, was_repeated, last = [first], False, outcome
        repeatable = is_repeatable(request)
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
                    answer = await self._attempts.attempt(other, request, seconds, expires)
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
            self._attempts.sweep(now, {replica.url for replica in known})

    def _capacity(self) -> int:
        return self._settings.upstream_connections * max(1, self._replicas.in_use)

    async def _wait_for_place(self) -> None:
        try:
            await self._bulkhead.wait()
        except BulkheadFull as error:
            raise busy(self._name) from error

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
            failures=dict(self._attempts.failures),
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
