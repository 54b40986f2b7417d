"""Making, listing and revoking API keys, and telling the gateway whose they are."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.auth.apikeys import repo
from services.auth.apikeys.domain import KEEP_DEAD, ApiKey, KeyNotFound, TooManyKeys, check_days, check_scopes
from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.sessions.announcements import Announcements
from services.auth.settings import AuthSettings
from shared.api_keys import HINT_CHARACTERS, hash_of, new_api_key
from shared.contracts.introspection import Introspection
from shared.db import Database
from shared.errors import PlatformError, Unauthenticated
from shared.log import get_logger
from shared.permissions import Permission, permissions_of

WRITE_SECONDS = 5.0
"""So often it is written when keys were last used."""
SWEEP_SECONDS = 3600.0
_NOT_ACTIVE = Introspection(active=False)
_log = get_logger(__name__)


class ApiKeys:
    """The verbs on API keys. `keep` runs beside it for as long as the service does."""

    def __init__(self, database: Database, announcements: Announcements, settings: AuthSettings) -> None:
        self._database = database
        self._announcements = announcements
        self._most = settings.api_keys_per_account
        self._most_days = settings.api_key_days
        self._uses: dict[UUID, datetime] = {}
        self._sweep_at = 0.0
        announcements.repeat_too(repo.recently_revoked)

    async def make(
        self, account_id: UUID, name: str, scopes: Sequence[Permission], days: int, held: frozenset[Permission]
    ) -> tuple[str, ApiKey]:
        """A new key, said only this once, and what is kept of it. `held` is what its maker may do.

        Raises Unprocessable for a scope beyond that or too long a life, TooManyKeys, Unauthenticated when the account
        has ended.
        """
        life = check_days(days, self._most_days)
        now = datetime.now(UTC)
        text = new_api_key()
        async with self._database.transaction() as connection:
            role = await repo.hold_owner(connection, account_id)
            if role is None:
                raise Unauthenticated("This account has ended.")
            granted = check_scopes(scopes, held & permissions_of(role))
            if await repo.count_living(connection, account_id, now) >= self._most:
                raise TooManyKeys(f"There are as many keys as an account may have: {self._most}")
            key = ApiKey(uuid4(), account_id, name, text[:HINT_CHARACTERS], granted, "", now, now + life)
            await repo.insert(connection, key, hash_of(text))
            detail = {"key": str(key.id), "scopes": " ".join(granted)}
            await audit.append(connection, Event(Action.KEY_MADE, account_id, account_id, detail=detail), now)
        return text, key

    async def of_account(self, account_id: UUID) -> list[ApiKey]:
        """An account's keys, newest first."""
        async with self._database.connection() as connection:
            return await repo.of_account(connection, account_id)

    async def revoke(self, actor: UUID, account_id: UUID, key_id: UUID) -> None:
        """End a key of an account, within a second everywhere; once more is no error.

        Raises KeyNotFound, and Unavailable when it is revoked but cannot be announced yet.
        """
        now = datetime.now(UTC)
        self._announcements.owe()
        async with self._database.transaction() as connection:
            found = await repo.revoke(connection, key_id, account_id, now)
            if found is None:
                raise KeyNotFound("There is no such key.")
            if found[1]:
                detail = {"key": str(key_id)}
                await audit.append(connection, Event(Action.KEY_REVOKED, actor, account_id, detail=detail), now)
        await self._announcements.announce_names([repo.revoked_name(key_id)])

    async def introspect(self, key_hash: bytes) -> Introspection:
        """Whose key this is and what it may do at this moment; asking counts as its use."""
        now = datetime.now(UTC)
        async with self._database.connection() as connection:
            found = await repo.in_use(connection, key_hash, now)
        if found is None:
            return _NOT_ACTIVE
        key = found.key
        self._uses[key.id] = now
        return Introspection(
            active=True,
            sub=str(key.account_id),
            role=found.role,
            scope=" ".join(key.scopes),
            areas=found.areas,
            epoch=found.epoch,
            exp=key.expires_at.timestamp(),
            key=str(key.id),
            plan=found.account_plan,
            key_plan=key.plan,
        )

    async def keep(self) -> None:
        """Write when keys were used, and forget dead ones; runs until it is cancelled."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            try:
                await self.write_uses()
                await self._sweep()
            except PlatformError as error:
                _log.warning("key_uses_not_written", error=type(error).__name__)

    async def close(self) -> None:
        """Write what is left to write, if that can be done now."""
        with contextlib.suppress(PlatformError):
            await self.write_uses()

    async def write_uses(self) -> None:
        """Write what was noted since the last time; what cannot be written waits."""
        uses = self._uses
        if not uses:
            return
        self._uses = {}
        try:
            async with self._database.connection() as connection:
                await repo.note_uses(connection, uses)
        except PlatformError:
            self._uses = uses | self._uses
            raise

    async def _sweep(self) -> None:
        if time.monotonic() < self._sweep_at:
            return
        self._sweep_at = time.monotonic() + SWEEP_SECONDS
        async with self._database.connection() as connection:
            await repo.delete_dead(connection, datetime.now(UTC) - KEEP_DEAD)
