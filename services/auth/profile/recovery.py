"""A forgotten password: a link by mail, and the new password.

Asking only notes the address. A task looks up later whether there is an account, so that the answer says as little by
its time as by its words.
"""

import asyncio
import contextlib
from datetime import UTC, datetime

from services.auth.accounts.domain import normalise_email
from services.auth.accounts.service import Accounts
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.links import repo as links
from services.auth.links.domain import LINK_REFUSED, Link, LinkRefused, Purpose, new_token, path_of
from services.auth.mail.domain import Kind
from services.auth.mail.outbox import Outbox
from services.auth.profile import repo
from services.auth.profile.domain import Own
from services.auth.sessions import repo as sessions_repo
from services.auth.sessions.announcements import Announcements
from shared.context import current_request_id
from shared.db import Connection, Database
from shared.errors import PlatformError, Unavailable
from shared.log import get_logger

_LOOK_SECONDS = 2.0
_COMMIT_SECONDS = 0.02
_log = get_logger(__name__)


class Recovery:
    """The way back into an account. `keep` runs beside it for as long as the service does."""

    def __init__(self, database: Database, accounts: Accounts, announcements: Announcements, outbox: Outbox) -> None:
        self._database = database
        self._accounts = accounts
        self._announcements = announcements
        self._outbox = outbox
        self._asked = asyncio.Event()

    async def ask(self, email: str, lang: str) -> None:
        """Have a link sent to an address, if there is an account. It says nothing of that."""
        async with self._database.connection() as connection:
            now = datetime.now(UTC)
            await repo.ask_for_reset(connection, normalise_email(email), lang, now, current_request_id())
        self._asked.set()

    async def keep(self) -> None:
        """Answer requests, those of other replicas too; runs until it is cancelled."""
        while True:
            self._asked.clear()
            try:
                while await self.answer_one():
                    pass
            except PlatformError as error:
                _log.warning("reset_requests_wait", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), _LOOK_SECONDS)
                await asyncio.sleep(_COMMIT_SECONDS)

    async def answer_one(self) -> bool:
        """Answer the oldest request; False when there is none."""
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            request = await repo.take_request(connection)
            if request is None:
                return False
            own = await repo.for_reset(connection, request[0])
            if own is not None:
                await self.send_link(connection, own, now)
        return True

    async def send_link(self, connection: Connection, own: Own, now: datetime) -> None:
        """Send the owner of an account a link to a new password."""
        token, account = new_token(), own.account
        until = await links.insert(connection, token, Purpose.RESET, Link(account.id, account.email), now)
        path = path_of(Purpose.RESET, token)
        await self._outbox.post(connection, Kind.RESET, account.email, own.lang, now, path=path, until=until)

    async def reset(self, token: str, password: str) -> None:
        """Change the password of the link's account, and sign everybody out of it.

        Raises LinkRefused, Unprocessable for a weak password.
        """
        now = datetime.now(UTC)
        async with self._database.connection() as connection:
            link = await links.look_at(connection, token, Purpose.RESET, now)
            account = await self._accounts.get(link.account_id)
        if account is None or account.email != link.email:
            raise LinkRefused(LINK_REFUSED)
        password_hash = await self._accounts.hash_strong(password, account.email, account.display_name)
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            link = await links.use(connection, token, Purpose.RESET, now)
            own = await repo.hold(connection, link.account_id)
            if own is None or own.account.email != link.email:
                raise LinkRefused(LINK_REFUSED)
            epoch = await repo.set_password(connection, link.account_id, password_hash, now, by_letter=True)
            ended = await sessions_repo.end_others(connection, link.account_id, None, now)
            await links.delete(connection, link.account_id, [Purpose.VERIFY, Purpose.RESET, Purpose.CHANGE_EMAIL])
            await self._outbox.post(connection, Kind.PASSWORD_CHANGED, link.email, own.lang, now)
            await audit.append(connection, Event(Action.PASSWORD_RESET, link.account_id, link.account_id), now)
        await self._accounts.forgive(link.email)
        # The password is changed; what cannot be announced now follows when Redis is back.
        with contextlib.suppress(Unavailable):
            await self._announcements.announce(ended, [(link.account_id, epoch)])
