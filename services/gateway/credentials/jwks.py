"""The public keys that access tokens are signed with, as the auth service publishes them."""

import asyncio
import base64
import binascii
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared import errors
from shared.client import ServiceClient
from shared.log import get_logger

PATH = "/.well-known/jwks.json"
_FRESH_SECONDS = 60.0  # after this, keys that auth withdrew stop being believed
_PAUSE_SECONDS = 3.0  # tokens with invented key ids must not turn into load on auth
_log = get_logger("gateway.jwks")


class KeySet:
    """Fetches the keys when first needed, when they are a minute old, and when a token names an unknown one."""

    def __init__(self, auth: ServiceClient) -> None:
        self._auth = auth
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    def stands(self, keys: Mapping[str, Ed25519PublicKey]) -> bool:
        """Whether these are the keys that hold, and were confirmed lately enough not to be asked for again."""
        return keys is self._keys and time.monotonic() - self._fetched_at <= _FRESH_SECONDS

    @property
    def is_confirmed(self) -> bool:
        """Whether auth answered when it was last asked."""
        return self._fetched_at >= self._asked_at

    async def current(self) -> Mapping[str, Ed25519PublicKey]:
        """The keys by `kid`. While auth is away the last ones stand; raises Unavailable when there never were any."""
        if time.monotonic() - self._fetched_at > _FRESH_SECONDS:
            await self.refresh()
        if not self._keys:
            raise errors.Unavailable("Access tokens cannot be checked at the moment.", retry_after=2)
        return self._keys

    async def refresh(self) -> Mapping[str, Ed25519PublicKey]:
        """Ask auth again, at most every few seconds; the keys now known."""
        async with self._lock:
            if time.monotonic() - self._asked_at < _PAUSE_SECONDS:
                return self._keys
            self._asked_at = time.monotonic()
            try:
                async with asyncio.timeout(2):
                    document, _ = await self._auth.get(PATH)
                found = parse_jwks(document)
                if found.keys() != self._keys.keys() or any(found[kid] != self._keys[kid] for kid in found):
                    self._keys = found
                self._fetched_at = time.monotonic()
            except (errors.PlatformError, aiohttp.ClientError, TimeoutError, ValueError) as error:
                _log.warning("jwks_not_fetched", error=type(error).__name__)
            return self._keys


def parse_jwks(document: Any) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a JWK set by `kid`; keys of other kinds are passed over. Raises ValueError."""
    keys: dict[str, Ed25519PublicKey] = {}
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a JWK set")
    for entry in document["keys"]:
        if not isinstance(entry, dict) or (entry.get("kty"), entry.get("crv")) != ("OKP", "Ed25519"):
            continue
        kid, x = entry.get("kid"), entry.get("x")
        if not isinstance(kid, str) or not isinstance(x, str):
            raise ValueError("a key without kid or x")
        try:
            raw = base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
        except (binascii.Error, ValueError) as error:
            raise ValueError("a key that is not base64url") from error
        keys[kid] = Ed25519PublicKey.from_public_bytes(raw)
    return keys
