"""Who is calling: verifies access tokens and asks whether they were revoked."""

from services.gateway.credentials.jwks import KeySet
from services.gateway.store import Store, StoreAway
from shared.contracts.sessions import ANNOUNCED_KEY, EPOCH_PREFIX, REVOKED_SID_PREFIX
from shared.errors import Unauthenticated, Unavailable
from shared.identity import Identity
from shared.tokens import verify_access_token

_SCHEME = "bearer"


class Authenticator:
    """Turns an Authorization header into an identity."""

    def __init__(self, keys: KeySet, store: Store, issuer: str) -> None:
        self._keys = keys
        self._store = store
        self._issuer = issuer

    async def identify(self, authorization: str) -> Identity:
        """The caller. Raises Unauthenticated for anything wrong with the credentials, and Unavailable when they cannot
        be checked: keys never fetched, or Redis away, since a revoked token must not pass meanwhile."""
        scheme, _, token = authorization.strip().partition(" ")
        token = token.strip()
        if scheme.lower() != _SCHEME or not token or not token.isascii():
            raise Unauthenticated("Only bearer tokens are accepted: 'Authorization: Bearer <access token>'.")
        identity = await self._verify(token)
        await self._check_revocation(identity)
        return identity

    async def _verify(self, token: str) -> Identity:
        for keys in (self._keys.current, self._keys.refresh):
            try:
                identity = verify_access_token(token, keys=await keys(), issuer=self._issuer)[0]
            except KeyError:
                continue
            if identity.is_anonymous or not identity.sid:
                raise Unauthenticated("The access token names no session.")  # it could not be revoked
            return identity
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
