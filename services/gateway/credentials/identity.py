"""Who is calling: verifies access tokens and API keys, and asks whether they were revoked."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.gateway.credentials.apikeys import ApiKeys
from services.gateway.credentials.jwks import KeySet
from services.gateway.store import Store, StoreAway
from shared.api_keys import looks_like_api_key
from shared.contracts.introspection import REVOKED_KEY_PREFIX
from shared.contracts.sessions import ANNOUNCED_KEY, EPOCH_PREFIX, REVOKED_KID_PREFIX, REVOKED_SID_PREFIX
from shared.errors import PlatformError, Unauthenticated, Unavailable
from shared.identity import Identity
from shared.tokens import key_id_of, verify_access_token

_SCHEME = "bearer"
_UNASKED_SECONDS = 0.25
"""For so long a revocation may go unnoticed: Redis is asked for each token once in this time, not for each request."""
_EARLY_SECONDS = 0.125
_RENEW_SECONDS = 10.0
"""So long before what auth said of an API key may be believed no more, a key in use is asked for again."""
_MOST_KNOWN = 4096
_CANNOT_TELL = "Credentials cannot be checked at the moment."


class _Outdated(Unauthenticated):
    """Role or credentials of the account changed since the token was made, or since auth was asked about the key."""


@dataclass(slots=True)
class _Good:
    """Credentials that were found good."""

    identity: Identity
    expires: float
    """Unix seconds."""
    key_set: Mapping[str, Ed25519PublicKey] | None
    """The keys that a token was verified with; None for an API key."""
    revoked_by: str
    """What stands in Redis when it was revoked: its session or key ended."""
    dropped_by: str
    """Likewise, when the key that signed it was dropped; empty for an API key."""
    good_until: float = 0.0
    """Monotonic seconds; then Redis is to be asked again whether it was revoked."""
    is_asked_for: bool = False
    """Whether Redis is being asked."""


class Authenticator:
    """Turns an Authorization header into an identity."""

    def __init__(self, keys: KeySet, store: Store, issuer: str, api_keys: ApiKeys) -> None:
        self._keys = keys
        self._store = store
        self._issuer = issuer
        self._api_keys = api_keys
        self._good: dict[str, _Good] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def known(self, authorization: str) -> Identity | None:
        """The caller, if just this was found good a moment ago: it has not expired, the key of a token still stands,
        and within the last quarter of a second Redis knew of no revocation. None while Redis is away."""
        found = self._good.get(authorization)
        if found is None or self._store.is_away:
            return None
        now = time.monotonic()
        if now >= found.good_until or not self._stands(found):
            return None
        if now >= found.good_until - _EARLY_SECONDS and not found.is_asked_for:
            self._ask_early(authorization, found)
        return found.identity

    def _stands(self, found: "_Good") -> bool:
        return time.time() < found.expires and (found.key_set is None or self._keys.stands(found.key_set))

    def _ask_early(self, authorization: str, found: "_Good") -> None:
        """Ask anew before the busy ones of a token all have to wait for it."""
        found.is_asked_for = True
        task = asyncio.create_task(self._confirm(authorization, found))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _confirm(self, authorization: str, found: "_Good") -> None:
        asked_at = time.monotonic()
        try:
            if found.key_set is None and time.time() >= found.expires - _RENEW_SECONDS:
                await self._renew(authorization, found)
            await self._check_revocation(found)
            found.good_until = asked_at + _UNASKED_SECONDS
        except PlatformError:
            self._good.pop(authorization, None)  # the next one asks, and is told why
        finally:
            found.is_asked_for = False

    async def _renew(self, authorization: str, found: "_Good") -> None:
        try:
            found.identity, found.expires = await self._api_keys.find(_credentials(authorization))
        except Unavailable:
            return  # what was said is still believed for a while

    async def identify(self, authorization: str, address: str = "") -> Identity:
        """The caller, who asks from `address`. Raises Unauthenticated for anything wrong with the credentials, and
        Unavailable when they cannot be checked: keys never fetched, auth away of whom an API key is to be asked, or
        Redis away, since what was revoked must not pass meanwhile."""
        text = _credentials(authorization)
        found = self._good.get(authorization)
        if found is None or not self._stands(found):
            found = await self._recognise(text, address)
        asked_at = time.monotonic()
        try:
            await self._check_revocation(found)
        except _Outdated:
            if found.key_set is not None:
                raise
            found = await self._recognise(text, address)  # a key outlives a change of role: what may it do now?
            await self._check_revocation(found)
        found.good_until = asked_at + _UNASKED_SECONDS
        if len(self._good) >= _MOST_KNOWN:
            self._good.clear()  # nearly all of it has expired by then
        self._good[authorization] = found
        return found.identity

    async def _recognise(self, text: str, address: str) -> "_Good":
        if looks_like_api_key(text):
            identity, expires = await self._api_keys.find(text, address)
            return _Good(identity, expires, None, f"{REVOKED_KEY_PREFIX}{identity.key}", "")
        return await self._verify(text)

    async def _verify(self, token: str) -> "_Good":
        for keys in (self._keys.current, self._keys.refresh):
            try:
                key_set = await keys()
                identity, expires = verify_access_token(token, keys=key_set, issuer=self._issuer)
            except KeyError:
                continue
            if identity.is_anonymous or not identity.sid:
                raise Unauthenticated("The access token names no session.")  # it could not be revoked
            ended, dropped = f"{REVOKED_SID_PREFIX}{identity.sid}", f"{REVOKED_KID_PREFIX}{key_id_of(token)}"
            return _Good(identity, expires, key_set, ended, dropped)
        if not self._keys.is_confirmed:
            raise Unavailable(_CANNOT_TELL, retry_after=2)  # auth, which is away, may know the key
        raise Unauthenticated("The access token is signed with an unknown key.")

    async def _check_revocation(self, found: _Good) -> None:
        identity = found.identity
        names = [
            ANNOUNCED_KEY,
            found.revoked_by,
            f"{EPOCH_PREFIX}{identity.subject}",
            found.dropped_by or ANNOUNCED_KEY,
        ]
        try:
            announced, revoked, epoch, dropped = await self._store.run(lambda: self._store.redis.mget(names))
        except StoreAway:
            raise Unavailable(_CANNOT_TELL, retry_after=2) from None
        if announced is None:
            raise Unavailable(_CANNOT_TELL, retry_after=2)
        if revoked is not None:
            raise Unauthenticated(
                "The API key was revoked." if identity.key else "The session of this access token has ended."
            )
        if dropped is not None and found.dropped_by:
            raise Unauthenticated("The key that signed this access token was withdrawn; get a new one.")
        if epoch is not None and identity.epoch < int(epoch):
            raise _Outdated("The access token is outdated; get a new one.")


def _credentials(authorization: str) -> str:
    """The token or key; raises Unauthenticated."""
    scheme, _, text = authorization.strip().partition(" ")
    text = text.strip()
    if scheme.lower() != _SCHEME or not text or not text.isascii():
        raise Unauthenticated(
            "Only bearer credentials are accepted: 'Authorization: Bearer <access token or API key>'."
        )
    return text
