"""The tokens of API clients: access tokens, and the families of refresh tokens behind them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.sessions import repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import (
    REFRESH_LIFE,
    EndedSession,
    Session,
    hash_secret,
    new_refresh_token,
    scope_of,
)
from services.auth.tokens.service import KeyRing
from shared.db import Connection, Database
from shared.errors import Unauthenticated, Unavailable
from shared.identity import Identity
from shared.permissions import Role, permissions_of

BAD_REFRESH_TOKEN = "The refresh token is not valid. Sign in again."  # noqa: S105 - a sentence about one


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What an API client gets. The refresh token is said only this once."""

    access_token: str
    refresh_token: str
    refresh_seconds: int


class Issuer:
    """Issues tokens for sessions. Those of `two_factor_roles` hold little until a second factor is shown."""

    def __init__(
        self, database: Database, keys: KeyRing, announcements: Announcements, two_factor_roles: frozenset[Role]
    ) -> None:
        self._database = database
        self._keys = keys
        self._announcements = announcements
        self._two_factor_roles = two_factor_roles

    def access_token(self, session: Session) -> str:
        """An access token that says all that its bearer may."""
        account = session.account
        scope = scope_of(session, self._two_factor_roles) or " ".join(sorted(permissions_of(account.role)))
        identity = Identity(
            subject=str(account.id),
            role=account.role,
            sid=str(session.sid),
            scope=scope,
            epoch=account.epoch,
            areas=account.areas,
            plan=account.plan,
        )
        return self._keys.sign(identity)

    async def issue(
        self, connection: Connection, session: Session, now: datetime, token: str | None = None
    ) -> TokenPair:
        """An access token, and the next refresh token of the session's family."""
        token = token or new_refresh_token()
        expires_at = min(now + REFRESH_LIFE, session.expires_at)
        await repo.insert_refresh_token(connection, hash_secret(token), session.sid, now, expires_at)
        return TokenPair(self.access_token(session), token, int((expires_at - now).total_seconds()))

    async def refresh(self, token: str) -> TokenPair:
        """The next tokens of the family. Using a token twice ends the family; raises Unauthenticated."""
        token_hash = hash_secret(token)
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            answer = await self._rotate(connection, token_hash, now)
        if isinstance(answer, TokenPair):
            return answer
        # Raised only here, so that the end of a family is committed.
        if answer is not None:
            try:
                await self._announcements.announce([answer])
            except Unavailable:
                raise Unauthenticated(BAD_REFRESH_TOKEN) from None
        raise Unauthenticated(BAD_REFRESH_TOKEN)

    async def _rotate(
        self, connection: Connection, token_hash: bytes, now: datetime
    ) -> TokenPair | EndedSession | None:
        """The new pair; or the session that this use ends; or None for a token that is worth nothing."""
        found = await repo.refresh_token(connection, token_hash)
        session = await repo.lock(connection, found.sid) if found else None
        token = await repo.refresh_token(connection, token_hash)
        if session is None or token is None or not session.usable(now):
            return None
        if token.used:
            account = session.account
            ended, _ = await repo.end(connection, session.sid, account.id, now)
            event = Event(Action.REFRESH_REUSED, subject=account.id, sid=session.sid)
            await audit.append(connection, event, now)
            return ended
        if token.expires_at <= now:
            return None
        successor = new_refresh_token()
        await repo.use_refresh_token(connection, token_hash, now, hash_secret(successor))
        await repo.touch(connection, session.sid, now)
        return await self.issue(connection, session, now, successor)
