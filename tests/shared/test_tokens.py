"""Tokens are refused unless type, algorithm, key, issuer, audience, time and every claim fit."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.errors import Unauthenticated
from shared.identity import ANONYMOUS, Identity
from shared.permissions import Role
from shared.tokens import ACCESS_SECONDS, INTERNAL_SECONDS, InternalTokens, sign_access_token, verify_access_token

KEY = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
KEYS = {"k1": KEY.public_key()}
ISSUER = "http://localhost:8080"
READER = Identity(subject="a-1", role=Role.READER, sid="s-1", epoch=3)
INTERNAL_KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


def _claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": "openpolicy", "sub": "a-1", "sid": "s-1", "role": "reader", "scope": "", "epoch": 3,
        "jti": "j", "iat": now, "exp": now + 60,
    }  # fmt: skip
    return {k: v for k, v in {**claims, **changes}.items() if v is not None}


def _token(claims: dict[str, Any], *, key: Any = KEY, alg: str = "EdDSA", **header: Any) -> str:
    return jwt.encode(claims, key, algorithm=alg, headers={"typ": "at+jwt", "kid": "k1", **header})


def test_a_good_token_gives_its_identity_and_expiry() -> None:
    token = sign_access_token(READER, key=KEY, kid="k1", issuer=ISSUER)
    identity, expires = verify_access_token(token, keys=KEYS, issuer=ISSUER)
    assert identity == READER
    assert expires == pytest.approx(time.time() + ACCESS_SECONDS, abs=3)


def _unsigned() -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'typ': 'at+jwt', 'alg': 'none', 'kid': 'k1'})}.{part(_claims())}."


def _public_key_as_hmac_secret() -> str:
    secret = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return _token(_claims(), key=secret, alg="HS256")


@pytest.mark.parametrize(
    "token",
    [
        _unsigned(),
        _public_key_as_hmac_secret(),
        _token(_claims(), typ="JWT"),
        _token(_claims(), typ="internal+jwt"),
        _token(_claims(), key=OTHER),
        _token(_claims(), key=OTHER, jwk={"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}),
        _token(_claims(aud="policy")),
        _token(_claims(aud=["openpolicy", "policy"])),
        _token(_claims(iss="http://elsewhere")),
        _token(_claims(exp=int(time.time()) - 1)),
        _token(_claims(role="owner")),
        _token(_claims(epoch="3")),
        _token(_claims(scope=["policies:read"])),
        *[_token(_claims(**{name: None})) for name in ("exp", "iat", "iss", "aud", "sub", "sid", "jti", "scope")],
        "not.a.token",
        "",
        "a" * 5000,
    ],
)
def test_a_bad_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        verify_access_token(token, keys=KEYS, issuer=ISSUER)


def test_an_unknown_key_is_told_apart_so_that_keys_can_be_fetched_anew() -> None:
    with pytest.raises(KeyError):
        verify_access_token(_token(_claims(), kid="k2"), keys=KEYS, issuer=ISSUER)


def test_internal_tokens_name_caller_and_serve_one_audience() -> None:
    gateway = InternalTokens(INTERNAL_KEY, "gateway")
    token = gateway.mint(READER, "policy")
    seen = InternalTokens(INTERNAL_KEY, "policy").verify(token)
    assert (seen.subject, seen.role, seen.epoch, seen.caller) == ("a-1", Role.READER, 3, "gateway")
    with pytest.raises(Unauthenticated):
        InternalTokens(INTERNAL_KEY, "auth").verify(token)
    with pytest.raises(Unauthenticated):
        InternalTokens("x" + INTERNAL_KEY, "policy").verify(token)


def test_an_access_token_is_no_internal_token() -> None:
    access = sign_access_token(READER, key=KEY, kid="k1", issuer=ISSUER)
    with pytest.raises(Unauthenticated):
        InternalTokens(INTERNAL_KEY, "policy").verify(access)


def test_anonymous_travels_too() -> None:
    token = InternalTokens(INTERNAL_KEY, "web").mint(ANONYMOUS, "policy")
    assert InternalTokens(INTERNAL_KEY, "policy").verify(token).is_anonymous


def test_a_token_that_was_found_good_is_refused_when_it_has_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = time.time() - INTERNAL_SECONDS + 2
    with monkeypatch.context() as earlier:
        earlier.setattr("shared.tokens.time.time", lambda: issued)
        token = InternalTokens(INTERNAL_KEY, "gateway").mint(READER, "policy")
    policy = InternalTokens(INTERNAL_KEY, "policy")
    assert policy.verify(token) == policy.verify(token)
    with pytest.raises(Unauthenticated):  # noqa: PT012 - the last call of many
        while time.time() < issued + INTERNAL_SECONDS + 5:
            policy.verify(token)
