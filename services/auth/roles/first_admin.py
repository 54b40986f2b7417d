"""The first administrator: a link printed on the server's console, good once and only while there is none."""

import contextlib
from datetime import UTC, datetime
from uuid import uuid4

from services.auth.accounts.domain import Account
from services.auth.accounts.service import Accounts
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.links import repo as links
from services.auth.links.domain import Purpose
from services.auth.roles import repo
from services.auth.roles.domain import LINK_LIFE, LINK_REFUSED, AdministratorExists, LinkRefused, new_link_token
from services.auth.sessions import repo as sessions_repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import SessionKind, hash_secret
from shared.db import Database
from shared.errors import Unavailable


async def make_link(database: Database, public_url: str) -> str:
    """A fresh link; those made before stop working. Raises AdministratorExists."""
    token = new_link_token()
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        await repo.lock(connection)
        if await repo.count_administrators(connection):
            raise AdministratorExists
        await repo.replace_link(connection, hash_secret(token), now, now + LINK_LIFE)
        await audit.append(connection, Event(Action.FIRST_ADMIN_LINKED), now)
    return f"{public_url}/first-admin?token={token}"


class FirstAdmin:
    """Turns a link into an administrator."""

    def __init__(self, database: Database, accounts: Accounts, announcements: Announcements) -> None:
        self._database = database
        self._accounts = accounts
        self._announcements = announcements

    async def redeem(self, token: str, email: str, password: str, display_name: str) -> Account:
        """Open the administrator's account, or take over the one that has this address.

        Raises LinkRefused, Unprocessable for a weak password.
        """
        token_hash = hash_secret(token)
        async with self._database.connection() as connection:
            if not await repo.link_is_usable(connection, token_hash, datetime.now(UTC)):
                raise LinkRefused(LINK_REFUSED)
        password_hash = await self._accounts.hash_strong(password, email, display_name)
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            await repo.lock(connection)
            if await repo.count_administrators(connection) or not await repo.use_link(connection, token_hash, now):
                raise LinkRefused(LINK_REFUSED)
            account = await repo.make_administrator(connection, uuid4(), email, display_name, password_hash, now)
            await links.delete(connection, account.id, Purpose)
            ended = await sessions_repo.end_of_account(connection, account.id, SessionKind, now)
            await audit.append(connection, Event(Action.FIRST_ADMIN_MADE, account.id, account.id), now)
        # The account is made; whatever of its past cannot be announced now follows when Redis is back.
        with contextlib.suppress(Unavailable):
            await self._announcements.announce(ended, [(account.id, account.epoch)])
        return account
