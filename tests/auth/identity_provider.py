"""A small provider of OpenID Connect, which can also misbehave.

`python -m tests.auth.identity_provider 9400 http://localhost:8080/login/with/example/callback` runs one by hand: it
recognises everybody as ada@example.org. Clients show CLIENT and SECRET.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

CLIENT, SECRET = "platform", "a secret: with signs & blanks"


def _made(algorithm: str) -> Any:
    if algorithm == "RS256":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else ed25519.Ed25519PrivateKey.generate()


@dataclass
class IdentityProvider:
    """Whom it recognises, how it signs, and what it does wrong."""

    redirect_uris: set[str]
    algorithm: str = "ES256"
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "s-1", "email": "ada@example.org", "email_verified": True, "name": "Ada"}
    )
    wrong_claims: dict[str, Any] = field(default_factory=dict)
    wrong_header: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    sign: Any = None
    """(claims, header) to a token, in place of its own way."""
    iss_in_answer: str | None = ""
    """Empty: its own; None: it says none."""
    issuer: str = ""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._codes: dict[str, dict[str, str]] = {}
        self.key, self.kid = _made(self.algorithm), "k-1"

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.key, self.kid = _made(self.algorithm), secrets.token_hex(4)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._describe)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/keys", self._keys)
        return app

    async def _describe(self, request: web.Request) -> web.Response:
        self.asked.append("description")
        known = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize?tenant=one",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": True,
        }  # fmt: skip
        return web.json_response(known | self.description)

    async def _authorize(self, request: web.Request) -> web.Response:
        """Recognises whoever comes, and sends the browser back."""
        query = dict(request.query)
        if query["client_id"] != CLIENT or query["redirect_uri"] not in self.redirect_uris:
            return web.Response(status=400, text="unknown client or address")
        good = (
            query["code_challenge_method"] == "S256" and query["response_type"] == "code" and query["tenant"] == "one"
        )
        if not good or "openid" not in query["scope"].split():
            return web.Response(status=400, text="not as it must be")
        code = secrets.token_urlsafe()
        self._codes[code] = query
        back = {"code": code, "state": query["state"]}
        if self.iss_in_answer is not None:
            back["iss"] = self.iss_in_answer or self.issuer
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{urlencode(back)}"})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        shown = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        begun = self._codes.pop(str(form["code"]), None)
        verifier = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if (
            (unquote_plus(shown[0]), unquote_plus(shown[2])) != (CLIENT, SECRET)
            or begun is None
            or form["redirect_uri"] != begun["redirect_uri"]
            or base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() != begun["code_challenge"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": begun["nonce"],
            **self.person,
        }
        claims = {name: value for name, value in (claims | self.wrong_claims).items() if value is not None}
        header = {"kid": self.kid} | self.wrong_header
        sign = self.sign or (lambda claims, header: jwt.encode(claims, self.key, self.algorithm, headers=header))
        return web.json_response({"id_token": sign(claims, header), "access_token": "-", "token_type": "Bearer"})

    async def _keys(self, request: web.Request) -> web.Response:
        self.asked.append("keys")
        return web.json_response({"keys": [self.public_key()]})

    def public_key(self) -> dict[str, Any]:
        """The key as it is published."""
        made = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.key.public_key())
        return {**json.loads(made), "kid": self.kid, "use": "sig", "alg": self.algorithm}


def main() -> None:
    """Run one until Ctrl-C."""
    port = int(sys.argv[1])
    provider = IdentityProvider({sys.argv[2]}, issuer=f"http://localhost:{port}")
    sys.stdout.write(f"issuer {provider.issuer}, client {CLIENT}, secret {SECRET}\n")
    web.run_app(provider.application(), host="127.0.0.1", port=port)


if __name__ == "__main__":
    main()
