"""The key ring: makes, loads and rotates signing keys, and signs access tokens."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.auth.audit import repo as audit
from services.auth.audit.domain import Action, Event
from services.auth.tokens import repo
from services.auth.tokens.domain import (
    RETIRE_AFTER,
    KeyState,
    Seal,
    SealBroken,
    SigningKey,
    TooEarly,
    UnknownKey,
    is_due,
    make_key,
    may_sign_from,
    public_jwk,
)
from shared.db import Connection, Database
from shared.errors import PlatformError
from shared.identity import Identity
from shared.log import get_logger
from shared.settings import BadSettings
from shared.tokens import sign_access_token

RELOAD_SECONDS = 1.0
"""After so long a replica signs with the keys that another one, or a command, chose."""
_NEVER = timedelta(0)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Ring:
    kid: str
    private: Ed25519PrivateKey
    jwks: dict[str, list[dict[str, str]]]
    states: dict[str, KeyState]


class KeyRing:
    """Signs with the active key. Several replicas share the keys; each looks at them again every RELOAD_SECONDS, and
    one of them rotates when the active key is older than `every`."""

    def __init__(self, database: Database, seal: Seal, issuer: str, every: timedelta = _NEVER) -> None:
        self._database = database
        self._seal = seal
        self._issuer = issuer
        self._every = every
        self._ring: _Ring | None = None

    async def load(self) -> None:
        """Read the keys, and make the first ones when there are none. Raises BadSettings when they cannot be opened."""
        async with self._database.transaction() as connection:
            await repo.lock(connection)
            keys = await self._complete(connection, await repo.all_keys(connection), datetime.now(UTC))
        self._use(keys)

    async def rotate(self, *, only_if_due: bool = False) -> str:
        """`next` becomes active, the active key retires, keys that retired long enough ago go, a new `next` is made.

        The id of the key that signs now. Raises TooEarly when `next` was published only a moment ago.
        """
        await self.load()
        async with self._database.transaction() as connection:
            await repo.lock(connection)
            now = datetime.now(UTC)
            keys = await repo.all_keys(connection)
            by_state = {key.state: key for key in keys}
            if only_if_due and not is_due(keys, self._every, now):
                return by_state[KeyState.ACTIVE].kid  # another replica was first
            if may_sign_from(keys) > now:
                raise TooEarly(may_sign_from(keys))
            await repo.delete_retired(connection, now - RETIRE_AFTER)
            await repo.change_state(connection, by_state[KeyState.ACTIVE].kid, KeyState.RETIRING, now)
            keys = await self._promote(connection, now)
            detail = {"kid": by_state[KeyState.NEXT].kid}
            await audit.append(connection, Event(Action.SIGNING_KEY_ROTATED, detail=detail), now)
        self._use(keys)
        return by_state[KeyState.NEXT].kid

    async def drop(self, kid: str) -> None:
        """Refuse from now on whatever this key signed or will sign; another takes its place. Raises UnknownKey.

        The caller has yet to announce it (see `domain.revoked_name`).
        """
        async with self._database.transaction() as connection:
            await repo.lock(connection)
            now = datetime.now(UTC)
            states = {key.kid: key.state for key in await repo.all_keys(connection)}
            if states.get(kid, KeyState.DROPPED) is KeyState.DROPPED:
                raise UnknownKey(kid)
            await repo.change_state(connection, kid, KeyState.DROPPED, now)
            keys = await self._promote(connection, now)
            await audit.append(connection, Event(Action.SIGNING_KEY_DROPPED, detail={"kid": kid}), now)
        self._use(keys)

    async def keys(self) -> Sequence[SigningKey]:
        """All keys, oldest first."""
        async with self._database.connection() as connection:
            return await repo.all_keys(connection)

    async def follow(self) -> None:
        """Keep up with what is decided elsewhere, and rotate when it is time; runs until it is cancelled."""
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            try:
                await self._keep_up()
            except (PlatformError, BadSettings, TooEarly) as error:
                _log.warning("keys_not_reloaded", error=type(error).__name__)

    def sign(self, identity: Identity) -> str:
        """An access token for `identity`."""
        ring = self._loaded()
        return sign_access_token(identity, key=ring.private, kid=ring.kid, issuer=self._issuer)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, as RFC 7517 has them."""
        return self._loaded().jwks

    async def _keep_up(self) -> None:
        keys = await self.keys()
        now = datetime.now(UTC)
        if is_due(keys, self._every, now):
            kid = await self.rotate(only_if_due=True)
            _log.info("signing_key_rotated", kid=kid)
        elif _states(keys) != self._loaded().states:
            await self.load()
        elif any(_is_over(key, now) for key in keys):
            async with self._database.connection() as connection:
                await repo.delete_retired(connection, now - RETIRE_AFTER)

    async def _promote(self, connection: Connection, now: datetime) -> list[SigningKey]:
        """Where no key is active the next one becomes so; the keys as they are then, with all that there must be."""
        by_state = {key.state: key for key in await repo.all_keys(connection)}
        if KeyState.ACTIVE not in by_state and KeyState.NEXT in by_state:
            await repo.change_state(connection, by_state[KeyState.NEXT].kid, KeyState.ACTIVE, now)
        return await self._complete(connection, await repo.all_keys(connection), now)

    async def _complete(self, connection: Connection, keys: list[SigningKey], now: datetime) -> list[SigningKey]:
        states = {key.state for key in keys}
        made = [make_key(self._seal, s, now) for s in (KeyState.ACTIVE, KeyState.NEXT) if s not in states]
        for key in made:
            await repo.insert(connection, key)
        return keys + made

    def _use(self, keys: Sequence[SigningKey]) -> None:
        active = next(key for key in keys if key.state is KeyState.ACTIVE)
        try:
            private = self._seal.open(active.sealed, active.kid)
        except SealBroken as error:
            raise BadSettings(f"KEY_ENCRYPTION_KEY: does not open the {error} in the database") from None
        shown = sorted(
            (key for key in keys if key.state is not KeyState.DROPPED), key=lambda key: (key.created_at, key.kid)
        )
        self._ring = _Ring(active.kid, private, {"keys": [public_jwk(key) for key in shown]}, _states(keys))

    def _loaded(self) -> _Ring:
        if self._ring is None:
            raise RuntimeError("the key ring is used before load()")
        return self._ring


def _states(keys: Sequence[SigningKey]) -> dict[str, KeyState]:
    return {key.kid: key.state for key in keys}


def _is_over(key: SigningKey, now: datetime) -> bool:
    return key.state in (KeyState.RETIRING, KeyState.DROPPED) and key.state_changed_at < now - RETIRE_AFTER
