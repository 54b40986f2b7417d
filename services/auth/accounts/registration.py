"""Registering, and showing that an address is one's own."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from services.auth.accounts import repo
from services.auth.accounts.domain import Account
from services.auth.accounts.service import Accounts
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event, Pseudonyms
from services.auth.links import repo as links
from services.auth.links.domain import LINK_REFUSED, Link, LinkRefused, Purpose, new_token, path_of
from services.auth.mail.domain import Kind
from services.auth.mail.outbox import Outbox
from shared.db import Connection, Database
from shared.errors import PlatformError
from shared.log import get_logger
from shared.permissions import Role

UNCONFIRMED_LIFE = timedelta(days=7)
"""How long an address stays taken whose letter nobody answers."""
DELETED_LIFE = timedelta(days=1)
"""How long the empty row of a deleted account stays: longer than the end of its sessions is announced."""
_SWEEP_SECONDS = 3600.0
_log = get_logger(__name__)


class Registration:
    """Opens accounts. Nobody signs in before the letter that goes to the address was answered."""

    def __init__(self, database: Database, accounts: Accounts, pseudonyms: Pseudonyms, outbox: Outbox) -> None:
        self._database = database
        self._accounts = accounts
        self._pseudonyms = pseudonyms
        self._outbox = outbox

    async def register(self, email: str, password: str, display_name: str, lang: str) -> None:
        """Open a reader's account and send the link that confirms its address.

        A known address gets a letter that says so; the caller cannot tell the difference. Raises Unprocessable for a
        password that is easy to guess, Unavailable when too many wait.
        """
        password_hash = await self._accounts.hash_strong(password, email, display_name)
        now = datetime.now(UTC)
        account = Account(uuid4(), email, display_name, Role.READER, 1, now, None)
        async with self._database.transaction() as connection:
            added = await repo.insert(connection, account, password_hash, lang)
            holder = await repo.pending(connection, email)
            if holder is not None and holder.verified:
                await self._outbox.post(connection, Kind.KNOWN, email, holder.lang, now)
            elif holder is not None:
                link = Link(holder.id, email, password_hash, display_name)
                await self._send_link(connection, link, lang, now)
            action = Action.REGISTERED if added else Action.REGISTERED_AGAIN
            event = Event(action, subject=account.id if added else None, pseudonym=self._pseudonyms.of(email))
            await audit.append(connection, event, now)

    async def confirm(self, token: str) -> None:
        """Make the account one that can be signed in with. Raises LinkRefused.

        The password and name are those of the registration that the letter belongs to. So nobody who registers
        another's address, before or after its owner does, comes into an account that the owner confirms.
        """
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            link = await links.use(connection, token, Purpose.VERIFY, now)
            if not await repo.confirm(connection, link.account_id, link.password_hash, link.display_name, now):
                raise LinkRefused(LINK_REFUSED)
            await links.delete(connection, link.account_id, [Purpose.VERIFY, Purpose.RESET])
            await audit.append(connection, Event(Action.VERIFIED, link.account_id, link.account_id), now)

    async def keep(self) -> None:
        """Forget the old, again and again; runs until it is cancelled."""
        while True:
            try:
                await self.forget_old()
            except PlatformError as error:
                _log.warning("old_accounts_stay", error=type(error).__name__)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def forget_old(self) -> None:
        """Forget what was never confirmed, what was deleted, and old links."""
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            await links.forget(connection, now)
            await repo.forget(connection, unconfirmed=now - UNCONFIRMED_LIFE, deleted=now - DELETED_LIFE)

    async def _send_link(self, connection: Connection, link: Link, lang: str, now: datetime) -> None:
        token = new_token()
        until = await links.insert(connection, token, Purpose.VERIFY, link, now)
        await self._outbox.post(
            connection, Kind.VERIFY, link.email, lang, now, path=path_of(Purpose.VERIFY, token), until=until
        )
