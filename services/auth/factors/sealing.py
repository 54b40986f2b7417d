"""How the secrets of authenticator apps and recovery codes are kept."""

import hmac
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class SecretLost(Exception):
    """A secret cannot be opened: it was sealed with another key, or tampered with."""


class FactorBox:
    """Seals app secrets with AES-256-GCM, each bound to its account, and hashes recovery codes with a key.

    A thief of the database alone can neither make codes nor try recovery codes.
    """

    def __init__(self, sealing_secret: str, pepper: str) -> None:
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"openpolicy second factors")
        self._cipher = AESGCM(derive.derive(sealing_secret.encode()))
        self._pepper = hmac.digest(pepper.encode(), b"openpolicy recovery codes", "sha256")

    def close(self, secret: str, account_id: UUID) -> bytes:
        """Nonce, then ciphertext."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), account_id.bytes)

    def open(self, sealed: bytes, account_id: UUID) -> str:
        """The secret; raises SecretLost."""
        try:
            opened = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], account_id.bytes)
        except (InvalidTag, ValueError):
            raise SecretLost(f"the authenticator app of account {account_id}") from None
        return opened.decode()

    def hash_recovery(self, code: str, account_id: UUID) -> bytes:
        """What is kept of a recovery code."""
        return hmac.digest(self._pepper, account_id.bytes + code.encode(), "sha256")
