"""Registering, recognising and listing accounts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.auth.accounts import repo
from services.auth.accounts.domain import Account, Wanted, normalise_email, strength_context
from services.auth.accounts.passwords import Passwords
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event, Pseudonyms
from shared.db import Database
from shared.errors import FieldError, Unauthenticated, Unprocessable
from shared.paging import Position
from shared.permissions import Role

WRONG_CREDENTIALS = "E-mail or password is wrong."


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A page of accounts, and whether there are more on either side."""

    items: list[Account]
    has_next: bool
    has_previous: bool


class Accounts:
    """The verbs on accounts."""

    def __init__(self, database: Database, passwords: Passwords, pseudonyms: Pseudonyms) -> None:
        self._database = database
        self._passwords = passwords
        self._pseudonyms = pseudonyms

    async def register(self, email: str, password: str, display_name: str) -> None:
        """Open a reader's account. A known address is left as it is, and the caller cannot tell the difference.

        Raises Unprocessable for a password that is easy to guess, Unavailable when too many wait.
        """
        password_hash = await self.hash_strong(password, email, display_name)
        now = datetime.now(UTC)
        account = Account(uuid4(), email, display_name, Role.READER, 1, now, None)
        async with self._database.transaction() as connection:
            added = await repo.insert(connection, account, password_hash)
            action = Action.REGISTERED if added else Action.REGISTERED_AGAIN
            event = Event(action, subject=account.id if added else None, pseudonym=self._pseudonyms.of(email))
            await audit.append(connection, event, now)

    async def hash_strong(self, password: str, email: str, display_name: str) -> str:
        """The hash of a new password; raises Unprocessable when it is easy to guess."""
        weakness = await self._passwords.weakness(password, strength_context(email, display_name))
        if weakness:
            raise Unprocessable("Some fields are not valid.", errors=(FieldError(weakness, "#/password"),))
        return await self._passwords.hash(password)

    async def authenticate(self, email: str, password: str) -> Account:
        """The account that may sign in with these; raises Unauthenticated, alike for every reason, after equal work."""
        email = normalise_email(email)
        async with self._database.connection() as connection:
            known = await repo.credentials(connection, email)
        verdict = await self._passwords.verify(password, known.password_hash if known else None)
        if known is None or not verdict.matches or known.account.disabled_at is not None:
            await self._record_failure(email, known.account.id if known else None)
            raise Unauthenticated(WRONG_CREDENTIALS)
        if verdict.outdated:
            renewed = await self._passwords.hash(password)
            async with self._database.connection() as connection:
                await repo.replace_password_hash(connection, known.account.id, known.password_hash, renewed)
        return known.account

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
