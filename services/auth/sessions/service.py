"""Signing in, staying signed in, and signing out."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from services.auth.accounts import repo as accounts_repo
from services.auth.accounts.domain import Account
from services.auth.accounts.service import WRONG_CREDENTIALS
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.factors.checking import FactorChecks
from services.auth.sessions import repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import (
    ABSOLUTE,
    CACHE_SECONDS,
    IDLE,
    Client,
    EndedSession,
    Method,
    Session,
    SessionKind,
    hash_secret,
    new_session_id,
    scope_of,
)
from services.auth.sessions.issuing import Issuer, TokenPair
from services.auth.tokens.service import KeyRing
from shared.contracts.sessions import BrowserSession
from shared.db import Connection, Database
from shared.errors import ReauthenticationRequired, Unauthenticated, Unavailable
from shared.identity import Identity
from shared.permissions import Role

SESSION_ENDED = "This session has ended. Sign in again."
NOT_RECENT = "Show again who you are before you change this."
NO_SECOND_FACTOR = "Show your second factor before you change this."


class Sessions:
    """The verbs on sessions."""

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        announcements: Announcements,
        checks: FactorChecks,
        two_factor_roles: frozenset[Role],
    ) -> None:
        self._database = database
        self._checks = checks
        self._announcements = announcements
        self._two_factor_roles = two_factor_roles
        self._issuer = Issuer(database, keys, announcements, two_factor_roles)

    async def open_api(self, account: Account, client: Client, methods: Collection[Method]) -> TokenPair:
        """The tokens of a new session of an account whose owner was recognised by `methods`.

        Raises Unauthenticated when the account was disabled meanwhile, Unavailable when it was changed.
        """
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            session = await self._open(connection, account, SessionKind.API, client, methods, now)
            return await self._issuer.issue(connection, session, now)

    async def open_browser(
        self, account: Account, client: Client, methods: Collection[Method]
    ) -> tuple[str, BrowserSession]:
        """The id of a new browser session, said only this once, and what is known of it; as `open_api`."""
        now = datetime.now(UTC)
        session_id = new_session_id()
        id_hash = hash_secret(session_id)
        async with self._database.transaction() as connection:
            session = await self._open(connection, account, SessionKind.BROWSER, client, methods, now, id_hash)
        return session_id, await self.remember(id_hash, session, now)

    async def resolve(self, id_hash: bytes) -> BrowserSession | None:
        """The living session of a browser, which thereby counts as used; None when there is none."""
        now = datetime.now(UTC)
        async with self._database.connection() as connection:
            session = await repo.resolve_browser(connection, id_hash, now, now - IDLE)
        return None if session is None else await self.remember(id_hash, session, now)

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

    async def end_all(
        self, account_id: UUID, except_sid: UUID | None, connection: Connection, now: datetime
    ) -> list[EndedSession]:
        """End an account's sessions but one, in the caller's transaction.

        Call `Announcements.owe` before it, and `announce` what this returned once it is committed.
        """
        return await repo.end_others(connection, account_id, except_sid, now)

    def access_token(self, session: Session) -> str:
        """An access token of an API client's session."""
        return self._issuer.access_token(session)

    async def refresh(self, token: str) -> TokenPair:
        """The next tokens of the family. Using a token twice ends the family; raises Unauthenticated."""
        return await self._issuer.refresh(token)

    async def who(self, identity: Identity) -> Account:
        """The caller's account as it is now; raises Unauthenticated when its session or the account has ended."""
        if identity.sid:
            return (await self.living(identity)).account
        async with self._database.connection() as connection:
            account = await accounts_repo.get(connection, _uuid(identity.subject))
        if account is None or account.disabled_at is not None:
            raise Unauthenticated(SESSION_ENDED)
        return account

    async def require_recent(self, identity: Identity) -> Session:
        """The caller's session, if who they are was shown in the last ten minutes: for sensitive changes.

        Raises Unauthenticated when it has ended, ReauthenticationRequired otherwise, also for what is no session.
        """
        try:
            UUID(identity.sid)
        except ValueError:
            raise ReauthenticationRequired("This needs a session of somebody who signed in.") from None
        session = await self.living(identity)
        if not session.is_recent(datetime.now(UTC)):
            raise ReauthenticationRequired(NOT_RECENT)
        if not session.has_second_factor:
            async with self._database.connection() as connection:
                if await self._checks.asks_for_more(connection, session.account.id):
                    raise ReauthenticationRequired(NO_SECOND_FACTOR)
        return session

    async def living(self, identity: Identity) -> Session:
        """The caller's session; raises Unauthenticated when it has ended."""
        async with self._database.connection() as connection:
            session = await repo.get(connection, _uuid(identity.sid))
        usable = session is not None and session.usable(datetime.now(UTC))
        if session is None or not usable or str(session.account.id) != identity.subject:
            raise Unauthenticated(SESSION_ENDED)
        return session

    async def _open(
        self,
        connection: Connection,
        verified: Account,
        kind: SessionKind,
        client: Client,
        methods: Collection[Method],
        now: datetime,
        id_hash: bytes | None = None,
    ) -> Session:
        account = await accounts_repo.hold_open(connection, verified.id)
        if account is None:
            raise Unauthenticated(WRONG_CREDENTIALS)
        if account.epoch != verified.epoch:
            # Role or password changed since the password was checked, a moment ago.
            raise Unavailable("The account was being changed. Sign in again.", retry_after=1)
        session = Session(uuid4(), account, kind, now + ABSOLUTE[kind], now, frozenset(methods))
        await repo.insert(connection, session, client, now, id_hash=id_hash)
        detail = {"kind": kind.value, "methods": " ".join(sorted(session.methods))}
        event = Event(Action.SIGNED_IN, account.id, account.id, session.sid, detail=detail)
        await audit.append(connection, event, now)
        return session

    async def remember(self, id_hash: bytes, session: Session, now: datetime) -> BrowserSession:
        """What others may know of a browser's session, cached for them."""
        account = session.account
        known = BrowserSession(
            sid=str(session.sid),
            subject=str(account.id),
            email=account.email,
            display_name=account.display_name,
            role=account.role,
            scope=scope_of(session, self._two_factor_roles),
            areas=account.areas,
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
