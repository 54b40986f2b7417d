"""Tells the gateway and the web, through Redis, which sessions ended and which epochs rose.

PostgreSQL is the authority. What could not be announced because Redis was away, or what Redis forgot in a restart, is
announced again by `keep` within about a second of its return.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from redis.asyncio import Redis

from services.auth.sessions import repo
from services.auth.sessions.domain import EndedSession
from shared.cache import AWAY
from shared.contracts.sessions import (
    ANNOUNCED_KEY,
    EPOCH_PREFIX,
    REVOKED_SID_PREFIX,
    SESSION_KEY_PREFIX,
    BrowserSession,
)
from shared.db import Connection, Database
from shared.errors import PlatformError, Unavailable
from shared.log import get_logger

REVOKED_SECONDS = 12 * 3600
EPOCH_SECONDS = 15 * 60  # three times the life of the access tokens that it refuses
WINDOW = timedelta(seconds=EPOCH_SECONDS)
PAUSE_SECONDS = 1.0
SWEEP_SECONDS = 3600.0
KEEP_ENDED = timedelta(days=30)
_OWED_SECONDS = 4.0
NOT_YET = "Saved, but not yet in force everywhere: Redis cannot be reached."
_log = get_logger(__name__)
Recent = Callable[[Connection, datetime], Awaitable[list[str]]]
"""Names that have to stand in Redis for what ended since a moment."""

# A slow reader must not bring back what was ended or changed since it read: the cached session is written only while
# no revocation and no higher epoch stands beside it.
_REMEMBER = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local epoch = tonumber(redis.call('GET', KEYS[3]) or '0')
if epoch > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""
# Two changes may be announced in either order: the higher epoch stays.
_RAISE_EPOCH = """
local epoch = tonumber(redis.call('GET', KEYS[1]) or '0')
redis.call('SET', KEYS[1], string.format('%d', math.max(epoch, tonumber(ARGV[1]))), 'EX', ARGV[2])
return 1
"""


class Announcements:
    """Writes what the others read. `keep` runs beside it for as long as the service does."""

    def __init__(self, redis: Redis, database: Database) -> None:
        self._redis = redis
        self._database = database
        self._remember = redis.register_script(_REMEMBER)
        self._raise_epoch = redis.register_script(_RAISE_EPOCH)
        self._failed = True  # whoever ran before us may have left something unsaid
        self._owed_until = 0.0
        self._sweep_at = 0.0
        self._recent: list[Recent] = []

    def repeat_too(self, recent: Recent) -> None:
        """What else ended lately, to be said again when Redis was away or forgot."""
        self._recent.append(recent)

    def owe(self) -> None:
        """Say, before a change is committed, that it will need announcing: its caller may be cancelled in between."""
        self._owed_until = time.monotonic() + _OWED_SECONDS

    async def remember(self, id_hash: bytes, session: BrowserSession, seconds: int) -> None:
        """Cache a browser's session. Without Redis nothing is cached, and each request is resolved."""
        keys = [_session_key(id_hash), REVOKED_SID_PREFIX + session.sid, EPOCH_PREFIX + session.subject]
        with contextlib.suppress(*AWAY):
            await self._remember(keys=keys, args=[session.model_dump_json(), seconds, session.epoch])

    async def forget_browsers(self, id_hashes: Sequence[bytes]) -> None:
        """Have browsers' sessions resolved anew, since what they say of their account has changed."""
        with contextlib.suppress(*AWAY):
            if id_hashes:
                await self._redis.delete(*map(_session_key, id_hashes))

    async def announce(self, ended: Sequence[EndedSession], epochs: Sequence[tuple[UUID, int]] = ()) -> None:
        """Make ends and epochs known at once; raises Unavailable when Redis is away (they follow when it is back)."""
        try:
            await self._write(ended, epochs)
        except AWAY as error:
            self._failed = True
            raise Unavailable(NOT_YET, retry_after=2) from error

    async def announce_names(self, names: Sequence[str]) -> None:
        """Make other ends known at once, each by the name that stands for it; raises Unavailable as `announce` does."""
        try:
            await self._set(names)
        except AWAY as error:
            self._failed = True
            raise Unavailable(NOT_YET, retry_after=2) from error

    async def keep(self) -> None:
        """Announce again what may not have arrived, and forget sessions long ended; runs until it is cancelled."""
        while True:
            try:
                if await self._must_repeat():
                    await self._repeat()
                await self._sweep()
            except (*AWAY, PlatformError) as error:
                self._failed = True
                _log.warning("announcing_later", error=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _must_repeat(self) -> bool:
        if self._failed or time.monotonic() < self._owed_until:
            return True
        return await self._redis.get(ANNOUNCED_KEY) is None

    async def _repeat(self) -> None:
        since = datetime.now(UTC) - WINDOW
        async with self._database.transaction(readonly=True) as connection:
            ended = await repo.recently_ended(connection, since)
            epochs = await repo.recent_epochs(connection, since)
            names = [name for recent in self._recent for name in await recent(connection, since)]
        self._failed = False  # before writing: a failure elsewhere meanwhile must stay noted
        await self._write(ended, epochs)
        await self._set(names)
        await self._redis.set(ANNOUNCED_KEY, "1")

    async def _set(self, names: Sequence[str]) -> None:
        if names:
            async with self._redis.pipeline(transaction=True) as pipe:
                for name in names:
                    pipe.set(name, "1", ex=EPOCH_SECONDS)
                await pipe.execute()

    async def _write(self, ended: Sequence[EndedSession], epochs: Sequence[tuple[UUID, int]]) -> None:
        for account_id, epoch in epochs:
            await self._raise_epoch(keys=[EPOCH_PREFIX + str(account_id)], args=[epoch, EPOCH_SECONDS])
        if not ended:
            return
        async with self._redis.pipeline(transaction=True) as pipe:
            for session in ended:
                pipe.set(REVOKED_SID_PREFIX + str(session.sid), "1", ex=REVOKED_SECONDS)
                if session.id_hash:
                    pipe.delete(_session_key(session.id_hash))
            await pipe.execute()

    async def _sweep(self) -> None:
        if time.monotonic() < self._sweep_at:
            return
        self._sweep_at = time.monotonic() + SWEEP_SECONDS
        async with self._database.transaction() as connection:
            await repo.delete_expired(connection, datetime.now(UTC) - KEEP_ENDED)


def _session_key(id_hash: bytes) -> str:
    return SESSION_KEY_PREFIX + id_hash.hex()
