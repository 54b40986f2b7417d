"""Reading an identity token: who signed it, for whom, when, and for which sign-in."""

from collections.abc import Mapping, Sequence
from typing import Any

import jwt

from services.auth.accounts.domain import parse_email
from services.auth.federation.domain import Person, SignInRefused
from services.auth.federation.settings import Provider

LEEWAY_SECONDS = 60
_LEAST_RSA_BITS = 2048
_KEY_OF = {"RS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}


class UnknownKey(SignInRefused):
    """The token names a key that the provider did not have when it was asked."""


def person_of(token: str, keys: Sequence[Mapping[str, Any]], provider: Provider, nonce: str) -> Person:
    """Whom `token` names. Raises SignInRefused unless `provider` made it for us, now, for the sign-in of `nonce`."""
    try:
        header = jwt.get_unverified_header(token)
        key = _key(header, keys, provider)
        claims = jwt.decode(
            token, key, algorithms=[header["alg"]], audience=provider.client_id, issuer=provider.issuer,
            leeway=LEEWAY_SECONDS, options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )  # fmt: skip
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise SignInRefused(f"identity token: {type(error).__name__}") from error
    audience = claims["aud"]
    if claims["nonce"] != nonce:
        raise SignInRefused("identity token: of another sign-in")
    if claims.get("azp", provider.client_id) != provider.client_id or (
        isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
    ):
        raise SignInRefused("identity token: made for somebody else")
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject.isprintable() or not 1 <= len(subject) <= 255:
        raise SignInRefused("identity token: no usable subject")
    return Person(provider.issuer, subject, _email(claims), _text(claims.get("name")))


def _key(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]], provider: Provider) -> jwt.PyJWK:
    algorithm = header.get("alg")
    if algorithm not in provider.algorithms or str(header.get("typ", "JWT")).upper() != "JWT" or "crit" in header:
        raise SignInRefused("identity token: signed in a way that is not accepted")
    kind, curve = _KEY_OF[str(algorithm)]
    fitting = [key for key in keys if key.get("kty") == kind and key.get("crv") == curve
               and key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm]  # fmt: skip
    if "kid" in header:
        fitting = [key for key in fitting if key.get("kid") == header["kid"]]
    if len(fitting) != 1:
        raise UnknownKey("identity token: signed by an unknown key")
    found = jwt.PyJWK(dict(fitting[0]), algorithm=algorithm)
    if kind == "RSA" and found.key.key_size < _LEAST_RSA_BITS:
        raise SignInRefused("identity token: the key is too short")
    return found


def _email(claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return ""
    try:
        return parse_email(email)
    except ValueError:
        return ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
