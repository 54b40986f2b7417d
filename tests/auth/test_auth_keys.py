"""Signing keys: made once, sealed, shared by replicas, rotated without a token being refused."""

import asyncio

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from redis.asyncio import Redis

from infra.db.addresses import DatabaseUrls
from services.auth.app import create_app
from services.auth.tokens.domain import Seal, SealBroken
from services.auth.tokens.service import KeyRing
from shared.db import open_database
from shared.settings import BadSettings
from tests.auth.auth_service import PUBLIC_URL, Auth, auth_settings
from tests.serving import running

SECRET = "sealing-0123456789abcdefghijklmnopqrst"


async def test_replicas_that_start_at_once_share_one_set(clean_database: DatabaseUrls) -> None:
    async with open_database(clean_database.auth_url, service="auth", max_size=8) as database:
        rings = [KeyRing(database, Seal(SECRET), PUBLIC_URL) for _ in range(8)]
        await asyncio.gather(*(ring.load() for ring in rings))
        kids = {tuple(key["kid"] for key in ring.jwks()["keys"]) for ring in rings}
    assert len(kids) == 1
    assert len(kids.pop()) == 2


async def test_tokens_outlive_a_rotation(auth: Auth, address: str) -> None:
    identity, tokens = await auth.signed_in(address)
    before = {key["kid"] for key in (await auth.call("GET", "/.well-known/jwks.json")).body["keys"]}
    async with open_database(auth.database.auth_url, service="auth") as database:
        ring = KeyRing(database, Seal(SECRET), PUBLIC_URL)
        await ring.rotate()
        after = {key["kid"] for key in ring.jwks()["keys"]}
    assert before < after
    assert len(after) == 3
    states = await auth.rows("SELECT state FROM signing_key ORDER BY created_at, state")
    assert sorted(row["state"] for row in states) == ["active", "next", "retiring"]
    app = create_app(auth_settings(auth.database, _redis_url(auth.redis)))
    async with running(app) as base:
        replica = Auth(base, auth.session, auth.database, auth.redis)
        assert await replica.verify(tokens["access_token"]) == identity
        renewed = (await replica.refresh(tokens["refresh_token"])).body["access_token"]
    # The new key was published before it signed: whoever fetched the keys earlier can check it.
    assert (await auth.verify(renewed)).sid == identity.sid


async def test_a_retired_key_goes_in_the_end(clean_database: DatabaseUrls) -> None:
    async with open_database(clean_database.auth_url, service="auth") as database:
        ring = KeyRing(database, Seal(SECRET), PUBLIC_URL)
        await ring.rotate()
        async with database.connection() as connection:
            await connection.execute("UPDATE signing_key SET state_changed_at = now() - interval '2 hours'")
        await ring.rotate()
        assert len(ring.jwks()["keys"]) == 3


async def test_the_private_half_is_never_shown_or_kept_open(auth: Auth) -> None:
    answer = await auth.call("GET", "/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert all(set(key) == {"kty", "crv", "use", "alg", "kid", "x"} for key in answer.body["keys"])
    seal = Seal(SECRET)
    for row in await auth.rows("SELECT kid, sealed_private_key FROM signing_key"):
        raw = seal.open(row["sealed_private_key"], row["kid"]).private_bytes_raw()
        assert raw not in row["sealed_private_key"]


def test_a_seal_opens_only_for_its_secret_and_kid() -> None:
    sealed = Seal(SECRET).close(Ed25519PrivateKey.generate(), "one")
    for seal, kid, data in (
        (Seal("x" + SECRET), "one", sealed),
        (Seal(SECRET), "two", sealed),
        (Seal(SECRET), "one", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (Seal(SECRET), "one", b""),
    ):
        with pytest.raises(SealBroken):
            seal.open(data, kid)


async def test_a_wrong_sealing_secret_stops_the_start(auth: Auth) -> None:
    wrong = auth_settings(
        auth.database, _redis_url(auth.redis), key_encryption_key=SecretStr("another-0123456789abcdefghijklmnopqrst")
    )
    with pytest.raises(BadSettings, match="KEY_ENCRYPTION_KEY"):
        async with running(create_app(wrong)), aiohttp.ClientSession():
            pass


def _redis_url(redis: Redis) -> str:
    known = redis.connection_pool.connection_kwargs
    return f"redis://:{known['password']}@{known['host']}:{known['port']}/0"
