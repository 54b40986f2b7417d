"""Signing and verifying tokens: the access token of API clients and the internal token between services.

PyJWT checks neither `typ` nor the algorithm per key; both are checked here. A key is taken by local `kid` only, so
`jwk`, `jku` and `x5u` headers are never looked at.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.errors import Unauthenticated
from shared.identity import Identity
from shared.permissions import Role

ACCESS_TYPE = "at+jwt"
INTERNAL_TYPE = "internal+jwt"
ACCESS_AUDIENCE = "openpolicy"
ACCESS_SECONDS = 300
INTERNAL_SECONDS = 30
INTERNAL_HEADER = "X-Internal-Token"
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "sid", "jti", "scope"]  # a missing scope must not pass for an empty one
_MAX_TOKEN_CHARACTERS = 4096
_MOST_VERIFIED = 1024


def sign_access_token(
    identity: Identity, *, key: Ed25519PrivateKey, kid: str, issuer: str, now: float | None = None
) -> str:
    """An access token for an API client, good for ACCESS_SECONDS."""
    issued = int(time.time() if now is None else now)
    return jwt.encode(
        _claims(identity, issuer, ACCESS_AUDIENCE, issued, ACCESS_SECONDS),
        key,
        algorithm="EdDSA",
        headers={"typ": ACCESS_TYPE, "kid": kid},
    )


def verify_access_token(token: str, *, keys: Mapping[str, Ed25519PublicKey], issuer: str) -> tuple[Identity, float]:
    """The caller and the token's expiry (Unix seconds); raises Unauthenticated. Revocation is the caller's to check.

    Raises KeyError when the token names a `kid` that is not in `keys`, so that the keys can be fetched anew once.
    """
    header = _header(token, ACCESS_TYPE, "EdDSA")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise Unauthenticated("The access token is not valid.")
    claims = _decode(token, keys[kid], "EdDSA", issuer=issuer, audience=ACCESS_AUDIENCE, what="access token")
    return _identity(claims, caller=""), float(claims["exp"])


def key_id_of(token: str) -> str:
    """Which key signed a token that was found good."""
    return str(jwt.get_unverified_header(token)["kid"])


class InternalTokens:
    """Mints and verifies the tokens that services show each other; `service` is who we are.

    What was signed with `previous` is good, too: while a key is being changed, not all services have the new one yet.
    """

    def __init__(self, key: str, service: str, previous: str = "") -> None:
        self._key = key.encode()
        self._previous = previous.encode()
        self._service = service
        self._verified: dict[str, tuple[Identity, float]] = {}

    def mint(self, identity: Identity, audience: str) -> str:
        """A token that lets us call `audience` on behalf of `identity` for INTERNAL_SECONDS."""
        claims = _claims(identity, self._service, audience, int(time.time()), INTERNAL_SECONDS)
        return jwt.encode(claims, self._key, algorithm="HS256", headers={"typ": INTERNAL_TYPE})

    def verify(self, token: str) -> Identity:
        """The caller of this service; raises Unauthenticated.

        Checking takes a tenth of a millisecond, and callers show a token many times, so what was found good is known
        until it expires.
        """
        known = self._verified.get(token)
        if known is not None and time.time() < known[1]:
            return known[0]
        _header(token, INTERNAL_TYPE, "HS256")
        try:
            claims = self._decode(token, self._key)
        except Unauthenticated:
            if not self._previous:
                raise
            claims = self._decode(token, self._previous)
        identity = _identity(claims, caller=str(claims["iss"]))
        if len(self._verified) >= _MOST_VERIFIED:
            self._verified.clear()  # nearly all of it has expired by then
        self._verified[token] = identity, float(claims["exp"])
        return identity

    def _decode(self, token: str, key: bytes) -> dict[str, Any]:
        return _decode(token, key, "HS256", issuer=None, audience=self._service, what="internal token")


def _claims(identity: Identity, issuer: str, audience: str, issued: int, seconds: int) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": identity.subject,
        "sid": identity.sid,
        "role": identity.role.value,
        "scope": identity.scope,
        "areas": identity.areas,
        "epoch": identity.epoch,
        "jti": secrets.token_urlsafe(12),
        "iat": issued,
        "exp": issued + seconds,
    }
    if identity.key:
        claims["key"] = identity.key
    if identity.plan and audience == ACCESS_AUDIENCE:  # services do not count requests
        claims["plan"] = identity.plan
    return claims


def _header(token: str, typ: str, algorithm: str) -> dict[str, Any]:
    if len(token) > _MAX_TOKEN_CHARACTERS:
        raise Unauthenticated("The token is too long.")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError):
        raise Unauthenticated("The token is malformed.") from None
    if header.get("typ") != typ or header.get("alg") != algorithm or "crit" in header:  # nothing critical is known here
        raise Unauthenticated("The token is of another type.")
    return header


def _decode(
    token: str, key: Ed25519PublicKey | bytes, algorithm: str, *, issuer: str | None, audience: str, what: str
) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=audience,
            issuer=issuer,
            options={"require": _REQUIRED, "strict_aud": True},
        )
    except jwt.ExpiredSignatureError:
        raise Unauthenticated(f"The {what} has expired.") from None
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise Unauthenticated(f"The {what} is not valid.") from None


def _identity(claims: Mapping[str, Any], *, caller: str) -> Identity:
    epoch = claims.get("epoch", 0)
    try:
        role = Role(claims.get("role", ""))
    except ValueError:
        raise Unauthenticated("The token names an unknown role.") from None
    sid, scope = claims["sid"], claims["scope"]
    key, plan = claims.get("key", ""), claims.get("plan", "")
    areas = claims.get("areas", "")
    if not isinstance(epoch, int) or not all(isinstance(text, str) for text in (sid, scope, areas, key, plan)):
        raise Unauthenticated("The token is malformed.")
    return Identity(
        subject=str(claims["sub"]),
        role=role,
        sid=sid,
        scope=scope,
        epoch=epoch,
        caller=caller,
        key=key,
        plan=plan,
        areas=areas,
    )
