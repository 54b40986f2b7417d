"""Access tokens: what is believed, what is refused, and what happens while nobody can tell."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr
from redis.asyncio import Redis

from shared.contracts.sessions import ANNOUNCED_KEY, EPOCH_PREFIX, REVOKED_KID_PREFIX, REVOKED_SID_PREFIX
from shared.identity import Identity
from shared.permissions import Role
from shared.tokens import ACCESS_SECONDS, INTERNAL_HEADER, InternalTokens, sign_access_token
from tests.gateway.conftest import ISSUER, KEY, NOWHERE, RunGateway
from tests.serving import running

ALICE = Identity(subject="alice", role=Role.EDITOR, sid="session-1", scope="", epoch=3)
SIGNING = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
PLANS = {"partner": {"per_minute": 30_000, "burst": 2000}}


class Auth:
    """The auth service's part: publishes keys, and counts how often it is asked."""

    def __init__(self) -> None:
        self.keys = {"k1": SIGNING}
        self.asked = 0
        self.is_away = False

    def app(self) -> web.Application:
        async def jwks(request: web.Request) -> web.Response:
            self.asked += 1
            if self.is_away:
                raise web.HTTPServiceUnavailable
            InternalTokens(KEY, "auth").verify(request.headers[INTERNAL_HEADER])
            entries = [
                {"kty": "OKP", "crv": "Ed25519", "kid": kid, "alg": "EdDSA", "use": "sig", "x": b64(public_bytes(key))}
                for kid, key in self.keys.items()
            ]
            return web.json_response({"keys": [{"kty": "RSA", "kid": "other"}, *entries]})

        app = web.Application()
        app.router.add_get("/.well-known/jwks.json", jwks)
        return app


def policy_app() -> web.Application:
    async def who(request: web.Request) -> web.Response:
        identity = InternalTokens(KEY, "policy").verify(request.headers[INTERNAL_HEADER])
        return web.json_response(
            {
                "subject": identity.subject, "role": identity.role, "sid": identity.sid, "epoch": identity.epoch,
                "authorization": request.headers.get("Authorization"),
            }
        )  # fmt: skip

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", who)
    return app


@dataclass
class Stage:
    """The gateway with its neighbours."""

    url: str
    auth: Auth
    redis: Redis
    client: aiohttp.ClientSession

    async def ask(self, authorization: str | None) -> tuple[int, dict[str, Any]]:
        """Status and body of a request with these credentials."""
        headers = {} if authorization is None else {"Authorization": authorization}
        async with self.client.get(self.url, headers=headers) as response:
            if response.status == 401:
                assert response.headers["WWW-Authenticate"].startswith("Bearer")
            return response.status, await response.json()


@pytest.fixture
async def stage(run_gateway: RunGateway, redis_url: str) -> AsyncIterator[Stage]:
    auth = Auth()
    async with AsyncExitStack() as stack:
        auth_url = await stack.enter_async_context(running(auth.app()))
        policy_url = await stack.enter_async_context(running(policy_app()))
        base = await stack.enter_async_context(
            run_gateway(auth_url=auth_url, policy_url=policy_url, redis_url=SecretStr(redis_url), plans=PLANS)
        )
        client = await stack.enter_async_context(aiohttp.ClientSession())
        redis = Redis.from_url(redis_url)
        stack.push_async_callback(redis.aclose)
        await redis.set(ANNOUNCED_KEY, b"1")
        yield Stage(f"{base}/api/v1/policies", auth, redis, client)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def token(identity: Identity = ALICE, *, kid: str = "k1", key: Ed25519PrivateKey = SIGNING, **arguments: Any) -> str:
    return sign_access_token(identity, key=key, kid=kid, issuer=ISSUER, **arguments)


