"""The task that sends what is in the outbox. Each replica has one; each letter is taken by one of them."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address

from services.auth.mail import repo
from services.auth.mail.domain import KEEP_DONE, LEASE, Letter, NoAddress, message_of, pause_after
from services.auth.mail.outbox import Outbox
from services.auth.mail.transport import MailServer, NotNow, Refused, ServerAway
from shared.db import Database
from shared.errors import PlatformError
from shared.health import Dependency
from shared.log import get_logger

LOOK_SECONDS = 2.0
"""How often to look for letters of other replicas, and those that failed before."""
_COMMIT_SECONDS = 0.05  # a letter is seen once the transaction that wrote it has ended
_AWAY_SECONDS = 15.0
_SWEEP_SECONDS = 3600.0
_OVERDUE = timedelta(minutes=15)
_BUDGET_MS = 50.0
_log = get_logger(__name__)


class Sender:
    """Sends letters with `server`; without one it only forgets old ones."""

    def __init__(
        self, database: Database, outbox: Outbox, server: MailServer | None, *, sender: Address, host: str
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._server = server
        self._from = sender
        self._host = host
        self._sweep_at = 0.0

    async def run(self) -> None:
        """Send what is due, again and again; runs until it is cancelled."""
        while True:
            pause = LOOK_SECONDS
            self._outbox.posted.clear()
            try:
                await self._sweep()
                while await self.send_one():
                    pass
            except ServerAway as error:
                _log.warning("mail_server_away", error=str(error))
                pause = _AWAY_SECONDS
            except PlatformError as error:
                _log.warning("mail_waits", error=type(error).__name__)
            await self._wait(pause)

    async def send_one(self) -> bool:
        """Try the letter that is due the longest; False when none is. Raises ServerAway."""
        if self._server is None:
            return False
        now = datetime.now(UTC)
        async with self._database.connection() as connection:
            letter = await repo.take_due(connection, now, now + LEASE)
        if letter is None:
            return False
        if letter.give_up_at <= now:
            await self._give_up(letter, "not delivered in time")
            return True
        try:
            await self._server.send(message_of(letter, sender=self._from, host=self._host))
        except (Refused, NoAddress) as error:
            await self._give_up(letter, str(error))
        except NotNow as error:
            await self._try_later(letter, str(error))
        except ServerAway as error:
            await self._try_later(letter, str(error))
            raise
        else:
            async with self._database.connection() as connection:
                await repo.mark_sent(connection, letter.id, datetime.now(UTC))
            _log.info("mail_sent", mail=str(letter.id), kind=letter.kind, attempts=letter.attempts)
        return True

    def dependency(self) -> Dependency:
        """Mail as a health check: a warning while letters wait for long."""

        async def probe() -> None:
            async with self._database.connection() as connection:
                waiting = await repo.count_overdue(connection, datetime.now(UTC) - _OVERDUE)
            if waiting:
                raise MailWaits(f"{waiting} letters wait")

        return Dependency("mail", "component", probe, _BUDGET_MS, critical=False)

    async def _give_up(self, letter: Letter, error: str) -> None:
        _log.warning("mail_given_up", mail=str(letter.id), kind=letter.kind, attempts=letter.attempts, error=error)
        async with self._database.connection() as connection:
            await repo.mark_given_up(connection, letter.id, datetime.now(UTC), error)

    async def _try_later(self, letter: Letter, error: str) -> None:
        async with self._database.connection() as connection:
            at = datetime.now(UTC) + pause_after(letter.attempts)
            await repo.mark_failed(connection, letter.id, at, error)

    async def _sweep(self) -> None:
        if time.monotonic() < self._sweep_at:
            return
        self._sweep_at = time.monotonic() + _SWEEP_SECONDS
        async with self._database.connection() as connection:
            await repo.forget_done(connection, datetime.now(UTC) - KEEP_DONE)

    async def _wait(self, seconds: float) -> None:
        if self._server is not None and seconds == LOOK_SECONDS:
            try:
                await asyncio.wait_for(self._outbox.posted.wait(), seconds)
            except TimeoutError:
                return
            await asyncio.sleep(_COMMIT_SECONDS)
        else:
            await asyncio.sleep(seconds)


class MailWaits(Exception):
    """Letters have not been delivered for a quarter of an hour."""
