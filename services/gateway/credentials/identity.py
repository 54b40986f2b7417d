"""Who is calling: verifies access tokens and asks whether they were revoked."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.gateway.credentials.jwks import KeySet
from services.gateway.store import Store, StoreAway
from shared.contracts.sessions import ANNOUNCED_KEY, EPOCH_PREFIX, REVOKED_SID_PREFIX
from shared.errors import PlatformError, Unauthenticated, Unavailable
from shared.identity import Identity
from shared.tokens import verify_access_token

_SCHEME = "bearer"
_UNASKED_SECONDS = 0.25
"""For so long a revocation may go unnoticed: Redis is asked for each token once in this time, not for each request."""
_EARLY_SECONDS = 0.125
_MOST_KNOWN = 4096


@dataclass(slots=True)
class _Good:
    """A token that was found good."""

    identity: Identity
    expires: float
    """Unix seconds."""
    key_set: Mapping[str, Ed25519PublicKey]
    """The keys it was verified with."""
    good_until: float = 0.0
    """Monotonic seconds; then Redis is to be asked again whether it was revoked."""
    is_asked_for: bool = False
    """Whether Redis is being asked."""


class Authenticator:
    """Turns an Authorization header into an identity."""

    def __init__(self, keys: KeySet, store: Store, issuer: str) -> None:
        self._keys = keys
        self._store = store
        self._issuer = issuer
        self._good: dict[str, _Good] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def known(self, authorization: str) -> Identity | None:
        """The caller, if just this was found good a moment ago: the token has not expired, its key still stands, and
        within the last quarter of a second Redis knew of no revocation. None while Redis is away."""
        found = self._good.get(authorization)
        if found is None or self._store.is_away or not self._keys.stands(found.key_set):
            return None
        now = time.monotonic()
        if now >= found.good_until or time.time() >= found.expires:
            return None
        if now >= found.good_until - _EARLY_SECONDS and not found.is_asked_for:
            self._ask_early(authorization, found)
        return found.identity

    def _ask_early(self, authorization: str, found: "_Good") -> None:
        """Ask anew before the busy ones of a token all have to wait for it."""
        found.is_asked_for = True
        task = asyncio.create_task(self._confirm(authorization, found))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _confirm(self, authorization: str, found: "_Good") -> None:
        asked_at = time.monotonic()
        try:
            await self._check_revocation(found.identity)
            found.good_until = asked_at + _UNASKED_SECONDS
        except PlatformError:
            self._good.pop(authorization, None)  # the next one asks, and is told why
        finally:
            found.is_asked_for = False

    async def identify(self, authorization: str) -> Identity:
        """The caller. Raises Unauthenticated for anything wrong with the credentials, and Unavailable when they cannot
        be checked: keys never fetched, or Redis away, since a revoked token must not pass meanwhile."""
        scheme, _, token = authorization.strip().partition(" ")
        token = token.strip()
        if scheme.lower() != _SCHEME or not token or not token.isascii():
            raise Unauthenticated("Only bearer tokens are accepted: 'Authorization: Bearer <access token>'.")
        found = self._good.get(authorization)
        if found is None or not self._keys.stands(found.key_set) or time.time() >= found.expires:
            found = await self._verify(token)
        asked_at = time.monotonic()
        await self._check_revocation(found.identity)
        found.good_until = asked_at + _UNASKED_SECONDS
        if len(self._good) >= _MOST_KNOWN:
            self._good.clear()  # nearly all of it has expired by then
        self._good[authorization] = found
        return found.identity

    async def _verify(self, token: str) -> "_Good":
        for keys in (self._keys.current, self._keys.refresh):
            try:
                key_set = await keys()
                identity, expires = verify_access_token(token, keys=key_set, issuer=self._issuer)
            except KeyError:
                continue
            if identity.is_anonymous or not identity.sid:
                raise Unauthenticated("The access token names no session.")  # it could not be revoked
            return _Good(identity, expires, key_set)
        raise Unauthenticated("The access token is signed with an unknown key.")

    async def _check_revocation(self, identity: Identity) -> None:
        names = [ANNOUNCED_KEY, f"{REVOKED_SID_PREFIX}{identity.sid}", f"{EPOCH_PREFIX}{identity.subject}"]
        try:
            announced, revoked, epoch = await self._store.run(lambda: self._store.redis.mget(names))
        except StoreAway:
            raise Unavailable("Access tokens cannot be checked at the moment.", retry_after=2) from None
        if announced is None:
            raise Unavailable("Access tokens cannot be checked at the moment.", retry_after=2)
        if revoked is not None:
            raise Unauthenticated("The session of this access token has ended.")
        if epoch is not None and identity.epoch < int(epoch):
            raise Unauthenticated("The access token is outdated; get a new one.")
