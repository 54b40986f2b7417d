"""Showing again who one is, within a session that goes on: for sensitive changes, or to add a second factor to it."""

import contextlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from services.auth.accounts.service import Accounts
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.factors import repo as factors_repo
from services.auth.factors.checking import OVER, FactorChecks, begun, new_challenge
from services.auth.factors.domain import CeremonyOver, Purpose
from services.auth.sessions import repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import IDLE, Method, Session, SessionKind, hash_secret, new_session_id
from services.auth.sessions.service import SESSION_ENDED, Sessions
from services.auth.sessions.signing_in import WRONG_CODE, Opened
from shared.db import Database
from shared.errors import Conflict, FieldError, PlatformError, Unauthenticated, Unavailable, Unprocessable
from shared.identity import Identity


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody shows: one of a password, a code, or a passkey with the challenge that it answers."""

    password: str = ""
    code: str = ""
    challenge: str = ""
    credential: dict[str, Any] | None = None


class Proving:
    """The verbs on what a session's holder has shown."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        sessions: Sessions,
        checks: FactorChecks,
        announcements: Announcements,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._sessions = sessions
        self._checks = checks
        self._announcements = announcements

    async def api(self, identity: Identity, proof: Proof) -> str:
        """Note that the caller showed again who they are: the next access token of the same session.

        Raises Unprocessable for a wrong proof, Conflict for a browser's session.
        """
        session = await self._sessions.living(identity)
        if session.kind is not SessionKind.API:
            raise Conflict("This is for sessions of API clients.")
        shown = await self._check(session, proof)
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            proven = _proven(await repo.lock(connection, session.sid), shown, now)
            await repo.prove(connection, proven)
            await audit.append(connection, _reauthenticated(proven), now)
        return self._sessions.access_token(proven)

    async def browser(self, id_hash: bytes, proof: Proof) -> Opened:
        """As `api`: the session goes on under a new id, and the one before is worth nothing."""
        session = await self._of(id_hash)
        return await self._succeed(session, await self._check(session, proof))

    async def renew(self, id_hash: bytes) -> Opened:
        """A new id for a browser's session that gained a second factor; nothing else is shown."""
        return await self._succeed(await self._of(id_hash), None)

    async def challenge(self, id_hash: bytes) -> tuple[str, dict[str, Any]]:
        """(Challenge, what the browser's `credentials.get` takes) for a passkey of the session's account."""
        now = datetime.now(UTC)
        session = await self._of(id_hash)
        challenge = new_challenge()
        async with self._database.transaction() as connection:
            known = await factors_repo.passkeys(connection, session.account.id)
            options = self._checks.relying.request_options(known, challenge, alone=False)
            ceremony = begun(
                Purpose.CHALLENGE, now, account_id=session.account.id, sid=session.sid, challenge=challenge
            )
            return await self._checks.begin(connection, ceremony, now), options

    async def _of(self, id_hash: bytes) -> Session:
        now = datetime.now(UTC)
        async with self._database.connection() as connection:
            sid = await repo.browser_sid(connection, id_hash, now - IDLE)
            session = await repo.get(connection, sid) if sid else None
        if session is None or not session.usable(now):
            raise Unauthenticated(SESSION_ENDED)
        return session

    async def _succeed(self, session: Session, shown: Method | None) -> Opened:
        now = datetime.now(UTC)
        session_id = new_session_id()
        self._announcements.owe()
        async with self._database.transaction() as connection:
            proven = replace(_proven(await repo.lock(connection, session.sid), shown, now), sid=uuid4())
            await repo.succeed_browser(connection, session.sid, proven, hash_secret(session_id), now)
            ended, _ = await repo.end(connection, session.sid, proven.account.id, now)
            if shown is not None:
                await audit.append(connection, _reauthenticated(proven), now)
        # Without Redis nothing is cached of the session before; what is to be said of it follows when Redis is back.
        with contextlib.suppress(Unavailable):
            await self._announcements.announce([ended] if ended else [])
        return session_id, await self._sessions.remember(hash_secret(session_id), proven, now)

    async def _check(self, session: Session, proof: Proof) -> Method:
        given = [name for name in ("password", "code", "credential") if getattr(proof, name)]
        if len(given) != 1:
            raise Unprocessable("Show one of password, code and credential.")
        if proof.password:
            return await self._check_password(session, proof.password)
        now = datetime.now(UTC)
        if proof.code:
            # A stolen session must not be a place to guess at leisure: codes count here as they do at sign-in.
            attempt = self._accounts.attempt(session.account.email, session.account)
            await self._accounts.lockout.begin(attempt)
            async with self._database.transaction() as connection:
                shown = await self._checks.use_code(connection, session.account.id, proof.code, now)
            if shown is None:
                await self._accounts.lockout.failed(attempt)
                raise await self._failed(session, _wrong(WRONG_CODE, "#/code"))
            await self._accounts.lockout.succeeded(attempt)
            return shown
        async with self._database.transaction() as connection:
            ceremony = await self._checks.take(connection, proof.challenge, Purpose.CHALLENGE, now)
        if ceremony.sid != session.sid:
            raise CeremonyOver(OVER)
        try:
            async with self._database.transaction() as connection:
                await self._checks.use_passkey(connection, proof.credential or {}, ceremony, now, alone=False)
        except Unprocessable as error:
            raise await self._failed(session, error) from None
        return Method.PASSKEY

    async def _check_password(self, session: Session, password: str) -> Method:
        try:
            account = await self._accounts.authenticate(session.account.email, password, known=str(session.sid))
        except Unauthenticated:
            raise _wrong("is wrong", "#/password") from None
        if account.id != session.account.id:
            raise Unauthenticated(SESSION_ENDED)  # the address went over to somebody else
        return Method.PASSWORD

    async def _failed(self, session: Session, error: PlatformError) -> PlatformError:
        event = Event(Action.SECOND_FACTOR_FAILED, session.account.id, session.account.id, session.sid)
        async with self._database.transaction() as connection:
            await audit.append(connection, event, datetime.now(UTC))
        return error


def _proven(session: Session | None, shown: Method | None, now: datetime) -> Session:
    if session is None or not session.usable(now):
        raise Unauthenticated(SESSION_ENDED)
    if shown is None:
        return session
    return replace(session, authenticated_at=now, methods=session.methods | {shown})


def _wrong(sentence: str, pointer: str) -> Unprocessable:
    return Unprocessable("Some fields are not valid.", errors=(FieldError(sentence, pointer),))


def _reauthenticated(session: Session) -> Event:
    detail = {"methods": " ".join(sorted(session.methods))}
    return Event(Action.REAUTHENTICATED, session.account.id, session.account.id, session.sid, detail=detail)
