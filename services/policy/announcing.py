"""Tells the gateways of each commit that changed what readers see, within milliseconds (see shared.contracts.changes).

PostgreSQL notifies when a transaction commits, and never of one that does not. What is lost on the way from there is
noticed: the mark in Redis that somebody listens stands for less than a second, and messages are numbered.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from redis.asyncio import Redis

from shared.background import stop
from shared.cache import AWAY, open_redis
from shared.contracts.changes import CHANNEL, COUNT_KEY, LISTENING_KEY, LISTENING_MS, work_tag
from shared.db import DATABASE_FAILED
from shared.log import get_logger

DATABASE_CHANNEL = "openpolicy_changes"
_BEAT_SECONDS = 0.25
_PATIENCE_SECONDS = 0.4
_AGAIN_SECONDS = 0.25
_MOST_TAGS = 200
"""In one message; more are told as one change of anything."""
_PUBLISH = """
local number = redis.call('INCR', KEYS[1])
redis.call('PUBLISH', ARGV[1], '{"number":' .. number .. ',"tags":' .. ARGV[2] .. '}')
"""
_log = get_logger(__name__)


class Announcer:
    """Listens to the database, and publishes."""

    def __init__(self, database_url: str, redis: Redis) -> None:
        self._database_url = database_url
        self._redis = redis
        self._publish = redis.register_script(_PUBLISH)
        self._heard = asyncio.Event()
        self._tags: set[str] = set()
        self._has_news = False
        self._has_missed = True
        """Whether something was perhaps committed that we did not hear, or could not tell."""
        self._is_away = False

    async def run(self) -> None:
        """Go on until cancelled, over losses of either side."""
        while True:
            try:
                async with self._listening() as connection:
                    await self._pass_on(connection)
            except DATABASE_FAILED as error:
                self._failed("postgresql", error)
                await asyncio.sleep(_AGAIN_SECONDS)

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(
            self._database_url, timeout=5, command_timeout=_PATIENCE_SECONDS,
            server_settings={"application_name": "openpolicy-announcer"},
        )  # fmt: skip
        try:
            await connection.add_listener(DATABASE_CHANNEL, self._hear)
            yield connection
        finally:
            connection.terminate()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self._has_news = True
        work = str(payload).split("/", 2)
        if len(work) == 3:
            self._tags.add(work_tag(*work))
        self._heard.set()

    async def _pass_on(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        loop = asyncio.get_running_loop()
        beat_at = loop.time()
        while True:
            if loop.time() >= beat_at:
                await connection.execute("SELECT 1")  # whatever was committed before its answer has been heard
                beat_at = loop.time() + _BEAT_SECONDS
                await self._tell(is_alive=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(beat_at - loop.time()):
                    await self._heard.wait()
            self._heard.clear()
            await self._tell(is_alive=False)

    async def _tell(self, *, is_alive: bool) -> None:
        """Publish what is new; and that we listen, if that was just seen."""
        try:
            if self._has_news or self._has_missed:
                await self._publish_news()
            if is_alive:
                await self._redis.set(LISTENING_KEY, 1, px=LISTENING_MS)
                self._is_away = False
        except AWAY as error:
            self._failed("redis", error)

    async def _publish_news(self) -> None:
        missed = self._has_missed or len(self._tags) > _MOST_TAGS
        told = "null" if missed else json.dumps(sorted(self._tags))
        self._tags.clear()
        self._has_news, self._has_missed = False, True  # until it is told
        await self._publish(keys=[COUNT_KEY], args=[CHANNEL, told])
        self._has_missed = False

    def _failed(self, dependency: str, error: BaseException) -> None:
        self._has_missed = True
        if not self._is_away:
            _log.warning("not_announcing", dependency=dependency, error=type(error).__name__)
        self._is_away = True


@contextlib.asynccontextmanager
async def announcing(database_url: str, redis_url: str) -> AsyncIterator[None]:
    """Announce while the service runs; neither side needs to be there yet."""
    async with open_redis(redis_url, max_connections=2) as redis:
        task = asyncio.create_task(Announcer(database_url, redis).run(), name="announcer")
        try:
            yield
        finally:
            await stop([task])
