"""Tokens that are not what they seem (RFC 8725): none of them is taken for an access token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.identity import Identity
from shared.permissions import Role
from shared.tokens import InternalTokens
from tests.security.security_stack import Platform
from tests.security.signing import Signer, signer_for
from tests.web.web_stack import KEY

STRANGER = Ed25519PrivateKey.generate()
RSA = generate_private_key(public_exponent=65537, key_size=2048)
EVIL = "https://evil.example/jwks.json"
Make = Callable[[Signer], str]


@pytest.fixture
async def signer(platform: Platform) -> Signer:
    """With the platform's own key: what it signs differs from a good token in nothing but what a case says."""
    return signer_for(platform, await platform.person("reader"))


async def status_of(platform: Platform, token: str) -> int:
    status, _, _ = await platform.call("GET", "/api/v1/auth/me", Authorization=f"Bearer {token}")
    return status


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value: Any) -> str:
    return b64(json.dumps(value).encode())


def jwk_of(key: Ed25519PrivateKey) -> dict[str, str]:
    x = b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "x": x}


def unsigned(signer: Signer, algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'at+jwt', 'kid': signer.kid})}.{part(signer.good)}."


def hmac_with_public_key(signer: Signer, encoded: bytes, algorithm: str) -> str:
    """The public key taken for a shared secret, in each form in which it may lie around."""
    signed = f"{part({'alg': algorithm, 'typ': 'at+jwt', 'kid': signer.kid})}.{part(signer.good)}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"{signed}.{b64(hmac.new(encoded, signed.encode(), digest).digest())}"


def _raw(signer: Signer) -> bytes:
    return signer.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _pem(signer: Signer) -> bytes:
    return signer.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _jwk(signer: Signer) -> bytes:
    return json.dumps(jwk_of(signer.private), separators=(",", ":")).encode()


def _twice(signer: Signer) -> str:
    """A claim given twice: readers differ in which one counts."""
    body = json.dumps(signer.good)[:-1] + ', "iss": "https://evil.example"}'
    return _signed(signer, f"{signer.token().split('.', maxsplit=1)[0]}.{b64(body.encode())}")


def _expired(signer: Signer) -> str:
    now = int(time.time())
    return signer.claiming({"iat": now - 400, "exp": now - 1})


def _rs256(signer: Signer) -> str:
    pem = RSA.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signer.claiming({}, alg="RS256", key=pem)


def _changed(signer: Signer) -> str:
    head, _, signature = signer.token().split(".")
    return f"{head}.{part(signer.good | {'role': 'admin'})}.{signature}"


def _nested(signer: Signer) -> str:
    head = part({"alg": "EdDSA", "typ": "at+jwt", "kid": signer.kid, "cty": "JWT"})
    return _signed(signer, f"{head}.{b64(signer.token().encode())}")


def _issuers(signer: Signer) -> str:
    head = part({"alg": "EdDSA", "typ": "at+jwt", "kid": signer.kid})
    return _signed(signer, f"{head}.{part(signer.good | {'iss': [signer.good['iss']]})}")


def _signed(signer: Signer, parts: str) -> str:
    return f"{parts}.{b64(signer.private.sign(parts.encode()))}"


