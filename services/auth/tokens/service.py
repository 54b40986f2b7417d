"""The key ring: makes, loads and rotates signing keys, and signs access tokens."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.auth.tokens import repo
from services.auth.tokens.domain import RETIRE_AFTER, KeyState, Seal, SealBroken, SigningKey, make_key, public_jwk
from shared.db import Connection, Database
from shared.errors import PlatformError
from shared.identity import Identity
from shared.log import get_logger
from shared.settings import BadSettings
from shared.tokens import sign_access_token

RELOAD_SECONDS = 30.0
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Ring:
    kid: str
    private: Ed25519PrivateKey
    jwks: dict[str, list[dict[str, str]]]


class KeyRing:
    """Signs with the active key. Several replicas share the keys; each reads them again every RELOAD_SECONDS."""

    def __init__(self, database: Database, seal: Seal, issuer: str) -> None:
        self._database = database
        self._seal = seal
        self._issuer = issuer
        self._ring: _Ring | None = None

    async def load(self) -> None:
        """Read the keys, and make the first ones when there are none. Raises BadSettings when they cannot be opened."""
        async with self._database.transaction() as connection:
            await repo.lock(connection)
            keys = await repo.all_keys(connection)
            states = {key.state for key in keys}
            now = datetime.now(UTC)
            for state in (KeyState.ACTIVE, KeyState.NEXT):
                if state not in states:
                    keys.append(await self._make(connection, state, now))
        self._use(keys)

    async def rotate(self) -> None:
        """`next` becomes active, the active key retires, keys that retired long enough ago go, a new `next` is made."""
        await self.load()
        async with self._database.transaction() as connection:
            await repo.lock(connection)
            now = datetime.now(UTC)
            await repo.delete_retired(connection, now - RETIRE_AFTER)
            by_state = {key.state: key for key in await repo.all_keys(connection)}
            await repo.change_state(connection, by_state[KeyState.ACTIVE].kid, KeyState.RETIRING, now)
            await repo.change_state(connection, by_state[KeyState.NEXT].kid, KeyState.ACTIVE, now)
            await self._make(connection, KeyState.NEXT, now)
            keys = await repo.all_keys(connection)
        self._use(keys)

    async def follow(self) -> None:
        """Keep up with rotations made elsewhere; runs until it is cancelled."""
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            try:
                await self.load()
            except (PlatformError, BadSettings) as error:
                _log.warning("keys_not_reloaded", error=type(error).__name__)

    def sign(self, identity: Identity) -> str:
        """An access token for `identity`."""
        ring = self._loaded()
        return sign_access_token(identity, key=ring.private, kid=ring.kid, issuer=self._issuer)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, as RFC 7517 has them."""
        return self._loaded().jwks

    async def _make(self, connection: Connection, state: KeyState, now: datetime) -> SigningKey:
        key = make_key(self._seal, state, now)
        await repo.insert(connection, key)
        return key

    def _use(self, keys: list[SigningKey]) -> None:
        active = next(key for key in keys if key.state is KeyState.ACTIVE)
        try:
            private = self._seal.open(active.sealed, active.kid)
        except SealBroken as error:
            raise BadSettings(f"KEY_ENCRYPTION_KEY: does not open the {error} in the database") from None
        keys = sorted(keys, key=lambda key: (key.created_at, key.kid))
        self._ring = _Ring(active.kid, private, {"keys": [public_jwk(key) for key in keys]})

    def _loaded(self) -> _Ring:
        if self._ring is None:
            raise RuntimeError("the key ring is used before load()")
        return self._ring
