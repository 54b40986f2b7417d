"""Internal tokens for the services, each used for many requests while it is young."""

import time

from shared.identity import Identity
from shared.tokens import INTERNAL_SECONDS, InternalTokens

_USE_SECONDS = INTERNAL_SECONDS / 3  # leaves every service two thirds of its life
_MOST_TOKENS = 4096


class TokenMint:
    """Hands out a token for an identity and a service; mints only where there is no young one."""

    def __init__(self, tokens: InternalTokens) -> None:
        self._tokens = tokens
        self._held: dict[tuple[int, str], tuple[bytes, float, Identity]] = {}

    def token(self, identity: Identity, service: str) -> bytes:
        """A token with which `service` may be called on behalf of `identity`."""
        now = time.monotonic()
        key = (id(identity), service)  # the hash of an identity itself is worked out anew each time
        held = self._held.get(key)
        if held is not None and now < held[1] and held[2] is identity:
            return held[0]
        if len(self._held) >= _MOST_TOKENS:
            self._held.clear()
        token = self._tokens.mint(identity, service).encode()
        self._held[key] = (token, now + _USE_SECONDS, identity)
        return token
