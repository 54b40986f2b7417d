"""Each secret can be changed while the platform runs: first all know the new one beside the old, then it is used, then
the old one is forgotten. What was made with the old one is good until then."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import psycopg
import pytest
from aiohttp.test_utils import make_mocked_request
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, ResponseError

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from services.auth.app import create_app as create_auth
from services.auth.settings import AuthSettings
from services.policy.app import create_app as create_policy
from services.policy.settings import PolicySettings
from services.web.csrf import FormTokens
from services.web.settings import WebSettings
from shared.db import open_database
from shared.identity import ANONYMOUS
from shared.settings import BadSettings
from shared.tokens import InternalTokens
from tests.conftest import Databases
from tests.security.security_stack import ROOMY, Platform, running_gateway
from tests.serving import running
from tests.web.web_stack import KEY, PASSWORD, PUBLIC_URL

NEW = "rotated-" + KEY


@pytest.fixture(scope="module")
def own(databases: Databases) -> DatabaseUrls:
    """A database whose secrets are changed."""
    return databases.create()


@contextlib.asynccontextmanager
async def auth(database: DatabaseUrls, redis_url: str, **changes: str) -> AsyncIterator[str]:
    """An auth service with other secrets than usual."""
    values: dict[str, Any] = {
        "internal_key": KEY, "redis_url": redis_url, "public_url": PUBLIC_URL, "bcrypt_cost": 4,
        "database_url": database.auth_url, "password_pepper": KEY[::-1], "key_encryption_key": "k" + KEY,
        "cursor_key": "c" + KEY,
    } | changes  # fmt: skip
    async with running(create_auth(AuthSettings.model_validate(values))) as base:
        yield base


async def _status(session: aiohttp.ClientSession, gateway: str) -> int:
    async with session.get(f"{gateway}/api/v1/kinds", headers={"Cache-Control": "no-cache"}) as response:
        return response.status


async def test_the_key_between_services(platform: Platform) -> None:
    """Every step with a gateway that is a step ahead of the service behind it, and one that is a step behind."""
    old, both, swapped, new = (KEY, ""), (KEY, NEW), (NEW, KEY), (NEW, "")

    async def works(front: tuple[str, str], behind: tuple[str, str]) -> bool:
        settings = PolicySettings.model_validate({
            "internal_key": behind[0], "internal_key_previous": behind[1], "redis_url": platform.redis_url,
            "database_url": platform.database.policy_url, "cursor_key": "c" + KEY,
        })  # fmt: skip
        async with running(create_policy(settings)) as policy:
            services = {**platform.services, "policy": policy}
            keys = {"internal_key": SecretStr(front[0]), "internal_key_previous": front[1]}
            async with running_gateway(services, platform.redis_url, **ROOMY, **keys) as gateway:
                return await _status(platform.session, gateway) == 200

    for before, after in ((old, both), (both, swapped), (swapped, new)):
        for front, behind in ((before, after), (after, before)):
            token = InternalTokens(front[0], "gateway", front[1]).mint(ANONYMOUS, "policy")
            assert InternalTokens(behind[0], "policy", behind[1]).verify(token).is_anonymous, (front, behind)
    assert await works(swapped, both)
    assert not await works(new, old), "without the steps between it does not work"


async def test_cursors_of_the_former_key_are_followed(platform: Platform) -> None:
    status, page, _ = await platform.call("GET", "/api/v1/policies?limit=1")
    assert status == 200
    for previous, expected in (("c" + KEY, 200), ("", 400)):
        settings = PolicySettings.model_validate({
            "internal_key": KEY, "redis_url": platform.redis_url, "database_url": platform.database.policy_url,
            "cursor_key": NEW, "cursor_key_previous": previous,
        })  # fmt: skip
        async with running(create_policy(settings)) as policy:
            services = {**platform.services, "policy": policy}
            async with (
                running_gateway(services, platform.redis_url, **ROOMY) as gateway,
                platform.session.get(gateway + page["page"]["next"]) as response,
            ):
                assert response.status == expected


async def test_passwords_get_the_new_pepper_when_they_are_used(platform: Platform, own: DatabaseUrls) -> None:
    emails = [f"{secrets.token_hex(6)}@example.org" for _ in range(2)]
    redis_url = platform.redis_url

    async def sign_in(base: str, email: str, password: str = PASSWORD) -> int:
        async with running_gateway({**platform.services, "auth": base}, redis_url, **ROOMY) as gateway:
            body = {"email": email, "password": password}
            async with platform.session.post(f"{gateway}/api/v1/auth/login", json=body) as response:
                return response.status

    async with auth(own, redis_url) as base:
        for email in emails:
            async with running_gateway({**platform.services, "auth": base}, redis_url, **ROOMY) as gateway:
                body = {"email": email, "password": PASSWORD, "display_name": "Somebody"}
                async with platform.session.post(f"{gateway}/api/v1/auth/register", json=body) as response:
                    assert response.status == 202
    with psycopg.connect(own.owner_url, autocommit=True) as connection:
        connection.execute("UPDATE auth.account SET verified_at = now()")
    async with auth(own, redis_url, password_pepper=NEW, password_pepper_previous=KEY[::-1]) as base:
        assert await sign_in(base, emails[0]) == 200
        assert await sign_in(base, emails[0], "x" + PASSWORD) == 401
    async with auth(own, redis_url, password_pepper=NEW) as base:
        assert await sign_in(base, emails[0]) == 200, "its hash was made anew when it was used"
        assert await sign_in(base, emails[1]) == 401, "it was not used; its owner has to reset it"


async def test_what_is_sealed_is_sealed_anew(platform: Platform, own: DatabaseUrls) -> None:
    redis_url = platform.redis_url

    async def kids(**changes: str) -> set[str]:
        async with (
            auth(own, redis_url, **changes) as base,
            running_gateway({**platform.services, "auth": base}, redis_url, **ROOMY) as gateway,
            platform.session.get(f"{gateway}/.well-known/jwks.json") as response,
        ):
            return {key["kid"] for key in (await response.json())["keys"]}

    before = await kids()
    assert await kids(key_encryption_key=NEW, key_encryption_key_previous="k" + KEY) == before
    assert await kids(key_encryption_key=NEW) == before, "the former key is not needed any more"
    with pytest.raises(BadSettings, match="KEY_ENCRYPTION_KEY"):
        await kids(key_encryption_key="another-" + NEW)


def test_forms_that_were_open_when_the_key_changed_are_taken() -> None:
    """A form token is signed with a key that is derived from INTERNAL_KEY."""

    def tokens(key: str, previous: str = "") -> FormTokens:
        return FormTokens(WebSettings.model_validate({
            "internal_key": key, "internal_key_previous": previous, "redis_url": "redis://127.0.0.1:1/0",
        }))  # fmt: skip

    token, nonce = tokens(KEY).issue(make_mocked_request("GET", "/login"), "login")
    sent = make_mocked_request("POST", "/login", headers={"Cookie": f"form={nonce}"})
    tokens(NEW, KEY).check(sent, "login", token)
    with pytest.raises(Exception, match="open for too long"):
        tokens(NEW).check(sent, "login", token)


async def test_the_password_of_a_database_role(own: DatabaseUrls) -> None:
    """A pool that knows both goes on opening connections before and after the server has the new one."""
    role = f"rotated_{secrets.token_hex(4)}"
    place = own.owner_url.rpartition("@")[2]
    old, new = (f"postgresql://{role}:{word}@{place}" for word in ("old-password", "new-password"))
    with psycopg.connect(own.owner_url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'old-password'".encode())
        try:
            async with (
                open_database(new, service="test", min_size=1, max_size=3, previous_dsn=old) as database,
                database.connection() as first,
            ):
                owner.execute(f"ALTER ROLE {role} PASSWORD 'new-password'".encode())
                async with database.connection() as second:  # a connection of its own
                    assert await first.fetchval("SELECT 1") == await second.fetchval("SELECT 1") == 1
        finally:
            owner.execute(f"DROP ROLE {role}".encode())


async def test_the_password_of_redis(valkey_server: ValkeyServer) -> None:
    """The server itself takes several."""
    new = valkey_server.url(5).replace(valkey_server.password, NEW)
    async with Redis.from_url(valkey_server.url(5)) as old_client:
        await old_client.acl_setuser("default", enabled=True, passwords=[f"+{NEW}"])
        try:
            async with Redis.from_url(new) as client:
                assert await client.ping()
            assert await old_client.ping()
        finally:
            await old_client.acl_setuser("default", enabled=True, passwords=[f"-{NEW}"])
    with pytest.raises((AuthenticationError, ResponseError)):
        async with Redis.from_url(new) as client:
            await client.ping()
