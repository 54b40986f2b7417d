"""Signing keys: made once, sealed, shared by replicas, rotated without a token being refused."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from redis.asyncio import Redis

from infra.db.addresses import DatabaseUrls
from services.auth.app import create_app
from services.auth.tokens.domain import (
    PUBLISH_FIRST,
    KeyState,
    Seal,
    SealBroken,
    TooEarly,
    UnknownKey,
    is_due,
    make_key,
)
from services.auth.tokens.service import KeyRing
from shared.background import stop
from shared.contracts.sessions import ANNOUNCED_KEY, REVOKED_KID_PREFIX
from shared.db import Database, open_database
from shared.settings import BadSettings
from shared.tokens import key_id_of
from tests.auth.auth_service import PUBLIC_URL, Auth, auth_settings
from tests.serving import running

SECRET = "sealing-0123456789abcdefghijklmnopqrst"


async def age(database: Database, *, minutes: int) -> None:
    """Let time pass for all keys."""
    query = "UPDATE signing_key SET created_at = created_at - $1::interval, state_changed_at = state_changed_at - $1"
    async with database.connection() as connection:
        await connection.execute(query, timedelta(minutes=minutes))


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
        await age(database, minutes=6)
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
        await ring.load()
        await age(database, minutes=6)
        await ring.rotate()
        await age(database, minutes=120)
        await ring.rotate()
        assert len(ring.jwks()["keys"]) == 3


async def test_a_key_does_not_sign_before_it_is_known_everywhere(clean_database: DatabaseUrls) -> None:
    async with open_database(clean_database.auth_url, service="auth") as database:
        ring = KeyRing(database, Seal(SECRET), PUBLIC_URL)
        await ring.load()
        before = ring.jwks()
        await age(database, minutes=4)
        with pytest.raises(TooEarly):
            await ring.rotate()
        assert ring.jwks() == before
        await age(database, minutes=1)
        await ring.rotate()


async def test_one_replica_rotates_when_it_is_time(clean_database: DatabaseUrls) -> None:
    async with open_database(clean_database.auth_url, service="auth", max_size=4) as database:
        rings = [KeyRing(database, Seal(SECRET), PUBLIC_URL, timedelta(days=30)) for _ in range(4)]
        never = KeyRing(database, Seal(SECRET), PUBLIC_URL)
        for ring in (*rings, never):
            await ring.load()
        first = never.jwks()
        await age(database, minutes=30 * 24 * 60 + 1)
        tasks = [asyncio.create_task(ring.follow()) for ring in (*rings, never)]
        try:
            async with asyncio.timeout(20):
                while True:
                    if all(ring.jwks() == never.jwks() != first for ring in rings):
                        break
                    await asyncio.sleep(0.05)
        finally:
            await stop(tasks)
        async with database.connection() as connection:
            states = [row["state"] for row in await connection.fetch("SELECT state FROM signing_key ORDER BY state")]
            told = await connection.fetch("SELECT FROM audit_event WHERE action = 'signing-key.rotated'")
        assert (states, len(told)) == (["active", "next", "retiring"], 1)


def test_when_it_is_time() -> None:
    seal, made, month = Seal(SECRET), datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=30)
    active, young = make_key(seal, KeyState.ACTIVE, made), make_key(seal, KeyState.NEXT, made + month)
    old = make_key(seal, KeyState.NEXT, made)
    assert not is_due([active, old], month, made + month - timedelta(seconds=1))
    assert is_due([active, old], month, made + month)
    assert not is_due([active, young], month, made + month), "the next key is not known everywhere"
    assert is_due([active, young], month, made + month + PUBLISH_FIRST)
    assert not is_due([active, old], timedelta(0), made + 100 * month)


@pytest.mark.parametrize("state", ["active", "next", "retiring"])
async def test_a_dropped_key_is_published_no_more_and_another_takes_its_place(
    clean_database: DatabaseUrls, state: str
) -> None:
    async with open_database(clean_database.auth_url, service="auth") as database:
        ring = KeyRing(database, Seal(SECRET), PUBLIC_URL)
        await ring.load()
        await age(database, minutes=6)
        await ring.rotate()
        by_state = {key.state: key.kid for key in await ring.keys()}
        kid = by_state[KeyState(state)]
        await ring.drop(kid)
        with pytest.raises(UnknownKey):
            await ring.drop(kid)
        after = {key.state: key.kid for key in await ring.keys()}
        assert after[KeyState.DROPPED] == kid
        assert after[KeyState.ACTIVE] == by_state[KeyState.NEXT if state == "active" else KeyState.ACTIVE]
        assert kid not in {key["kid"] for key in ring.jwks()["keys"]}
        assert {KeyState.ACTIVE, KeyState.NEXT} <= after.keys()


async def test_a_running_replica_stops_signing_with_a_dropped_key_and_says_so_again(auth: Auth, address: str) -> None:
    _, tokens = await auth.signed_in(address)
    kid = key_id_of(tokens["access_token"])
    async with open_database(auth.database.auth_url, service="auth") as database:
        await KeyRing(database, Seal(SECRET), PUBLIC_URL).drop(kid)
    token = tokens["refresh_token"]
    async with asyncio.timeout(20):
        while True:
            renewed = (await auth.refresh(token)).body
            token = renewed["refresh_token"]
            if key_id_of(renewed["access_token"]) != kid:
                break
            await asyncio.sleep(0.05)
    await auth.redis.flushdb()
    async with asyncio.timeout(20):
        while True:
            if await auth.redis.get(ANNOUNCED_KEY):
                break
            await asyncio.sleep(0.05)
    assert await auth.redis.get(f"{REVOKED_KID_PREFIX}{kid}")


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
