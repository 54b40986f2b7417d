"""An authenticator in software, for tests: it makes passkeys and shows them, as a browser would send it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The other way round."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """Holds one passkey. `origin` is the page that it believes to talk to."""

    origin: str
    verifies: bool = True
    """Whether it asks for a PIN or finger."""
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: bytes = b""

    def create(self, options: dict[str, Any], **client: Any) -> dict[str, Any]:
        """The answer to `credentials.create`; `client` overwrites what the browser says."""
        self.user_handle = decode(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        data = self._data(options["rp"]["id"], _ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            clientDataJSON=self._client("webauthn.create", options["challenge"], client),
            attestationObject=encode(attestation),
            transports=["internal"],
        )

    def get(self, options: dict[str, Any], **client: Any) -> dict[str, Any]:
        """The answer to `credentials.get`."""
        self.count += 1
        data = self._data(options["rpId"], 0)
        said = self._client("webauthn.get", options["challenge"], client)
        signed = self.key.sign(data + hashlib.sha256(decode(said)).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            clientDataJSON=said,
            authenticatorData=encode(data),
            signature=encode(signed),
            userHandle=encode(self.user_handle),
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, overwrites: dict[str, Any]) -> str:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **overwrites}
        return encode(json.dumps(said).encode())

    def _credential(self, **response: Any) -> dict[str, Any]:
        name = encode(self.credential_id)
        return {
            "id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }  # fmt: skip
