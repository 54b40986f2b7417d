"""Redis as the gateway needs it: an answer soon, or at once the news that it is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import Redis

from shared.background import stop
from shared.cache import AWAY
from shared.log import get_logger

_log = get_logger("gateway.store")
_RETRY_SECONDS = 0.5
_T = TypeVar("_T")


class StoreAway(Exception):
    """Redis did not answer, or did not answer lately."""


class Store:
    """Calls Redis, and stops calling for as long as it is away, so that its loss costs no request any time.

    The first call that fails makes it count as away; a task in the background asks until it answers again.
    """

    def __init__(self, redis: Redis, seconds: float) -> None:
        self.redis = redis
        self._seconds = seconds
        self._lost = asyncio.Event()
        self.is_away = False
        """Whether calls are refused at the moment."""
        self._calls: set[asyncio.Future[Any]] = set()

    async def run(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """The result of `call`, which uses `redis`; raises StoreAway."""
        if self.is_away:
            raise StoreAway
        # A task of its own: redis-py on Python 3.11 may swallow a cancellation, ours as well as that of a client that
        # leaves, and then nobody but the call itself is held up.
        task = asyncio.ensure_future(call())
        self._calls.add(task)
        task.add_done_callback(self._forget)
        try:
            done, _ = await asyncio.wait((task,), timeout=self._seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            task.cancel()
            self._lose("no answer in time")
            raise StoreAway
        try:
            return task.result()
        except AWAY as error:
            self._lose(type(error).__name__)
            raise StoreAway from error

    def _lose(self, reason: str) -> None:
        if not self.is_away:
            _log.warning("redis_away", error=reason)
        self.is_away = True
        self._lost.set()

    def _forget(self, task: asyncio.Future[Any]) -> None:
        self._calls.discard(task)
        if not task.cancelled():
            task.exception()  # seen, or nobody waits for it any more

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look out for its return while the gateway runs."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            await stop([task])
            for call in list(self._calls):
                call.cancel()

    async def _watch(self) -> None:
        while True:
            await self._lost.wait()
            # Asked at once: a single late answer, on a machine that was busy, must not refuse callers for long.
            if await self._answers():
                self._lost.clear()
                self.is_away = False
                _log.info("redis_back")
            else:
                await asyncio.sleep(_RETRY_SECONDS)

    async def _answers(self) -> bool:
        with contextlib.suppress(*AWAY):
            async with asyncio.timeout(self._seconds):
                await self.redis.ping()
            return True
        return False
