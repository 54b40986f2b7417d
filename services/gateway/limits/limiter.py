"""Takes requests from their quotas: exact over all gateways while Redis answers, per gateway while it does not."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Sequence

from services.gateway.limits.gcra import GIVE_BACK, SCRIPT, LocalBuckets
from services.gateway.limits.leases import Lease, is_small
from services.gateway.limits.plans import Charge, Verdict
from services.gateway.store import Store, StoreAway
from shared.background import stop

_SWEEP_SECONDS = 0.5
_MOST_LEASES = 50_000
_MOST_ROUNDS = 3


class Limiter:
    """Counts requests. A busy key's requests are taken from Redis some at a time, ahead of their coming; they are
    counted there when they are taken, so nobody ever gets more than the limit. What is not used within a second or two
    goes back; until then one gateway may hold up to an eighth of the burst that another could have granted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._script = store.redis.register_script(SCRIPT)
        self._give_back = store.redis.register_script(GIVE_BACK)
        self._local = LocalBuckets()
        self._leases: dict[str, Lease] = {}
        self._is_local = False
        self._asking: set[asyncio.Task[None]] = set()

    @property
    def is_local(self) -> bool:
        """Whether the last request was counted in this process alone."""
        return self._is_local

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Give back what is not used, while the gateway runs and at its end."""
        task = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            await stop([task, *self._asking])
            await self._return(list(self._leases))

    def take_held(self, charges: Sequence[Charge]) -> list[Verdict] | None:
        """Count one request, when that needs nobody's answer; else None, and `take` is to be asked."""
        if len(charges) != 1:
            return self._take_all_held(charges)
        charge = charges[0]
        lease = self._leases.get(charge.key)
        if lease is None or lease.tokens <= 0 or lease.rate is not charge.policy.rate or self._store.is_away:
            return None
        if lease.runs_low:
            self._fill_early(charge.key, lease)
        return [self._verdict(charge, lease)]

    def _take_all_held(self, charges: Sequence[Charge]) -> list[Verdict] | None:
        leases = []
        for charge in charges:
            lease = self._leases.get(charge.key)
            if lease is None or lease.tokens <= 0 or lease.rate != charge.policy.rate:
                return None
            leases.append(lease)
        if self._store.is_away:
            return None
        for charge, lease in zip(charges, leases, strict=True):
            if lease.runs_low:
                self._fill_early(charge.key, lease)
        return [self._verdict(charge, lease) for charge, lease in zip(charges, leases, strict=True)]

    async def take(self, charges: Sequence[Charge]) -> list[Verdict]:
        """Count one request; granted by all policies or counted by none."""
        if len(charges) != 1:
            return await self._take_several(charges)
        charge = charges[0]
        key = charge.key
        lease = self._leases.get(key)
        if lease is None or lease.rate != charge.policy.rate:
            if len(self._leases) >= _MOST_LEASES:
                return await self._take_together(charges)
            lease = self._leases[key] = Lease(charge.policy.rate)
        try:
            if lease.tokens <= 0:
                await self._ask_for(key, lease)
            elif lease.runs_low:
                self._fill_early(key, lease)
        except StoreAway:
            return self._take_locally([key], charges)
        return [self._verdict(charge, lease)]

    async def _take_several(self, charges: Sequence[Charge]) -> list[Verdict]:
        """From leases, if they can be worth anything; a small limit is asked for each time, with all others."""
        new = [charge for charge in charges if charge.key not in self._leases]
        if any(is_small(charge.policy.rate) for charge in charges) or len(self._leases) + len(new) > _MOST_LEASES:
            return await self._take_together(charges)
        leases = [self._lease(charge) for charge in charges]
        pairs = list(zip(charges, leases, strict=True))
        for _ in range(_MOST_ROUNDS):  # while one is asked for, others may use up what is held of another
            try:
                for charge, lease in pairs:
                    if lease.tokens <= 0:
                        await self._ask_for(charge.key, lease)
            except StoreAway:
                return self._take_locally([charge.key for charge in charges], charges)
            lacking = [lease for lease in leases if lease.tokens <= 0]
            if not lacking:
                return [self._verdict(charge, lease) for charge, lease in pairs]
            if any(time.monotonic() < lease.refused_until for lease in lacking):
                break
        return [self._verdict(charge, lease, uses=False) for charge, lease in pairs]

    def _lease(self, charge: Charge) -> Lease:
        lease = self._leases.get(charge.key)
        if lease is None or lease.rate != charge.policy.rate:
            lease = self._leases[charge.key] = Lease(charge.policy.rate)
        return lease

    def _verdict(self, charge: Charge, lease: Lease, *, uses: bool = True) -> Verdict:
        now = time.monotonic()
        if lease.tokens <= 0:
            _, reset = lease.figures_at(now)
            return Verdict(charge.policy, False, 0, reset, max(1, math.ceil(lease.refused_until - now)))
        lease.tokens -= uses
        remaining, reset = lease.figures_at(now)
        return Verdict(charge.policy, True, remaining, reset, 0)

    async def _ask_for(self, key: str, lease: Lease) -> None:
        """Have a token for a request, or the news that it is refused. Raises StoreAway."""
        refusals = lease.refusals
        while lease.tokens <= 0 and lease.refusals == refusals and time.monotonic() >= lease.unasked_until:
            await self._fill(key, lease)

    def _fill_early(self, key: str, lease: Lease) -> None:
        task = asyncio.create_task(self._fill(key, lease))
        self._asking.add(task)
        task.add_done_callback(self._asked)

    def _asked(self, task: "asyncio.Task[None]") -> None:
        self._asking.discard(task)
        if not task.cancelled() and isinstance(task.exception(), StoreAway):
            return  # whoever needs a token next learns it for himself

    async def _fill(self, key: str, lease: Lease) -> None:
        """Ask Redis for more; those who come meanwhile wait for the same answer. Raises StoreAway."""
        lease.waiting += 1
        try:
            if lease.asking is not None:
                await asyncio.shield(lease.asking)
                return
            lease.asking = asyncio.get_running_loop().create_future()
            try:
                await self._ask(key, lease)
            finally:
                lease.asking.set_result(None)
                lease.asking = None
        finally:
            lease.waiting -= 1

    async def _ask(self, key: str, lease: Lease) -> None:
        wanted = min(lease.largest, max(lease.size, lease.waiting))
        arguments = [wanted, lease.rate.interval, lease.rate.tolerance]
        answer = await self._store.run(lambda: self._script(keys=[key], args=arguments))
        self._is_local = False
        now = time.monotonic()
        lease.filled(answer, now)
        if answer[0]:
            self._local.granted(key, lease.rate, answer[0], now)

    async def _take_together(self, charges: Sequence[Charge]) -> list[Verdict]:
        keys = [c.key for c in charges]
        arguments = [1, *(n for c in charges for n in (c.policy.rate.interval, c.policy.rate.tolerance))]
        try:
            answer = await self._store.run(lambda: self._script(keys=keys, args=arguments))
        except StoreAway:
            return self._take_locally(keys, charges)
        self._is_local = False
        if answer[0]:
            now = time.monotonic()
            for charge in charges:
                self._local.granted(charge.key, charge.policy.rate, 1, now)
        return _verdicts(charges, answer)

    def _take_locally(self, keys: list[str], charges: Sequence[Charge]) -> list[Verdict]:
        self._is_local = True
        return _verdicts(charges, self._local.take(keys, [c.policy.rate for c in charges], time.monotonic()))

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = time.monotonic()
            await self._return([key for key, lease in self._leases.items() if lease.is_over(now)])

    async def _return(self, keys: list[str]) -> None:
        for key in keys:
            lease = self._leases.pop(key)
            if lease.tokens > 0:
                spared = lease.tokens * lease.rate.interval
                self._local.granted(key, lease.rate, -lease.tokens, time.monotonic())
                with contextlib.suppress(StoreAway):
                    await self._store.run(lambda: self._give_back(keys=[key], args=[spared]))  # noqa: B023 - awaited


def _verdicts(charges: Sequence[Charge], answer: Sequence[int]) -> list[Verdict]:
    granted = bool(answer[0])
    return [
        Verdict(c.policy, granted or not wait, max(0, remaining), _seconds(reset), _seconds(wait))
        for c, remaining, reset, wait in zip(charges, answer[1::3], answer[2::3], answer[3::3], strict=True)
    ]


def _seconds(microseconds: int) -> int:
    return math.ceil(microseconds / 1_000_000)
