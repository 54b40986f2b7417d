"""Signing in: with a password and what may have to follow it, or with a passkey alone."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.auth.accounts import repo as accounts_repo
from services.auth.accounts.domain import Account
from services.auth.accounts.service import Accounts
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.factors import repo as factors_repo
from services.auth.factors.checking import OVER, FactorChecks, begun, new_challenge
from services.auth.factors.domain import Ceremony, CeremonyOver, Held, Purpose
from services.auth.factors.passkeys import PasskeyRefused
from services.auth.sessions.domain import Client, Method
from services.auth.sessions.issuing import TokenPair
from services.auth.sessions.service import Sessions
from shared.contracts.sessions import BrowserSession
from shared.db import Database
from shared.errors import FieldError, SecondFactorRequired, Unauthenticated, Unprocessable

CODE_NEEDED = "This account has a second factor. Send its code too."
WRONG_CODE = "The code is wrong, or was used before."
Opened = tuple[str, BrowserSession]


@dataclass(frozen=True, slots=True)
class Pending:
    """The password was right; the holder of `ticket` has a few minutes and tries to show one of the factors."""

    ticket: str
    held: Held


class SigningIn:
    """The ways into a session."""

    def __init__(self, database: Database, accounts: Accounts, sessions: Sessions, checks: FactorChecks) -> None:
        self._database = database
        self._accounts = accounts
        self._sessions = sessions
        self._checks = checks

    async def api(self, email: str, password: str, code: str, client: Client) -> TokenPair:
        """Open an API client's session. Raises Unauthenticated, SecondFactorRequired when only the code is missing."""
        account = await self._accounts.authenticate(email, password, client.address, client.device)
        methods = {Method.PASSWORD}
        if await self._asks_for_more(account.id):
            if not code:
                raise SecondFactorRequired(CODE_NEEDED)
            shown = await self._try_code(account, code, client)
            if shown is None:
                raise Unauthenticated(WRONG_CODE)
            methods.add(shown)
        return await self._sessions.open_api(account, client, methods)

    async def browser(self, email: str, password: str, client: Client) -> Opened | Pending:
        """Open a browser's session, or say what has to follow the password; raises Unauthenticated."""
        account = await self._accounts.authenticate(email, password, client.address, client.device)
        return await self._first_shown(account, Method.PASSWORD, client)

    async def vouched(self, account: Account, client: Client) -> Opened | Pending:
        """The same for an account whose owner a provider has recognised."""
        return await self._first_shown(account, Method.FEDERATED, client)

    async def _first_shown(self, account: Account, method: Method, client: Client) -> Opened | Pending:
        if not await self._asks_for_more(account.id):
            return await self._sessions.open_browser(account, client, {method})
        now = datetime.now(UTC)
        shown = frozenset({method.value})
        ceremony = begun(Purpose.SIGN_IN, now, account_id=account.id, epoch=account.epoch, methods=shown)
        async with self._database.transaction() as connection:
            ticket = await self._checks.begin(connection, ceremony, now)
            return Pending(ticket, await factors_repo.held(connection, account.id))

    async def pending(self, ticket: str) -> Held:
        """What can be shown to finish the sign-in of this ticket; raises CeremonyOver."""
        async with self._database.connection() as connection:
            ceremony = await self._checks.look(connection, ticket, Purpose.SIGN_IN, datetime.now(UTC))
            return await factors_repo.held(connection, _account_id(ceremony))

    async def finish_with_code(self, ticket: str, code: str, client: Client) -> Opened:
        """Finish a browser's sign-in with a code. Raises CeremonyOver, Unprocessable for a wrong code."""
        ceremony = await self._attempt(ticket)
        async with self._database.connection() as connection:
            account = await accounts_repo.get(connection, _account_id(ceremony))
        if account is None:
            raise CeremonyOver(OVER)
        shown = await self._try_code(account, code, client)
        if shown is None:
            raise Unprocessable("Some fields are not valid.", errors=(FieldError(WRONG_CODE, "#/code"),))
        return await self._finish(ceremony, shown, client)

    async def challenge(self, ticket: str = "") -> tuple[str, dict[str, Any]]:
        """(Challenge, what the browser's `credentials.get` takes): for the account of a ticket, or for anybody's
        passkey in place of a password. Raises CeremonyOver, PasskeysImpossible."""
        now = datetime.now(UTC)
        challenge = new_challenge()
        async with self._database.transaction() as connection:
            account_id = None
            if ticket:
                account_id = _account_id(await self._checks.look(connection, ticket, Purpose.SIGN_IN, now))
            known = await factors_repo.passkeys(connection, account_id) if account_id else []
            options = self._checks.relying.request_options(known, challenge, alone=account_id is None)
            ceremony = begun(Purpose.CHALLENGE, now, account_id=account_id, challenge=challenge)
            return await self._checks.begin(connection, ceremony, now), options

    async def finish_with_passkey(
        self, ticket: str, challenge: str, credential: dict[str, Any], client: Client
    ) -> Opened:
        """Finish a browser's sign-in with a passkey. Raises CeremonyOver, PasskeyRefused."""
        ceremony = await self._attempt(ticket)
        if await self._use_passkey(challenge, credential, _account_id(ceremony)) != ceremony.account_id:
            raise PasskeyRefused
        return await self._finish(ceremony, Method.PASSKEY, client)

    async def passkey(self, challenge: str, credential: dict[str, Any], client: Client) -> Opened:
        """Open a browser's session with a passkey alone, whose holder the authenticator has verified.

        Raises CeremonyOver, PasskeyRefused.
        """
        account_id = await self._use_passkey(challenge, credential, None)
        async with self._database.connection() as connection:
            account = await accounts_repo.get(connection, account_id)
        if account is None or account.disabled_at is not None:
            raise PasskeyRefused
        return await self._sessions.open_browser(account, client, {Method.PASSKEY})

    async def _finish(self, ceremony: Ceremony, shown: Method, client: Client) -> Opened:
        async with self._database.transaction() as connection:
            await self._checks.finish(connection, ceremony)
            account = await accounts_repo.get(connection, _account_id(ceremony))
        # The password was checked at that epoch: it may have been changed since.
        if account is None or account.disabled_at is not None or account.epoch != ceremony.epoch:
            raise CeremonyOver(OVER)
        return await self._sessions.open_browser(account, client, {*map(Method, ceremony.methods), shown})

    async def _attempt(self, ticket: str) -> Ceremony:
        async with self._database.transaction() as connection:
            return await self._checks.attempt(connection, ticket, Purpose.SIGN_IN, datetime.now(UTC))

    async def _try_code(self, account: Account, code: str, client: Client) -> Method | None:
        """What the code showed; None for a wrong one, which delays the next as a wrong password does."""
        attempt = self._accounts.attempt(account.email, account, client.address, client.device)
        await self._accounts.lockout.begin(attempt)
        async with self._database.transaction() as connection:
            shown = await self._checks.use_code(connection, account.id, code, datetime.now(UTC))
        if shown is None:
            await self._accounts.lockout.failed(attempt)
            await self._failed(account.id)
        else:
            await self._accounts.lockout.succeeded(attempt)
        return shown

    async def _use_passkey(self, challenge: str, credential: dict[str, Any], account_id: UUID | None) -> UUID:
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            ceremony = await self._checks.take(connection, challenge, Purpose.CHALLENGE, now)
        if ceremony.account_id != account_id or ceremony.sid is not None:
            raise CeremonyOver(OVER)
        try:
            async with self._database.transaction() as connection:
                passkey = await self._checks.use_passkey(
                    connection, credential, ceremony, now, alone=account_id is None
                )
        except PasskeyRefused:
            await self._failed(account_id)
            raise
        return passkey.account_id

    async def _asks_for_more(self, account_id: UUID) -> bool:
        async with self._database.connection() as connection:
            return await self._checks.asks_for_more(connection, account_id)

    async def _failed(self, account_id: UUID | None) -> None:
        async with self._database.transaction() as connection:
            await audit.append(connection, Event(Action.SECOND_FACTOR_FAILED, subject=account_id), datetime.now(UTC))


def _account_id(ceremony: Ceremony) -> UUID:
    if ceremony.account_id is None:
        raise CeremonyOver(OVER)
    return ceremony.account_id
