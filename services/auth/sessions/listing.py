"""An account's sessions, for their owner: which there are, and ending them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.sessions import repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import IDLE, EndedSession, ListedSession, Session, SessionNotFound
from shared.db import Connection, Database


class OwnSessions:
    """What the holder of a session may see and end of all those of the account."""

    def __init__(self, database: Database, announcements: Announcements) -> None:
        self._database = database
        self._announcements = announcements

    async def all(self, account_id: UUID) -> list[ListedSession]:
        """The living ones, the one used last first."""
        now = datetime.now(UTC)
        async with self._database.connection() as connection:
            return await repo.living_of(connection, account_id, now, now - IDLE)

    async def end(self, asking: Session, sid: UUID) -> None:
        """End one; once more is no error. Raises SessionNotFound; Unavailable when Redis is away (it is ended then)."""
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            ended, now_ended = await repo.end(connection, sid, asking.account.id, now)
            if ended is None:
                raise SessionNotFound("There is no such session.")
            if now_ended:
                await _record(connection, asking, [ended], now)
        await self._announcements.announce([ended])

    async def end_all(self, asking: Session, *, but_this: bool) -> None:
        """End all, or all but the one that asks; raises Unavailable as `end` does."""
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            ended = await repo.end_others(connection, asking.account.id, asking.sid if but_this else None, now)
            await _record(connection, asking, ended, now)
        await self._announcements.announce(ended)


async def _record(connection: Connection, asking: Session, ended: Sequence[EndedSession], now: datetime) -> None:
    account_id = asking.account.id
    for session in ended:
        detail = {"by": str(asking.sid)}
        await audit.append(
            connection, Event(Action.SESSION_ENDED, account_id, account_id, session.sid, "", detail), now
        )
