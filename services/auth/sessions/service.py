"""Signing in, staying signed in, and signing out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from services.auth.accounts import repo as accounts_repo
from services.auth.accounts.domain import Account
from services.auth.accounts.service import WRONG_CREDENTIALS, Accounts
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.sessions import repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import (
    ABSOLUTE,
    CACHE_SECONDS,
    IDLE,
    REFRESH_LIFE,
    Client,
    EndedSession,
    Session,
    SessionKind,
    hash_secret,
    new_refresh_token,
    new_session_id,
)
from services.auth.tokens.service import KeyRing
from shared.contracts.sessions import BrowserSession
from shared.db import Connection, Database
from shared.errors import Unauthenticated, Unavailable
from shared.identity import Identity
from shared.permissions import permissions_of

BAD_REFRESH_TOKEN = "The refresh token is not valid. Sign in again."  # noqa: S105 - a sentence about one
SESSION_ENDED = "This session has ended. Sign in again."


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What an API client gets. The refresh token is said only this once."""

    access_token: str
    refresh_token: str
    refresh_seconds: int


class Sessions:
    """The verbs on sessions."""

    def __init__(self, database: Database, accounts: Accounts, keys: KeyRing, announcements: Announcements) -> None:
        self._database = database
        self._accounts = accounts
        self._keys = keys
        self._announcements = announcements

    async def sign_in_api(self, email: str, password: str, client: Client) -> TokenPair:
        """Open an API client's session; raises Unauthenticated."""
        account = await self._accounts.authenticate(email, password)
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            session = await self._open(connection, account, SessionKind.API, client, now)
            return await self._issue(connection, session, now)

    async def sign_in_browser(self, email: str, password: str, client: Client) -> tuple[str, BrowserSession]:
        """Open a browser's session: its new id and what is known of it; raises Unauthenticated."""
        account = await self._accounts.authenticate(email, password)
        now = datetime.now(UTC)
        session_id = new_session_id()
        id_hash = hash_secret(session_id)
        async with self._database.transaction() as connection:
            session = await self._open(connection, account, SessionKind.BROWSER, client, now, id_hash)
        return session_id, await self._remember(id_hash, session, now)

    async def resolve(self, id_hash: bytes) -> BrowserSession | None:
        """The living session of a browser, which thereby counts as used; None when there is none."""
        now = datetime.now(UTC)
        async with self._database.connection() as connection:
            session = await repo.resolve_browser(connection, id_hash, now, now - IDLE)
        return None if session is None else await self._remember(id_hash, session, now)

    async def end_browser(self, id_hash: bytes) -> None:
        """Sign a browser out; an unknown or ended session is no error. Raises Unavailable when Redis is away."""
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            found = await repo.end_browser(connection, id_hash, now)
            if found is None:
                return
            ended, account_id, now_ended = found
            if now_ended:
                await audit.append(connection, _signed_out(account_id, ended), now)
        await self._announcements.announce([ended])

    async def sign_out(self, identity: Identity) -> None:
        """End the caller's session; once more is no error. Raises Unavailable when Redis is away (it is ended then)."""
        sid, account_id = _uuid(identity.sid), _uuid(identity.subject)
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            ended, now_ended = await repo.end(connection, sid, account_id, now)
            if ended is None:
                raise Unauthenticated(SESSION_ENDED)
            if now_ended:
                await audit.append(connection, _signed_out(account_id, ended), now)
        await self._announcements.announce([ended])

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

    async def who(self, identity: Identity) -> Account:
        """The caller's account as it is now; raises Unauthenticated when its session or the account has ended."""
        async with self._database.connection() as connection:
            if identity.sid:
                session = await repo.get(connection, _uuid(identity.sid))
                usable = session is not None and session.usable(datetime.now(UTC))
                account = session.account if session is not None and usable else None
            else:
                account = await accounts_repo.get(connection, _uuid(identity.subject))
        if account is None or account.disabled_at is not None or str(account.id) != identity.subject:
            raise Unauthenticated(SESSION_ENDED)
        return account

    async def _open(
        self,
        connection: Connection,
        verified: Account,
        kind: SessionKind,
        client: Client,
        now: datetime,
        id_hash: bytes | None = None,
    ) -> Session:
        account = await accounts_repo.hold_open(connection, verified.id)
        if account is None:
            raise Unauthenticated(WRONG_CREDENTIALS)
        if account.epoch != verified.epoch:
            # Role or password changed since the password was checked, a moment ago.
            raise Unavailable("The account was being changed. Sign in again.", retry_after=1)
        session = Session(uuid4(), account, kind, now + ABSOLUTE[kind])
        await repo.insert(connection, session, client, now, id_hash=id_hash)
        event = Event(Action.SIGNED_IN, account.id, account.id, session.sid, detail={"kind": kind.value})
        await audit.append(connection, event, now)
        return session

    async def _issue(
        self, connection: Connection, session: Session, now: datetime, token: str | None = None
    ) -> TokenPair:
        token = token or new_refresh_token()
        expires_at = min(now + REFRESH_LIFE, session.expires_at)
        await repo.insert_refresh_token(connection, hash_secret(token), session.sid, now, expires_at)
        account = session.account
        identity = Identity(
            subject=str(account.id),
            role=account.role,
            sid=str(session.sid),
            scope=" ".join(sorted(permissions_of(account.role))),
            epoch=account.epoch,
        )
        return TokenPair(self._keys.sign(identity), token, int((expires_at - now).total_seconds()))

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
        return await self._issue(connection, session, now, successor)

    async def _remember(self, id_hash: bytes, session: Session, now: datetime) -> BrowserSession:
        account = session.account
        known = BrowserSession(
            sid=str(session.sid),
            subject=str(account.id),
            email=account.email,
            display_name=account.display_name,
            role=account.role,
            epoch=account.epoch,
            expires_at=session.expires_at.timestamp(),
        )
        left = (session.expires_at - now) // timedelta(seconds=1)
        await self._announcements.remember(id_hash, known, max(1, min(CACHE_SECONDS, left)))
        return known


def _signed_out(account_id: UUID, ended: EndedSession) -> Event:
    return Event(Action.SIGNED_OUT, account_id, account_id, ended.sid)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Unauthenticated(SESSION_ENDED) from None
