"""Hears what the policy service announces, and knows when it cannot hear."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

from pydantic import ValidationError

from services.gateway.cache.currency import Currency
from services.gateway.cache.figures import Figures
from services.gateway.store import Store, StoreAway
from shared.background import stop
from shared.cache import AWAY
from shared.contracts.changes import CHANNEL, COUNT_KEY, LISTENING_KEY, Changed
from shared.log import get_logger

_LOOK_SECONDS = 0.25
_SILENCE_SECONDS = 5.0
_log = get_logger("gateway.cache")


class Announcements:
    """Keeps a Currency up to date.

    Messages tell of changes at once. Four times a second it looks whether one was lost, and whether a policy service
    hears of commits at all.
    """

    def __init__(self, store: Store, currency: Currency, figures: Figures) -> None:
        self._store = store
        self._currency = currency
        self._figures = figures
        self._is_subscribed = False
        self._number = -1

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while the gateway runs."""
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look_again())]
        try:
            yield
        finally:
            await stop(tasks)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._store.redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    self._is_subscribed = True
                    while True:
                        message = await subscription.get_message(timeout=_SILENCE_SECONDS)
                        if message is not None and message["type"] == "message":
                            self._hear(message["data"])
            except AWAY as error:
                _log.debug("not_listening", error=type(error).__name__)
            finally:
                self._is_subscribed = False
                self._go_blind()
            await asyncio.sleep(_LOOK_SECONDS)

    def _hear(self, data: Any) -> None:
        now = time.monotonic()
        try:
            changed = Changed.model_validate_json(data)
        except ValidationError:
            self._currency.suspect_all(now)
            return
        self._figures.invalidations += 1
        if changed.number > self._number + 1:
            self._currency.suspect_all(now)
        self._number = max(self._number, changed.number)
        if changed.tags is None:
            self._currency.suspect_all(now)
        else:
            self._currency.change(changed.tags, now)

    async def _look_again(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        asked_at = time.monotonic()
        try:
            listens, number = await self._store.run(lambda: self._store.redis.mget([LISTENING_KEY, COUNT_KEY]))
        except StoreAway:
            self._go_blind()
            return
        if listens is None or not self._is_subscribed:
            self._go_blind()
            return
        counted = int(number or 0)
        if self._currency.is_blind or counted != self._number:
            self._number = counted
            self._currency.suspect_all(asked_at)
            if self._currency.is_blind:
                _log.info("hears_of_changes")
            self._currency.is_blind = False
            self._figures.hears = True

    def _go_blind(self) -> None:
        if not self._currency.is_blind:
            _log.warning("hears_of_no_changes")
        self._currency.is_blind = True
        self._figures.hears = False
