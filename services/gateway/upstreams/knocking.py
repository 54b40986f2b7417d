"""Replicas that could not be connected to are tried in the background, so that no request has to find out."""

import asyncio
import contextlib
from collections.abc import Collection
from urllib.parse import urlsplit

from services.gateway.upstreams.replica import Replica
from services.gateway.upstreams.replicas import Replicas
from shared.background import stop

_FIRST_PAUSE, _MOST_PAUSE = 0.05, 0.5  # seconds; a process that is started again at once is soon there


class Knocking:
    """Connects to the lost replicas of one service again and again."""

    def __init__(self, replicas: Replicas, seconds: float) -> None:
        self._replicas = replicas
        self._seconds = seconds
        self._tasks: dict[Replica, asyncio.Task[None]] = {}

    def follow(self, known: Collection[Replica]) -> None:
        """Begin with those that were lost, and end with those that are gone."""
        for replica in known:
            if replica.is_unreachable and replica not in self._tasks:
                self._tasks[replica] = asyncio.create_task(self._knock(replica))
        for replica, task in list(self._tasks.items()):
            if replica not in known:
                task.cancel()
            if task.done():
                del self._tasks[replica]

    async def close(self) -> None:
        """Stop all."""
        await stop(list(self._tasks.values()))

    async def _knock(self, replica: Replica) -> None:
        parts, loop = urlsplit(replica.url), asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while replica.is_unreachable:
            await asyncio.sleep(pause)
            pause = min(_MOST_PAUSE, 1.5 * pause)
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._seconds):
                    transport, _ = await loop.create_connection(
                        asyncio.Protocol, parts.hostname or "", parts.port or 80
                    )
                transport.close()
                self._replicas.found(replica)
