"""How the secrets of authenticator apps and recovery codes are kept."""

import contextlib
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

    def __init__(self, sealing_secret: str, pepper: str, *, previous: tuple[str, str] = ("", "")) -> None:
        """`previous` are the two that older things were made with, empty for none."""
        self._ciphers = [_cipher(each) for each in (sealing_secret, previous[0]) if each]
        self._peppers = [_pepper(each) for each in (pepper, previous[1]) if each]

    def close(self, secret: str, account_id: UUID) -> bytes:
        """Nonce, then ciphertext."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, secret.encode(), account_id.bytes)

    def open(self, sealed: bytes, account_id: UUID) -> str:
        """The secret; raises SecretLost."""
        for cipher in self._ciphers:
            with contextlib.suppress(InvalidTag, ValueError):
                return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], account_id.bytes).decode()
        raise SecretLost(f"the authenticator app of account {account_id}")

    def hash_recovery(self, code: str, account_id: UUID) -> bytes:
        """What is kept of a recovery code."""
        return self.hashes_of_recovery(code, account_id)[0]

    def hashes_of_recovery(self, code: str, account_id: UUID) -> list[bytes]:
        """What may be kept of it: today's form first, then that of the previous pepper."""
        return [hmac.digest(pepper, account_id.bytes + code.encode(), "sha256") for pepper in self._peppers]


def _cipher(secret: str) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"openpolicy second factors")
    return AESGCM(derive.derive(secret.encode()))


def _pepper(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"openpolicy recovery codes", "sha256")
