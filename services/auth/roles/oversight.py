"""An account's sessions, for administrators: which there are, and ending them."""

from datetime import UTC, datetime
from uuid import UUID

from services.auth.accounts import repo as accounts_repo
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.roles.domain import AccountNotFound
from services.auth.roles.service import check_actor
from services.auth.sessions import repo as sessions_repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import IDLE, EndedSession, ListedSession, SessionNotFound
from shared.db import Connection, Database


class Oversight:
    """What an administrator sees and ends of others' sessions. Ending raises Unavailable when Redis is away."""

    def __init__(self, database: Database, announcements: Announcements) -> None:
        self._database = database
        self._announcements = announcements

    async def sessions(self, account_id: UUID) -> list[ListedSession]:
        """The living ones, the one used last first; raises AccountNotFound."""
        now = datetime.now(UTC)
        async with self._database.connection() as connection:
            await _require_account(connection, account_id)
            return await sessions_repo.living_of(connection, account_id, now, now - IDLE)

    async def end_session(self, actor: UUID, account_id: UUID, sid: UUID) -> None:
        """End one; once more is no error. Raises AccountNotFound, SessionNotFound, Forbidden."""
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            await check_actor(connection, actor)
            await _require_account(connection, account_id)
            ended, now_ended = await sessions_repo.end(connection, sid, account_id, now)
            if ended is None:
                raise SessionNotFound("There is no such session.")
            await _record(connection, actor, account_id, [ended] if now_ended else [], now)
        await self._announcements.announce([ended])

    async def end_sessions(self, actor: UUID, account_id: UUID) -> None:
        """End all; raises AccountNotFound, Forbidden."""
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            await check_actor(connection, actor)
            await _require_account(connection, account_id)
            ended = await sessions_repo.end_others(connection, account_id, None, now)
            await _record(connection, actor, account_id, ended, now)
        await self._announcements.announce(ended)


async def _require_account(connection: Connection, account_id: UUID) -> None:
    if await accounts_repo.get(connection, account_id) is None:
        raise AccountNotFound("There is no such account.")


async def _record(
    connection: Connection, actor: UUID, account_id: UUID, ended: list[EndedSession], now: datetime
) -> None:
    for session in ended:
        await audit.append(connection, Event(Action.SESSION_ENDED, actor, account_id, session.sid), now)