def forged(header: dict[str, Any], claims: dict[str, Any] | None = None, *, drop: str = "") -> str:
    """A token with another header or other claims, signed with the true key."""
    good = jwt.decode(token(), options={"verify_signature": False})
    body = {**good, **(claims or {})}
    body.pop(drop, None)
    return jwt.encode(body, SIGNING, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": "k1", **header})


def hs256_with_public_key() -> str:
    """The classic confusion: the public key taken as a shared secret."""
    head = b64(json.dumps({"typ": "at+jwt", "alg": "HS256", "kid": "k1"}).encode())
    body = token().split(".")[1]
    signature = hmac.new(public_bytes(SIGNING), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{b64(signature)}"


def own_key_in_header() -> str:
    """Signed by a stranger who encloses their key."""
    stranger = Ed25519PrivateKey.generate()
    claims = jwt.decode(token(), options={"verify_signature": False})
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(public_bytes(stranger))}
    return jwt.encode(claims, stranger, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": "k1", "jwk": jwk})


def unsigned() -> str:
    head = b64(json.dumps({"typ": "at+jwt", "alg": "none", "kid": "k1"}).encode())
    return f"{head}.{token().split('.')[1]}."


def internal() -> str:
    """A token between services, used from outside."""
    return InternalTokens(KEY, "gateway").mint(ALICE, "policy")


async def test_a_good_token_becomes_an_internal_one(stage: Stage) -> None:
    status, said = await stage.ask(f"Bearer {token()}")
    assert status == 200
    assert said == {"subject": "alice", "role": "editor", "sid": "session-1", "epoch": 3, "authorization": None}
    async with stage.client.get(stage.url, headers={"Authorization": f"bearer {token()}"}) as response:
        assert response.headers["RateLimit-Policy"] == '"account";q=6000;w=60'


@pytest.mark.parametrize(
    ("plan", "limit"), [("partner", '"partner";q=30000;w=60'), ("unheard", '"account";q=6000;w=60')]
)
async def test_a_token_may_name_a_plan(stage: Stage, plan: str, limit: str) -> None:
    headers = {"Authorization": f"Bearer {token(replace(ALICE, plan=plan))}"}
    async with stage.client.get(stage.url, headers=headers) as response:
        assert response.headers["RateLimit-Policy"] == limit


async def test_nobody_is_anonymous(stage: Stage) -> None:
    assert (await stage.ask(None))[1]["subject"] == "anonymous"


@pytest.mark.parametrize(
    "make",
    [
        lambda: forged({"typ": "JWT"}),
        lambda: forged({"typ": "internal+jwt"}),
        lambda: forged({}, {"aud": "elsewhere"}),
        lambda: forged({}, {"aud": ["openpolicy", "elsewhere"]}),
        lambda: forged({}, {"iss": "https://evil.test"}),
        lambda: forged({}, {"role": "root"}),
        lambda: forged({}, {"role": "anonymous"}),
        lambda: forged({}, {"sid": ""}),
        lambda: forged({}, drop="sid"),
        lambda: forged({}, drop="exp"),
        lambda: forged({}, drop="jti"),
        lambda: forged({"kid": "k2"}),
        lambda: forged({"kid": ""}),
        lambda: token(now=time.time() - 1000),
        lambda: token(now=time.time() + 1000),
        lambda: token()[:-4] + "AAAA",
        unsigned,
        hs256_with_public_key,
        own_key_in_header,
        internal,
        lambda: "",
        lambda: "x",
        lambda: "a.b.c",
        lambda: "e" * 5000,
        lambda: token() + " " + token(),
    ],
)  # fmt: skip
async def test_anything_else_is_401(stage: Stage, make: Any) -> None:
    status, problem = await stage.ask(f"Bearer {make()}")
    assert (status, problem["type"]) == (401, "/docs/errors#unauthenticated")


async def test_other_schemes_are_401(stage: Stage) -> None:
    for credentials in ("Basic YTpi", token(), f"Bearer{token()}", "Bearer"):
        assert (await stage.ask(credentials))[0] == 401


async def test_an_ended_session_is_401_in_a_moment(stage: Stage) -> None:
    good = f"Bearer {token()}"
    assert (await stage.ask(good))[0] == 200
    await stage.redis.set(f"{REVOKED_SID_PREFIX}session-1", b"1")
    for _ in range(100):
        if (await stage.ask(good))[0] == 401:
            break
        await asyncio.sleep(0.01)
    assert (await stage.ask(good))[0] == 401, "and stays so"
    assert (await stage.ask(f"Bearer {token(replace(ALICE, sid='session-2'))}"))[0] == 200


async def test_a_token_of_an_older_epoch_is_401(stage: Stage) -> None:
    await stage.redis.set(f"{EPOCH_PREFIX}alice", b"3")
    assert (await stage.ask(f"Bearer {token()}"))[0] == 200
    await stage.redis.set(f"{EPOCH_PREFIX}alice", b"4")
    assert (await stage.ask(f"Bearer {token()}"))[0] == 401
    assert (await stage.ask(f"Bearer {token(replace(ALICE, epoch=4))}"))[0] == 200


async def test_a_token_that_was_good_a_moment_ago_is_not_when_it_expires(stage: Stage) -> None:
    brief = f"Bearer {token(now=time.time() - ACCESS_SECONDS + 2)}"
    assert (await stage.ask(brief))[0] == 200
    for _ in range(100):
        if (await stage.ask(brief))[0] == 401:
            break
        await asyncio.sleep(0.05)
    status, problem = await stage.ask(brief)
    assert (status, problem["detail"]) == (401, "The access token has expired.")


async def test_a_key_that_was_withdrawn_signs_nothing_any_more(stage: Stage) -> None:
    good = f"Bearer {token()}"
    assert (await stage.ask(good))[0] == 200
    stage.auth.keys = {"k9": OTHER}
    for _ in range(100):  # unknown keys are asked for every few seconds
        if (await stage.ask(f"Bearer {token(kid='k9', key=OTHER)}"))[0] == 200:
            break
        await asyncio.sleep(0.1)
    assert (await stage.ask(good))[0] == 401


async def test_what_a_dropped_key_signed_is_401_in_a_moment(stage: Stage) -> None:
    good = f"Bearer {token()}"
    assert (await stage.ask(good))[0] == 200
    await stage.redis.set(f"{REVOKED_KID_PREFIX}k1", b"1")
    for _ in range(100):
        if (await stage.ask(good))[0] == 401:
            break
        await asyncio.sleep(0.01)
    assert (await stage.ask(f"Bearer {token(replace(ALICE, sid='session-2'))}"))[0] == 401
    assert stage.auth.asked == 1, "it is Redis that tells, long before the keys are fetched again"


async def test_an_unknown_key_is_503_while_auth_cannot_say_whether_it_is_new(stage: Stage) -> None:
    assert (await stage.ask(f"Bearer {token()}"))[0] == 200
    stage.auth.is_away = True
    for _ in range(200):  # what was fetched a moment ago is the truth; afterwards auth is asked, and does not answer
        if (await stage.ask(f"Bearer {token(kid='k9', key=OTHER)}"))[0] == 503:
            break
        await asyncio.sleep(0.05)
    assert (await stage.ask(f"Bearer {token(kid='k9', key=OTHER)}"))[0] == 503
    assert (await stage.ask(f"Bearer {token()}"))[0] == 200


async def test_after_redis_forgot_credentials_are_503_until_auth_has_repeated_its_revocations(stage: Stage) -> None:
    await stage.redis.flushall()
    assert (await stage.ask(f"Bearer {token()}"))[0] == 503
    assert (await stage.ask(None))[0] == 200
    await stage.redis.set(ANNOUNCED_KEY, b"1")
    assert (await stage.ask(f"Bearer {token()}"))[0] == 200


async def test_a_new_key_is_fetched_and_invented_ones_do_not_burden_auth(stage: Stage) -> None:
    assert (await stage.ask(f"Bearer {token()}"))[0] == 200
    for i in range(20):
        assert (await stage.ask(f"Bearer {token(kid=f'invented-{i}')}"))[0] == 401
    assert stage.auth.asked <= 2


async def test_without_redis_reading_goes_on_and_credentials_are_503(run_gateway: RunGateway) -> None:
    auth = Auth()
    async with (
        running(auth.app()) as auth_url,
        running(policy_app()) as policy_url,
        run_gateway(auth_url=auth_url, policy_url=policy_url) as base,
        aiohttp.ClientSession() as client,
    ):
        async with client.get(f"{base}/api/v1/policies") as response:
            assert response.status == 200
        async with client.get(f"{base}/api/v1/policies", headers={"Authorization": f"Bearer {token()}"}) as response:
            assert (response.status, response.content_type) == (503, "application/problem+json")
            assert int(response.headers["Retry-After"]) >= 1
        async with client.get(f"{base}/api/v1/policies", headers={"Authorization": "Bearer nonsense"}) as response:
            assert response.status == 401, "what is wrong anyway needs no Redis"


async def test_without_auth_reading_goes_on_and_credentials_are_503(run_gateway: RunGateway, redis_url: str) -> None:
    async with (
        running(policy_app()) as policy_url,
        run_gateway(policy_url=policy_url, redis_url=SecretStr(redis_url)) as base,
        aiohttp.ClientSession() as client,
    ):
        async with client.get(f"{base}/api/v1/policies") as response:
            assert response.status == 200
        async with client.get(f"{base}/api/v1/policies", headers={"Authorization": f"Bearer {token()}"}) as response:
            assert response.status == 503


async def test_keys_are_fetched_from_whichever_replica_is_there(run_gateway: RunGateway, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    await redis.set(ANNOUNCED_KEY, b"1")
    await redis.aclose()
    async with (
        running(Auth().app()) as auth_url,
        running(policy_app()) as policy_url,
        run_gateway(auth_url=f"{NOWHERE},{auth_url}", policy_url=policy_url, redis_url=SecretStr(redis_url)) as base,
        aiohttp.ClientSession() as client,
        client.get(f"{base}/api/v1/policies", headers={"Authorization": f"Bearer {token()}"}) as response,
    ):
        assert response.status == 200
