"""Changing what accounts may do: their role, the areas they work in, and whether they may sign in at all."""

from collections.abc import Callable
from dataclasses import replace
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
from services.auth.sessions.domain import EndedSession, SessionKind
from shared.db import Connection, Database
from shared.errors import Forbidden
from shared.permissions import Permission, Role, permissions_of


class Roles:
    """The verbs on rights. Each is in force at once: tokens, keys and sessions from before are refused or renewed.

    They raise AccountNotFound, LastAdministrator, Forbidden when the actor lost the right meanwhile, and Unavailable
    when the change is saved but cannot be announced yet.
    """

    def __init__(self, database: Database, announcements: Announcements) -> None:
        self._database = database
        self._announcements = announcements

    async def read(self, account_id: UUID) -> Account:
        """An account."""
        async with self._database.connection() as connection:
            account = await accounts_repo.get(connection, account_id)
        if account is None:
            raise AccountNotFound("There is no such account.")
        return account

    async def change(self, actor: UUID, account_id: UUID, role: Role | None, areas: str | None = None) -> Account:
        """Give an account a role, areas, or both; None leaves one as it is. With the role, browsers sign in anew."""

        def wanted(account: Account) -> Account:
            return replace(
                account,
                role=account.role if role is None else role,
                areas=account.areas if areas is None else areas,
            )

        return await self._alter(actor, account_id, wanted)

    async def disable(self, actor: UUID, account_id: UUID) -> Account:
        """Keep an account from signing in, and end all its sessions; its keys are worth nothing meanwhile."""
        now = datetime.now(UTC)
        return await self._alter(actor, account_id, lambda account: replace(account, disabled_at=now))

    async def enable(self, actor: UUID, account_id: UUID) -> Account:
        """Let an account sign in again."""
        return await self._alter(actor, account_id, lambda account: replace(account, disabled_at=None))

    async def _alter(self, actor: UUID, account_id: UUID, wanted_of: Callable[[Account], Account]) -> Account:
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            await repo.lock(connection)
            await check_actor(connection, actor)
            account = await repo.hold_account(connection, account_id)
            if account is None:
                raise AccountNotFound("There is no such account.")
            wanted = wanted_of(account)
            events = _events(actor, account, wanted)
            if not events:
                return account
            check_change(account, wanted, await repo.count_administrators(connection))
            changed = await repo.change_rights(connection, wanted, now)
            ended = await _end_sessions(connection, account, wanted, now)
            for event in events:
                await audit.append(connection, event, now)
        await self._announcements.announce(ended, [(changed.id, changed.epoch)])
        return changed


def _events(actor: UUID, before: Account, after: Account) -> list[Event]:
    """What the change is, for the audit trail; empty when it is none."""
    found: list[Event] = []
    if before.role is not after.role:
        detail = {"from": before.role.value, "to": after.role.value}
        found.append(Event(Action.ROLE_CHANGED, actor, before.id, detail=detail))
    if before.areas != after.areas:
        detail = {"from": before.areas, "to": after.areas}
        found.append(Event(Action.AREAS_CHANGED, actor, before.id, detail=detail))
    if (before.disabled_at is None) != (after.disabled_at is None):
        action = Action.ENABLED if after.disabled_at is None else Action.DISABLED
        found.append(Event(action, actor, before.id))
    return found


async def _end_sessions(connection: Connection, before: Account, after: Account, now: datetime) -> list[EndedSession]:
    kinds: list[SessionKind] = []
    if after.disabled_at is not None:
        kinds = list(SessionKind)
    elif before.role is not after.role:
        kinds = [SessionKind.BROWSER]
    return await sessions_repo.end_of_account(connection, before.id, kinds, now) if kinds else []


async def check_actor(connection: Connection, actor: UUID) -> None:
    """Raise Forbidden unless the actor manages accounts at this moment."""
    # The token may be a moment older than the loss of the role; here nobody changes roles meanwhile.
    account = await accounts_repo.get(connection, actor)
    may = account is not None and account.disabled_at is None
    if account is None or not may or Permission.MANAGE_ACCOUNTS not in permissions_of(account.role):
        raise Forbidden(f"This needs the permission {Permission.MANAGE_ACCOUNTS.value}.")
