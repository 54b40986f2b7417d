"""Enrolling and removing second factors."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.auth.accounts import repo as accounts_repo
from services.auth.accounts.domain import Account
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.factors import repo
from services.auth.factors.checking import OVER, FactorChecks, begun, new_challenge
from services.auth.factors.domain import (
    MOST_PASSKEYS,
    App,
    Ceremony,
    CeremonyOver,
    FactorNotFound,
    Held,
    Passkey,
    Purpose,
    check_removal,
    matching_step,
    new_recovery_codes,
    new_totp_secret,
    passkey_name,
    read_recovery_code,
    totp_uri,
)
from services.auth.mail.domain import Kind
from services.auth.mail.outbox import Outbox
from services.auth.sessions import repo as sessions_repo
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.domain import EndedSession, Method, Session
from shared.db import Connection, Database
from shared.errors import Conflict, FieldError, Forbidden, NotFound, Unavailable, Unprocessable
from shared.permissions import Permission, Role, permissions_of

_Add = Callable[[Connection, Held], Awaitable[None]]
_Remove = Callable[[Connection, Account], Awaitable[bool]]


class Factors:
    """The verbs on second factors. Whoever calls them has seen to it that the session is recent."""

    def __init__(
        self,
        database: Database,
        checks: FactorChecks,
        announcements: Announcements,
        two_factor_roles: frozenset[Role],
        outbox: Outbox,
    ) -> None:
        self._database = database
        self._checks = checks
        self._announcements = announcements
        self._two_factor_roles = two_factor_roles
        self._outbox = outbox

    async def held(self, account_id: UUID) -> Held:
        """What the account has."""
        async with self._database.connection() as connection:
            return await repo.held(connection, account_id)

    @property
    def passkeys_possible(self) -> bool:
        """Whether browsers have passkeys for this platform's address."""
        return self._checks.relying.is_possible

    def is_required(self, role: Role) -> bool:
        """Whether this role's permissions wait for a second factor."""
        return role in self._two_factor_roles

    async def begin_app(self, session: Session) -> tuple[str, str, str]:
        """Begin to enrol an authenticator app: (the enrolment, the app's secret, the address that it scans)."""
        now = datetime.now(UTC)
        account = session.account
        secret = new_totp_secret()
        sealed = self._checks.box.close(secret, account.id)
        ceremony = begun(Purpose.TOTP, now, account_id=account.id, sid=session.sid, sealed_secret=sealed)
        async with self._database.transaction() as connection:
            enrolment = await self._checks.begin(connection, ceremony, now)
        return enrolment, secret, totp_uri(secret, account.email)

    async def confirm_app(self, session: Session, enrolment: str, code: str) -> list[str]:
        """Finish it with a code of the app: recovery codes, if the account had none.

        Raises CeremonyOver, Unprocessable for a wrong code.
        """
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            ceremony = await self._checks.attempt(connection, enrolment, Purpose.TOTP, now)
        _require_same(ceremony, session)
        secret = self._checks.box.open(ceremony.sealed_secret, session.account.id)
        step = matching_step(secret, code, now, 0)
        if step is None:
            raise Unprocessable("Some fields are not valid.", errors=(FieldError("is wrong", "#/code"),))

        async def add(connection: Connection, _: Held) -> None:
            await self._checks.finish(connection, ceremony)
            await repo.keep_app(connection, App(session.account.id, ceremony.sealed_secret, now, step))

        return await self._add(session, Method.TOTP, {"factor": "app"}, add, now)

    async def begin_passkey(self, session: Session) -> tuple[str, dict[str, Any]]:
        """Begin to add a passkey: (the enrolment, what the browser's `credentials.create` takes)."""
        now = datetime.now(UTC)
        challenge = new_challenge()
        account_id = session.account.id
        async with self._database.transaction() as connection:
            known = await repo.passkeys(connection, account_id)
            if len(known) >= MOST_PASSKEYS:
                raise Conflict(f"An account may have at most {MOST_PASSKEYS} passkeys.")
            options = self._checks.relying.creation_options(session.account, known, challenge)
            ceremony = begun(Purpose.PASSKEY, now, account_id=account_id, sid=session.sid, challenge=challenge)
            return await self._checks.begin(connection, ceremony, now), options

    async def add_passkey(
        self, session: Session, enrolment: str, name: str, credential: dict[str, Any]
    ) -> tuple[Passkey, list[str]]:
        """Finish it with the browser's answer: the passkey, and recovery codes if the account had none.

        Raises CeremonyOver, PasskeyRefused, Conflict.
        """
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            ceremony = await self._checks.take(connection, enrolment, Purpose.PASSKEY, now)
        _require_same(ceremony, session)
        new = self._checks.relying.verify_creation(credential, ceremony.challenge)
        made = Passkey(
            uuid4(), session.account.id, new.credential_id, new.public_key, new.sign_count, new.transports, name, now
        )

        async def add(connection: Connection, held: Held) -> None:
            nonlocal made
            made = replace(made, name=passkey_name({passkey.name for passkey in held.passkeys}, name))
            if len(held.passkeys) >= MOST_PASSKEYS or not await repo.insert_passkey(connection, made):
                raise Conflict("This passkey was added before, or there are too many.")

        codes = await self._add(session, Method.PASSKEY, {"factor": "passkey"}, add, now)
        return made, codes

    async def renew_recovery_codes(self, session: Session) -> list[str]:
        """New recovery codes; those before stop working. Raises Conflict where there is no factor."""
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            account = await self._hold(connection, session.account.id)
            if not (await repo.held(connection, account.id)).any:
                raise Conflict("Recovery codes stand in for a second factor, and there is none.")
            codes = await self._replace_codes(connection, account.id)
            await audit.append(connection, Event(Action.RECOVERY_CODES_MADE, account.id, account.id, session.sid), now)
        return codes

    async def remove_app(self, session: Session) -> None:
        """Remove the authenticator app; raises FactorNotFound, LastFactor."""

        async def remove(connection: Connection, account: Account) -> bool:
            return await repo.delete_app(connection, account.id)

        await self._remove(session, {"factor": "app"}, remove)

    async def remove_passkey(self, session: Session, passkey_id: UUID) -> None:
        """Remove a passkey; raises FactorNotFound, LastFactor."""

        async def remove(connection: Connection, account: Account) -> bool:
            return await repo.delete_passkey(connection, passkey_id, account.id) is not None

        await self._remove(session, {"factor": "passkey"}, remove)

    async def reset(self, actor: UUID, account_id: UUID) -> None:
        """Take all factors from somebody who lost them, and end their sessions: for administrators.

        Raises NotFound, Forbidden for one's own account or when the actor lost the right meanwhile.
        """
        if actor == account_id:
            raise Forbidden("Your own second factors are changed on your own pages.")
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            acting = await accounts_repo.get(connection, actor)
            if acting is None or Permission.MANAGE_ACCOUNTS not in permissions_of(acting.role):
                raise Forbidden(f"This needs the permission {Permission.MANAGE_ACCOUNTS.value}.")
            account = await self._hold(connection, account_id)
            await repo.delete_all(connection, account.id)
            epoch = await repo.raise_epoch(connection, account.id, now)
            ended = await sessions_repo.end_others(connection, account.id, None, now)
            await self._tell(connection, account.id, Kind.FACTOR_REMOVED, now)
            await audit.append(connection, Event(Action.FACTORS_RESET, actor, account.id), now)
        await self._announcements.announce(ended, [(account.id, epoch)])

    async def _add(
        self, session: Session, method: Method, detail: dict[str, str], add: _Add, now: datetime
    ) -> list[str]:
        """Add a factor, which was thereby shown. With the first one, sessions that were opened without it end."""
        account_id = session.account.id
        ended: Sequence[EndedSession] = ()
        self._announcements.owe()
        async with self._database.transaction() as connection:
            await self._hold(connection, account_id)
            held = await repo.held(connection, account_id)
            await add(connection, held)
            codes = [] if held.any and held.recovery_codes_left else await self._replace_codes(connection, account_id)
            await sessions_repo.prove(connection, replace(session, methods=session.methods | {method}))
            if not held.any:
                ended = await sessions_repo.end_others(connection, account_id, session.sid, now)
            await self._tell(connection, account_id, Kind.FACTOR_ADDED, now)
            await audit.append(
                connection, Event(Action.FACTOR_ADDED, account_id, account_id, session.sid, detail=detail), now
            )
        # It is added, and the codes are said only now; what cannot be announced yet follows when Redis is back.
        with contextlib.suppress(Unavailable):
            await self._announcements.announce(ended)
        return codes

    async def _remove(self, session: Session, detail: dict[str, str], remove: _Remove) -> None:
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            account = await self._hold(connection, session.account.id)
            held = await repo.held(connection, account.id)
            if not await remove(connection, account):
                raise FactorNotFound("There is no such second factor.")
            check_removal(held, is_required=self.is_required(account.role))
            if held.count <= 1:
                await repo.replace_recovery_codes(connection, account.id, ())
            await self._tell(connection, account.id, Kind.FACTOR_REMOVED, now)
            event = Event(Action.FACTOR_REMOVED, account.id, account.id, session.sid, detail=detail)
            await audit.append(connection, event, now)

    async def _tell(self, connection: Connection, account_id: UUID, kind: Kind, now: datetime) -> None:
        recipient, lang = await repo.mail_of(connection, account_id)
        await self._outbox.post(connection, kind, recipient, lang, now)

    async def _hold(self, connection: Connection, account_id: UUID) -> Account:
        account = await repo.hold_account(connection, account_id)
        if account is None:
            raise NotFound("There is no such account.")
        return account

    async def _replace_codes(self, connection: Connection, account_id: UUID) -> list[str]:
        codes = new_recovery_codes()
        hashes = [self._checks.box.hash_recovery(read_recovery_code(code) or "", account_id) for code in codes]
        await repo.replace_recovery_codes(connection, account_id, hashes)
        return codes


def _require_same(ceremony: Ceremony, session: Session) -> None:
    if (ceremony.account_id, ceremony.sid) != (session.account.id, session.sid):
        raise CeremonyOver(OVER)
