"""Redis as the gateway needs it: an answer within a quarter of a second, or at once the news that it is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis

from shared.cache import AWAY
from shared.log import get_logger

_log = get_logger("gateway.store")
_CALL_SECONDS = 0.25
_RETRY_SECONDS = 0.5
_T = TypeVar("_T")


class StoreAway(Exception):
    """Redis did not answer, or did not answer lately."""


class Store:
    """Calls Redis, and stops calling for as long as it is away, so that its loss costs no request any time.

    The first call that fails makes it count as away; a task in the background asks until it answers again.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._lost = asyncio.Event()

    @property
    def is_away(self) -> bool:
        """Whether calls are refused at the moment."""
        return self._lost.is_set()

    async def run(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """The result of `call`, which uses `redis`; raises StoreAway."""
        if self.is_away:
            raise StoreAway
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                return await call()
        except AWAY as error:
            if not self.is_away:
                _log.warning("redis_away", error=type(error).__name__)
            self._lost.set()
            raise StoreAway from error

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look out for its return while the gateway runs."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await self._lost.wait()
            await asyncio.sleep(_RETRY_SECONDS)
            with contextlib.suppress(*AWAY):
                async with asyncio.timeout(_CALL_SECONDS):
                    await self.redis.ping()
                self._lost.clear()
                _log.info("redis_back")
