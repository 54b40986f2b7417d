"""Changing roles."""

from datetime import UTC, datetime
from uuid import UUID

from services.auth.accounts import repo as accounts_repo
from services.auth.accounts.domain import Account
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.roles import repo
from services.auth.roles.domain import AccountNotFound, check_change
from services.auth.sessions import repo as sessions_repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import SessionKind
from shared.db import Connection, Database
from shared.errors import Forbidden
from shared.permissions import Permission, Role, permissions_of


class Roles:
    """The verbs on roles."""

    def __init__(self, database: Database, announcements: Announcements) -> None:
        self._database = database
        self._announcements = announcements

    async def change(self, actor: UUID, account_id: UUID, role: Role) -> Account:
        """Give an account a role, at once: older access tokens are refused and its browsers sign in anew.

        Raises AccountNotFound, LastAdministrator, Forbidden when the actor lost the right meanwhile, and Unavailable
        when the change is saved but cannot be announced yet.
        """
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            await repo.lock(connection)
            await _check_actor(connection, actor)
            account = await repo.hold_account(connection, account_id)
            if account is None:
                raise AccountNotFound("There is no such account.")
            if account.role is role:
                return account
            check_change(account.role, role, await repo.count_administrators(connection))
            changed = await repo.change_role(connection, account_id, role, now)
            ended = await sessions_repo.end_of_account(connection, account_id, [SessionKind.BROWSER], now)
            detail = {"from": account.role.value, "to": role.value}
            await audit.append(connection, Event(Action.ROLE_CHANGED, actor, account_id, detail=detail), now)
        await self._announcements.announce(ended, [(changed.id, changed.epoch)])
        return changed


async def _check_actor(connection: Connection, actor: UUID) -> None:
    # The token may be a moment older than the loss of the role; here nobody changes roles meanwhile.
    account = await accounts_repo.get(connection, actor)
    may = account is not None and account.disabled_at is None
    if account is None or not may or Permission.MANAGE_ACCOUNTS not in permissions_of(account.role):
        raise Forbidden(f"This needs the permission {Permission.MANAGE_ACCOUNTS.value}.")
