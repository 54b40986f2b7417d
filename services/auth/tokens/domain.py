"""Signing keys: their states, their public form, and how the private half is sealed."""

import base64
import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.contracts.sessions import REVOKED_KID_PREFIX

_NONCE_BYTES = 12
PUBLISH_FIRST = timedelta(minutes=5)
"""How long a key is published before it signs: whoever checks tokens may hold the set for a minute."""
RETIRE_AFTER = timedelta(hours=1)
"""How long a retired key stays published: its last token lives five minutes, and caches hold the set for a while."""


class KeyState(StrEnum):
    """`next` is published before it signs, `active` signs, `retiring` signs no more but is still good for checking, and
    what a `dropped` one signed is refused."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key as it is kept: the private half only sealed."""

    kid: str
    public: bytes
    sealed: bytes
    state: KeyState
    created_at: datetime
    state_changed_at: datetime


class TooEarly(Exception):
    """The next key was published a moment ago, and tokens that it signs would be refused where it is not known yet."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the next key has to be known everywhere first; it may sign from {until:%H:%M:%S} UTC on")
        self.until = until


class UnknownKey(Exception):
    """There is no such signing key."""


class SealBroken(Exception):
    """A private key cannot be opened: it was sealed with another secret, or tampered with."""


class Seal:
    """Seals private keys with AES-256-GCM under a key derived from the service's secret, each bound to its kid. What
    was sealed under `previous` is opened, too."""

    def __init__(self, secret: str, previous: str = "") -> None:
        self._cipher = _cipher(secret)
        self._previous = _cipher(previous) if previous else None

    def close(self, private: Ed25519PrivateKey, kid: str) -> bytes:
        """Nonce, then ciphertext."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, private.private_bytes_raw(), kid.encode())

    def open(self, sealed: bytes, kid: str) -> Ed25519PrivateKey:
        """The private key; raises SealBroken."""
        for cipher in (self._cipher, self._previous):
            if cipher is not None:
                with contextlib.suppress(InvalidTag, ValueError):
                    raw = cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], kid.encode())
                    return Ed25519PrivateKey.from_private_bytes(raw)
        raise SealBroken(f"signing key {kid}")


def _cipher(secret: str) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"openpolicy signing keys")
    return AESGCM(derive.derive(secret.encode()))


def make_key(seal: Seal, state: KeyState, now: datetime) -> SigningKey:
    """A fresh key."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    kid = thumbprint(public)
    return SigningKey(kid, public, seal.close(private, kid), state, now, now)


def thumbprint(public: bytes) -> str:
    """The key's id: its RFC 7638 thumbprint, so that it names exactly this key."""
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": _base64url(public)}, separators=(",", ":"))
    return _base64url(hashlib.sha256(members.encode()).digest())


def may_sign_from(keys: Iterable[SigningKey]) -> datetime:
    """From when on the next key is known wherever tokens are checked."""
    return next(key.created_at for key in keys if key.state is KeyState.NEXT) + PUBLISH_FIRST


def is_due(keys: Iterable[SigningKey], every: timedelta, now: datetime) -> bool:
    """Whether the active key has signed for as long as it should, and the next one may; never when `every` is zero."""
    keys = list(keys)
    changed = [key.state_changed_at for key in keys if key.state is KeyState.ACTIVE]
    return bool(every and changed and changed[0] + every <= now and may_sign_from(keys) <= now)


def revoked_name(kid: str) -> str:
    """What stands in Redis for a dropped key."""
    return f"{REVOKED_KID_PREFIX}{kid}"


def public_jwk(key: SigningKey) -> dict[str, str]:
    """The key as others see it (RFC 8037)."""
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid, "x": _base64url(key.public)}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
