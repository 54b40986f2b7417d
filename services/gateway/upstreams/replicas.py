"""The running copies of one service: found by name again and again, and chosen by who has the least to do."""

import asyncio
import contextlib
import ipaddress
import random
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.background import stop
from shared.log import get_logger

_RESOLVE_SECONDS = 2.0
_AVOID_SECONDS = 2.0
_log = get_logger("gateway.replicas")


@dataclass(slots=True, eq=False)
class Replica:
    """One running copy of a service."""

    url: str
    """Its own address, by number: `http://10.0.0.7:8080`."""
    host: str
    """Host and port as the service is named, for the Host header."""
    in_flight: int = 0
    avoid_until: float = 0.0
    """Monotonic seconds; a replica that refused a connection rests while others can serve."""

    def refused(self) -> None:
        """It could not be connected to."""
        self.avoid_until = time.monotonic() + _AVOID_SECONDS


class Replicas:
    """All replicas of one service. `addresses` is one URL, or several separated by commas; each name in them may stand
    for several replicas and is resolved anew every two seconds, so that scaling needs no restart."""

    def __init__(self, addresses: str) -> None:
        self._addresses = tuple(addresses.split(","))
        self._known: dict[str, Replica] = {}

    @property
    def all(self) -> tuple[Replica, ...]:
        """Every replica known now."""
        return tuple(self._known.values())

    def choose(self, *, but: Replica | None = None) -> Replica | None:
        """The less busy of two taken at random, other than `but`; None when there is no other."""
        if len(self._known) == 1 and but is None:
            return next(iter(self._known.values()))
        candidates = [r for r in self._known.values() if r is not but]
        now = time.monotonic()
        rested = [r for r in candidates if r.avoid_until <= now] or candidates
        if not rested:
            return None
        if len(rested) == 1:
            return rested[0]
        first, second = random.sample(rested, 2)
        return first if first.in_flight <= second.in_flight else second

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

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_RESOLVE_SECONDS)
            await self.resolve()

    async def _lookup(self, address: str) -> list[tuple[str, str]]:
        parts = urlsplit(address)
        name, port = parts.hostname or "", parts.port or 80
        try:
            numbers = await _numbers(name, port)
        except OSError:
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
