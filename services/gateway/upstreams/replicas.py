"""The running copies of one service: found by name again and again, and chosen by who has the least to do."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from random import random
from urllib.parse import urlsplit

from services.gateway.upstreams.outliers import EjectionRules, Outliers
from services.gateway.upstreams.replica import Replica
from shared.background import stop
from shared.log import get_logger

_RESOLVE_SECONDS = 2.0
_DEFAULTS = EjectionRules()
_log = get_logger("gateway.replicas")

LookUp = Callable[[str, int], Awaitable[list[str]]]
"""The IP addresses of a name, for a port. Raises OSError."""


class Replicas:
    """All replicas of one service. `addresses` is one URL, or several separated by commas; each name in them may stand
    for several replicas and is resolved anew every two seconds, so that scaling needs no restart.

    In use are those that can be connected to, say that they are ready, and are not ejected. When none is, all that can
    be connected to are used: an answer that may fail is better than none.
    """

    def __init__(self, addresses: str, rules: EjectionRules = _DEFAULTS, *, look_up: LookUp | None = None) -> None:
        self._addresses = tuple(addresses.split(","))
        self._look_up = look_up or _numbers
        self._known: dict[str, Replica] = {}
        self._used: list[Replica] = []
        self._on_trial: list[Replica] = []
        self.outliers = Outliers(rules)
        self.on_doubt: Callable[[str], None] = _nobody_asks
        """Called with the address of a replica whose health should be asked now."""

    @property
    def all(self) -> tuple[Replica, ...]:
        """Every replica known now."""
        return tuple(self._known.values())

    @property
    def in_use(self) -> int:
        """How many requests are shared among; 0 when none can be connected to."""
        return len(self._used)

    @property
    def has_trials(self) -> bool:
        """Whether one is on trial, to which single requests may go."""
        return bool(self._on_trial)

    def addresses(self) -> list[str]:
        """The address of each."""
        return list(self._known)

    def address(self) -> str:
        """Where to ask something outside of any request; where it likely fails when there is no such place."""
        replica = self.choose()
        return replica.url if replica is not None else self._addresses[0]

    def trouble(self, url: str) -> str:
        """Why this one is not in use, for people; empty when it is."""
        replica = self._known.get(url)
        return replica.trouble if replica is not None else ""

    def choose(self, *, may_try: bool = False, but: Collection[Replica] = ()) -> Replica | None:
        """The less busy of two taken at random, other than `but`; None when there is no other to connect to.

        With `may_try` the request could be repeated elsewhere, and may go to a replica that is on trial.
        """
        if may_try and self._on_trial and not but:
            for replica in self._on_trial:
                if not replica.being_tried:
                    replica.being_tried = True
                    return replica
        used = [r for r in self._used if r not in but] if but else self._used
        count = len(used)
        if count < 2:
            return used[0] if count else None
        first = int(random() * count)  # noqa: S311 - spreads load, guards nothing
        second = int(random() * (count - 1))  # noqa: S311
        one, other = used[first], used[second if second < first else second + 1]
        return one if one.in_flight <= other.in_flight else other

    # What happened with a replica.

    def succeeded(self, replica: Replica) -> None:
        """It answered, and not with a failure of its own."""
        replica.good += 1
        if replica.in_a_row:
            replica.in_a_row = 0
        if replica.trial_since and self.outliers.passed(replica):
            self._log("replica_back", replica)
            self._arrange()

    def failed(self, replica: Replica, now: float) -> None:
        """It answered with a failure, broke off, or did not answer in time."""
        replica.bad += 1
        replica.in_a_row += 1
        self.on_doubt(replica.url)
        if self.outliers.judge(replica, self._known.values(), now):
            self._log("replica_ejected", replica, seconds=round(replica.ejected_until - now, 1))
            self._arrange()

    def lost(self, replica: Replica) -> None:
        """It cannot be connected to."""
        if not replica.is_unreachable:
            replica.is_unreachable = True
            self.on_doubt(replica.url)
            self._log("replica_lost", replica)
            self._arrange()

    def found(self, replica: Replica) -> None:
        """It can be connected to again: likely another process, of which nothing is known yet."""
        replica.is_unreachable = replica.is_unready = False
        replica.ejected_until = replica.trial_since = 0.0
        replica.forget_answers()
        self.on_doubt(replica.url)
        self._log("replica_found", replica)
        self._arrange()

    def probed(self, url: str, *, is_able: bool, is_refused: bool) -> None:
        """What its health page said: whether traffic should come, and whether it could be connected to at all."""
        replica = self._known.get(url)
        if replica is None:
            return
        if is_refused:
            self.lost(replica)
        elif replica.is_unready is is_able:
            replica.is_unready = not is_able
            self._log("replica_ready" if is_able else "replica_unready", replica)
            self._arrange()

    def tick(self, now: float) -> None:
        """Let the ejected try again when their time is over; to be called about ten times a second."""
        if self.outliers.tick(self._known.values(), now):
            self._arrange()

    def _arrange(self) -> None:
        known = list(self._known.values())
        reachable = [r for r in known if not r.is_unreachable]
        self._used = [r for r in reachable if r.is_in_use]
        if not self._used:
            self._used = [r for r in reachable if not r.is_unready] or reachable
        self._on_trial = [r for r in reachable if r.trial_since and not r.is_unready and r not in self._used]

    def _log(self, event: str, replica: Replica, **more: float) -> None:
        _log.info(event, service=self._addresses[0], replica=replica.url, **more)

    # Finding them.

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Resolve now, and again in the background."""
        await self.resolve()
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            await stop([task])

    async def resolve(self) -> None:
        """Look the names up. A name that cannot be resolved keeps the replicas it had."""
        found: dict[str, Replica] = {}
        for address in self._addresses:
            for url, host in await self._lookup(address):
                found[url] = self._known.get(url) or Replica(url, host)
        if found.keys() != self._known.keys():
            _log.info("replicas_changed", service=self._addresses[0], replicas=sorted(found))
            self._known = found
            self._arrange()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_RESOLVE_SECONDS)
            await self.resolve()

    async def _lookup(self, address: str) -> list[tuple[str, str]]:
        parts = urlsplit(address)
        name, port = parts.hostname or "", parts.port or 80
        try:
            numbers = await self._look_up(name, port)
        except (OSError, UnicodeError):
            kept = [(r.url, r.host) for r in self._known.values() if r.host == parts.netloc]
            return kept or [(address, parts.netloc)]
        return [(f"http://{f'[{n}]' if ':' in n else n}:{port}", parts.netloc) for n in numbers]


async def _numbers(name: str, port: int) -> list[str]:
    """The IP addresses of a name; only version 4 where it has both, since both would be the same replica twice."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(name))]
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    four = {str(info[4][0]) for info in found if info[0] is socket.AF_INET}
    return sorted(four or {str(info[4][0]) for info in found})


def _nobody_asks(_: str) -> None:
    return
