"""The platform's own signing key, as somebody would have it who opened the database and knew its secret."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.auth.tokens.domain import Seal
from tests.security.security_stack import Person, Platform
from tests.web.web_stack import KEY

SEALING_SECRET = "k" + KEY


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs what it is told as the platform would."""

    private: Ed25519PrivateKey
    kid: str
    good: dict[str, Any]
    """The claims of somebody's good token."""

    def token(self, *, drop: str = "", **header: Any) -> str:
        """A token with all claims but `drop`, and these fields of the header in place of the usual."""
        return self.claiming({}, drop=drop, **header)

    def claiming(self, claims: dict[str, Any], *, drop: str = "", key: Any = None, **header: Any) -> str:
        """A token with these claims in place of the good ones; fields of the header that are None are left out."""
        body = {name: value for name, value in {**self.good, "jti": "made-up", **claims}.items() if name != drop}
        algorithm = header.pop("alg", "EdDSA")
        fields = {"typ": "at+jwt", "kid": self.kid, **header}
        return jwt.encode(
            body,
            self.private if key is None else key,
            algorithm=algorithm,
            headers={name: value for name, value in fields.items() if value is not None},
        )


def signer_for(platform: Platform, person: Person) -> Signer:
    """Signs in the name of `person`, whose token was just issued."""
    kid = jwt.get_unverified_header(person.access_token)["kid"]
    with psycopg.connect(platform.database.owner_url) as connection:
        query = "SELECT sealed_private_key FROM auth.signing_key WHERE kid = %s"
        row = connection.execute(query, (kid,)).fetchone()
    assert row
    now = int(time.time())
    claims = jwt.decode(person.access_token, options={"verify_signature": False})
    return Signer(Seal(SEALING_SECRET).open(row[0], kid), kid, claims | {"iat": now, "exp": now + 60})
