"""The auth service on real servers, called as the gateway and the web call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm
from pydantic import SecretStr
from redis.asyncio import Redis

from infra.db.addresses import DatabaseUrls
from services.auth.accounts.domain import normalise_email
from services.auth.roles.first_admin import make_link
from services.auth.settings import AuthSettings
from shared.db import open_database
from shared.identity import ANONYMOUS, Identity
from shared.tokens import INTERNAL_HEADER, InternalTokens, verify_access_token
from tests.mailbox import confirm

INTERNAL_KEY = "internal-0123456789abcdefghijklmnopqrstuvwxyz"
PUBLIC_URL = "http://localhost:8080"
PASSWORD = "plum-Orbit-94-tangerine"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON body (None when there is none) and headers."""

    status: int
    body: Any
    headers: dict[str, str]


class Auth:
    """A running auth service and its servers."""

    def __init__(
        self,
        base: str,
        session: aiohttp.ClientSession,
        database: DatabaseUrls,
        redis: Redis,
        app: web.Application | None = None,
    ) -> None:
        self._app = app
        self.base = base
        self.session = session
        self.database = database
        self.redis = redis

    @property
    def app(self) -> web.Application:
        """The application, for what no address of it offers."""
        assert self._app is not None
        return self._app

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        identity: Identity = ANONYMOUS,
        caller: str = "gateway",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request with the internal token that `caller` would mint."""
        token = InternalTokens(INTERNAL_KEY, caller).mint(identity, "auth")
        sent = {INTERNAL_HEADER: token, **(headers or {})}
        async with self.session.request(method, self.base + path, json=body, headers=sent) as response:
            content = await response.json(content_type=None) if response.content_type.endswith("json") else None
            return Answer(response.status, content, dict(response.headers))

    async def register(
        self, email: str, *, password: str = PASSWORD, name: str = "A Reader", confirmed: bool = True
    ) -> Answer:
        """Register and, where that opened an account, follow the link in the letter: the answer to the registration."""
        body = {"email": email, "password": password, "display_name": name}
        answer = await self.call("POST", "/api/v1/auth/register", body)
        known = "SELECT FROM account WHERE email = $1 AND verified_at IS NOT NULL"
        if confirmed and answer.status == 202 and not await self.rows(known, normalise_email(email)):
            await confirm(self.database, normalise_email(email), self._post)
        return answer

    async def _post(self, path: str, body: dict[str, str]) -> int:
        return (await self.call("POST", path, body)).status

    async def login(self, email: str, password: str = PASSWORD) -> Answer:
        return await self.call("POST", "/api/v1/auth/login", {"email": email, "password": password})

    async def refresh(self, token: str) -> Answer:
        return await self.call("POST", "/api/v1/auth/refresh", {"refresh_token": token})

    async def signed_in(self, email: str, password: str = PASSWORD) -> tuple[Identity, dict[str, Any]]:
        """Register and sign in: the identity that the gateway would forward, and the tokens."""
        await self.register(email, password=password)
        answer = await self.login(email, password)
        assert answer.status == 200, answer
        return await self.verify(answer.body["access_token"]), answer.body

    async def verify(self, access_token: str) -> Identity:
        """What the gateway reads in a token, by the published keys."""
        jwks = (await self.call("GET", "/.well-known/jwks.json")).body
        keys: dict[str, Ed25519PublicKey] = {}
        for jwk in jwks["keys"]:
            key = OKPAlgorithm.from_jwk(jwk)
            assert isinstance(key, Ed25519PublicKey)
            keys[jwk["kid"]] = key
        return verify_access_token(access_token, keys=keys, issuer=PUBLIC_URL)[0]

    async def link_token(self) -> str:
        """The token of a fresh first-administrator link."""
        async with open_database(self.database.auth_url, service="auth", min_size=1, max_size=1) as database:
            return (await make_link(database, PUBLIC_URL)).partition("?token=")[2]

    async def admin(self, email: str = "admin@example.org") -> Identity:
        """Make the first administrator and sign in."""
        body = {"token": await self.link_token(), "email": email, "password": PASSWORD, "display_name": "Ada Admin"}
        answer = await self.call("POST", "/api/v1/auth/first-admin", body)
        assert answer.status == 201, answer
        return await self.verify((await self.login(email)).body["access_token"])

    async def open_browser(self, email: str, password: str = PASSWORD) -> Answer:
        body = {"email": email, "password": password, "user_agent": "Firefox", "address": "192.0.2.7"}
        return await self.call("POST", "/internal/sessions", body, caller="web")

    async def resolve(self, id_hash: str, action: str = "resolve") -> Answer:
        body = {"id_hash": id_hash, "action": action}
        return await self.call("POST", "/internal/sessions/resolve", body, caller="web")

    async def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Ask the database as the service's own role."""
        connection = await asyncpg.connect(self.database.auth_url)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()


def auth_settings(database: DatabaseUrls, redis_url: str, **changes: Any) -> AuthSettings:
    """Settings for tests; bcrypt at its cheapest unless a test asks for more."""
    values: dict[str, Any] = {
        "internal_key": SecretStr(INTERNAL_KEY),
        "redis_url": SecretStr(redis_url),
        "database_url": SecretStr(database.auth_url),
        "public_url": PUBLIC_URL,
        "password_pepper": SecretStr("pepper-0123456789abcdefghijklmnopqrst"),
        "key_encryption_key": SecretStr("sealing-0123456789abcdefghijklmnopqrst"),
        "cursor_key": SecretStr("cursors-0123456789abcdefghijklmnopqrst"),
        "bcrypt_cost": 4,
        "two_factor_roles": "",
        "plans": {"partner": {"per_minute": 30_000, "burst": 2000}},
    }
    return AuthSettings(**{**values, **changes})
