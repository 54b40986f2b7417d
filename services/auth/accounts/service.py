"""Recognising and listing accounts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.auth.accounts import repo
from services.auth.accounts.domain import Account, Wanted, normalise_email, strength_context
from services.auth.accounts.passwords import Passwords
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event, Pseudonyms
from services.auth.lockout.devices import Devices
from services.auth.lockout.domain import Attempt
from services.auth.lockout.service import Lockout
from shared.db import Database
from shared.errors import FieldError, Unauthenticated, Unavailable, Unprocessable
from shared.paging import Position

WRONG_CREDENTIALS = "E-mail or password is wrong."


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A page of accounts, and whether there are more on either side."""

    items: list[Account]
    has_next: bool
    has_previous: bool


class Accounts:
    """The verbs on accounts."""

    def __init__(
        self, database: Database, passwords: Passwords, pseudonyms: Pseudonyms, lockout: Lockout, devices: Devices
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._pseudonyms = pseudonyms
        self._devices = devices
        self.lockout = lockout

    async def hash_strong(self, password: str, email: str, display_name: str, *, pointer: str = "#/password") -> str:
        """The hash of a new password; raises Unprocessable, at `pointer`, when it is easy to guess."""
        weakness = await self._passwords.weakness(password, strength_context(email, display_name))
        if weakness:
            raise Unprocessable("Some fields are not valid.", errors=(FieldError(weakness, pointer),))
        return await self._passwords.hash(password)

    async def authenticate(
        self, email: str, password: str, address: str = "", device: str = "", *, known: str = ""
    ) -> Account:
        """The account that may sign in with these.

        `address` and `device` are where the attempt comes from: the client's address and its browser's mark (see
        lockout.devices). `known` names what is known to be its owner's, such as a living session, instead of them.
        Raises Unauthenticated, alike for every reason, after equal work; TooManyRequests when it has to wait.
        """
        email = normalise_email(email)
        async with self._database.connection() as connection:
            found = await repo.credentials(connection, email)
            standing = await repo.standing(connection, email, address, datetime.now(UTC))
        account = found.account if found else None
        attempt = self.attempt(email, account, address, device, known=known or (address if standing.here else ""))
        await self.lockout.begin(attempt)
        try:
            verdict = await self._passwords.verify(password, found.password_hash if found else None)
        except Unavailable:
            await self.lockout.succeeded(attempt)  # nothing was tried
            raise
        if found is None or not verdict.matches or not standing.verified or found.account.disabled_at is not None:
            await self.lockout.failed(attempt)
            await self._record_failure(email, found.account.id if found else None)
            raise Unauthenticated(WRONG_CREDENTIALS)
        await self.lockout.succeeded(attempt)
        if verdict.outdated:
            renewed = await self._passwords.hash(password)
            async with self._database.connection() as connection:
                await repo.replace_password_hash(connection, found.account.id, found.password_hash, renewed)
        return found.account

    def attempt(
        self, email: str, account: Account | None, address: str = "", device: str = "", *, known: str = ""
    ) -> Attempt:
        """An attempt as `lockout` counts it: of a password, a code, or whatever else may be guessed."""
        known = known or (self._devices.knows(device, account.id) if account else "")
        return Attempt(self._pseudonyms.of(normalise_email(email)), address, known)

    async def hash(self, password: str) -> str:
        """The hash of a password that nobody chose, so that nobody judges it."""
        return await self._passwords.hash(password)

    async def forgive(self, email: str) -> None:
        """Forget failures to sign in, since the owner has shown who they are by mail."""
        await self.lockout.forgive(self._pseudonyms.of(normalise_email(email)))

    def mark(self, account_id: UUID, device: str = "") -> str:
        """What a browser keeps after its owner signed in with it; `device` is what it kept before."""
        return self._devices.mark(account_id, device)

    async def get(self, account_id: UUID) -> Account | None:
        """One account."""
        async with self._database.connection() as connection:
            return await repo.get(connection, account_id)

    async def page(self, position: Position | None, limit: int, wanted: Wanted) -> AccountPage:
        """The page of `wanted` after (or before) `position`, whose one value is an address; the first one without."""
        email = str(position.values[0]) if position else ""
        backwards = position.backwards if position else False
        async with self._database.connection() as connection:
            items = await repo.page(connection, email, limit + 1, wanted, backwards=backwards)
        more = len(items) > limit
        if backwards:
            return AccountPage(items[-limit:], has_next=True, has_previous=more)
        return AccountPage(items[:limit], has_next=more, has_previous=position is not None)

    async def _record_failure(self, email: str, subject: UUID | None) -> None:
        event = Event(Action.SIGN_IN_FAILED, subject=subject, pseudonym=self._pseudonyms.of(email))
        async with self._database.transaction() as connection:
            await audit.append(connection, event, datetime.now(UTC))