CASES: dict[str, Make] = {
    **{f"alg-{name}": lambda s, name=name: unsigned(s, name) for name in ("none", "None", "NONE", "nOnE", "")},  # type: ignore[misc]
    "hs256-raw": lambda s: hmac_with_public_key(s, _raw(s), "HS256"),
    "hs256-pem": lambda s: hmac_with_public_key(s, _pem(s), "HS256"),
    "hs256-jwk": lambda s: hmac_with_public_key(s, _jwk(s), "HS256"),
    "hs384-raw": lambda s: hmac_with_public_key(s, _raw(s), "HS384"),
    "hs512-pem": lambda s: hmac_with_public_key(s, _pem(s), "HS512"),
    "hs256-empty": lambda s: hmac_with_public_key(s, b"", "HS256"),
    "rs256": _rs256,
    "typ-jwt": lambda s: s.token(typ="JWT"),
    "typ-internal": lambda s: s.token(typ="internal+jwt"),
    "typ-id-token": lambda s: s.token(typ="id_token+jwt"),
    "typ-none": lambda s: s.token(typ=None),
    "typ-other-case": lambda s: s.token(typ="AT+JWT"),
    "internal-token": lambda s: InternalTokens(KEY, "gateway").mint(Identity("mallory", Role.ADMIN, sid="s"), "auth"),
    "aud-other": lambda s: s.claiming({"aud": "policy"}),
    "aud-list": lambda s: s.claiming({"aud": ["openpolicy"]}),
    "aud-list-of-two": lambda s: s.claiming({"aud": ["openpolicy", "policy"]}),
    "aud-list-twice": lambda s: s.claiming({"aud": ["openpolicy", "openpolicy"]}),
    "aud-empty": lambda s: s.claiming({"aud": ""}),
    "iss-other": lambda s: s.claiming({"iss": "https://evil.example"}),
    "iss-slash": lambda s: s.claiming({"iss": s.good["iss"] + "/"}),
    "iss-list": _issuers,
    "iss-twice": _twice,
    "jwk": lambda s: s.claiming({}, key=STRANGER, jwk=jwk_of(STRANGER)),
    "jwk-without-kid": lambda s: s.claiming({}, key=STRANGER, jwk=jwk_of(STRANGER), kid=None),
    "jku": lambda s: s.claiming({}, key=STRANGER, jku=EVIL),
    "jku-with-new-kid": lambda s: s.claiming({}, key=STRANGER, jku=EVIL, kid="evil"),
    "x5u": lambda s: s.claiming({}, key=STRANGER, x5u=EVIL),
    "x5c": lambda s: s.claiming({}, key=STRANGER, x5c=[b64(b"certificate")]),
    "crit": lambda s: s.token(crit=["exp-is-a-joke"]),
    "kid-unknown": lambda s: s.token(kid="unknown"),
    "kid-missing": lambda s: s.token(kid=None),
    "kid-empty": lambda s: s.token(kid=""),
    "kid-path": lambda s: s.claiming({}, key=STRANGER, kid="../../../../dev/null"),
    "kid-file": lambda s: hmac_with_public_key(replace(s, kid="/dev/null"), b"", "HS256"),
    "kid-sql": lambda s: s.claiming({}, key=STRANGER, kid="' UNION SELECT public_key FROM signing_key --"),
    "kid-command": lambda s: s.claiming({}, key=STRANGER, kid="|sleep 5"),
    "kid-url": lambda s: s.claiming({}, key=STRANGER, kid=EVIL),
    "kid-long": lambda s: s.claiming({}, key=STRANGER, kid="k" * 2000),
    "expired": _expired,
    "issued-in-the-future": lambda s: s.claiming({"iat": int(time.time()) + 60, "exp": int(time.time()) + 120}),
    "not-yet-valid": lambda s: s.claiming({"nbf": int(time.time()) + 60}),
    "exp-text": lambda s: s.claiming({"exp": "never"}),
    "exp-null": lambda s: s.claiming({"exp": None}),
    **{
        f"without-{name}": lambda s, name=name: s.token(drop=name)  # type: ignore[misc]
        for name in ("exp", "iat", "iss", "aud", "sub", "sid", "jti", "role", "scope")
    },
    "role-unknown": lambda s: s.claiming({"role": "root"}),
    "role-anonymous": lambda s: s.claiming({"role": "anonymous"}),
    "scope-list": lambda s: s.claiming({"scope": ["accounts:manage"]}),
    "epoch-text": lambda s: s.claiming({"epoch": "9"}),
    "sid-empty": lambda s: s.claiming({"sid": ""}),
    "sub-number": lambda s: s.claiming({"sub": 1}),
    "signature-of-another": lambda s: s.claiming({}, key=STRANGER),
    "signature-cut": lambda s: s.token()[:-2],
    "signature-missing": lambda s: s.token().rpartition(".")[0] + ".",
    "body-changed": _changed,
    "four-parts": lambda s: s.token() + ".x",
    "json-serialisation": lambda s: part({"payload": part(s.good), "signatures": []}),
    "nested": _nested,
}  # fmt: skip


async def test_the_token_that_all_of_these_are_made_from_is_good(platform: Platform, signer: Signer) -> None:
    assert await status_of(platform, signer.token()) == 200


@pytest.mark.parametrize("case", CASES)
async def test_it_is_401(platform: Platform, signer: Signer, case: str) -> None:
    status, problem, headers = await platform.call(
        "GET", "/api/v1/auth/me", Authorization=f"Bearer {CASES[case](signer)}"
    )
    assert (status, problem["type"]) == (401, "/docs/errors#unauthenticated"), problem
    assert headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("case", ["alg-none", "hs256-raw", "internal-token", "jwk", "expired"])
async def test_nor_is_it_read_as_anonymous(platform: Platform, signer: Signer, case: str) -> None:
    """Where everybody may read, a bad token is refused all the same: its sender thinks to be somebody."""
    status, _, _ = await platform.call("GET", "/api/v1/kinds", Authorization=f"Bearer {CASES[case](signer)}")
    assert status == 401
